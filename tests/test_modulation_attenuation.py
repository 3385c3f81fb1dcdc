"""Attenuation and water-equivalent diameter of cylinders and ellipses: closed answers."""

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.exam import modulation_attenuation
from ctdose.exam.acquisition import Acquisition
from ctdose.exam.modulation_attenuation import ANGLES_DEG, attenuation_profile, beam_energy_kev
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.cross_sections import linear_attenuation
from ctdose.physics.materials import Material
from ctdose.scanner.library import load_scanner

KEV = 60.0
MU_WATER, MU_AIR = (float(linear_attenuation(Material(name), [KEV])[0]) for name in ("water", "air"))


def ellipse(half_x_mm, half_y_mm, *, slices=4, voxel_mm=1.0, material="water", density=None, dz=2.5):
    """An elliptic cylinder in air, centred on the z axis."""
    n = int(2 * max(half_x_mm, half_y_mm) / voxel_mm) + 20
    at = (np.arange(n) - (n - 1) / 2) * voxel_mm
    inside = (at[None, :] / half_x_mm) ** 2 + (at[:, None] / half_y_mm) ** 2 <= 1.0
    index = np.repeat(inside[None].astype(np.uint8), slices, axis=0)
    return VoxelPhantom(
        index,
        [Material("air"), Material(material)],
        (voxel_mm, voxel_mm, dz),
        (at[0], at[0], dz / 2),
        density_g_cm3=density(index) if density else None,
    )


def chord_cm(half_x_mm, half_y_mm, angles):
    """Chord of an ellipse through its centre at a gantry angle, cm."""
    s, c = np.sin(np.deg2rad(angles)), np.cos(np.deg2rad(angles))
    return 0.2 / np.sqrt((s / half_x_mm) ** 2 + (c / half_y_mm) ** 2)


@pytest.mark.parametrize(("half_x", "half_y"), [(160.0, 160.0), (180.0, 110.0), (60.0, 90.0)])
def test_central_rays_and_diameter_of_an_ellipse(half_x, half_y):
    profile = attenuation_profile(ellipse(half_x, half_y), (0.0, 0.0), KEV, (0.0, 10.0))
    expected = (MU_WATER - MU_AIR) * chord_cm(half_x, half_y, ANGLES_DEG)
    assert profile.water_per_cm == pytest.approx(MU_WATER - MU_AIR, rel=1e-12)
    assert profile.central == pytest.approx(
        np.tile(expected, (4, 1)), abs=1.2 * 0.1 * MU_WATER
    )  # a voxel in all
    assert profile.diameter_cm == pytest.approx(0.2 * np.sqrt(half_x * half_y), rel=1e-3)


def test_an_off_centre_axis_sees_shorter_chords():
    # 100 mm above the axis of a cylinder of 320 mm: 2 sqrt(160^2 - 100^2) across, 320 along.
    profile = attenuation_profile(ellipse(160.0, 160.0), (0.0, -100.0), KEV, (0.0, 10.0))
    at = {angle: profile.central[0, i] / profile.water_per_cm for i, angle in enumerate(ANGLES_DEG)}
    s, c = np.sin(np.deg2rad(85.0)), np.cos(np.deg2rad(85.0))
    expected = 2 * np.sqrt(160.0**2 - (100.0 * s) ** 2) / 10
    assert at[85.0] == pytest.approx(expected, abs=0.12)
    assert at[5.0] == pytest.approx(2 * np.sqrt(160.0**2 - (100.0 * c) ** 2) / 10, abs=0.12)


def test_density_counts_as_it_is_transported():
    half = ellipse(100.0, 100.0, density=lambda i: np.where(i == 1, 0.5, Material("air").density_g_cm3))
    whole = ellipse(100.0, 100.0)
    thin, full = (attenuation_profile(body, (0.0, 0.0), KEV, (0.0, 10.0)) for body in (half, whole))
    ratio = (0.5 * MU_WATER - MU_AIR) / (MU_WATER - MU_AIR)
    assert thin.central == pytest.approx(full.central * ratio, rel=2e-3)
    assert thin.diameter_cm == pytest.approx(full.diameter_cm * np.sqrt(ratio), rel=1e-3)


def test_the_mean_over_five_millimetres_and_what_holds_beyond_the_ends():
    # Slices of 2.5 mm with diameters 20 and 10 cm: about their border the mean, inside and beyond the slices' own.
    wide, narrow = ellipse(100.0, 100.0, slices=4), ellipse(50.0, 50.0, slices=4)
    index = np.zeros((8, *wide.shape[1:]), np.uint8)
    index[:4] = wide.material_index
    pad = (wide.shape[1] - narrow.shape[1]) // 2
    index[4:, pad:-pad, pad:-pad] = narrow.material_index
    body = VoxelPhantom(index, wide.materials, wide.spacing_mm, wide.origin_mm)
    diameter, central = attenuation_profile(body, (0.0, 0.0), KEV, (0.0, 20.0)).at(
        np.array([-50.0, 2.5, 10.0, 11.25, 17.5, 99.0])
    )
    assert diameter == pytest.approx([20.0, 20.0, 15.0, 12.5, 10.0, 10.0], rel=1e-3)
    assert central[:, 0] / (MU_WATER - MU_AIR) == pytest.approx(
        [20.0, 20.0, 15.0, 12.5, 10.0, 10.0], abs=0.12
    )


def test_slices_that_do_not_matter_are_left_out_and_the_rest_is_kept(monkeypatch):
    body = ellipse(50.0, 50.0, slices=40)
    profile = attenuation_profile(body, (0.0, 0.0), KEV, (20.0, 30.0))
    assert profile.edges_mm[0] == 15.0
    assert profile.edges_mm[-1] == 37.5
    monkeypatch.setattr(modulation_attenuation, "_profile", None)
    assert attenuation_profile(body, (0.0, 0.0), KEV, (20.0, 30.0)) is profile


def test_a_scan_beside_the_phantom_is_refused():
    body = ellipse(50.0, 50.0)
    with pytest.raises(CtdoseError, match="no part of the scan lies on the phantom"):
        attenuation_profile(body, (0.0, 0.0), KEV, (100.0, 200.0))
    with pytest.raises(CtdoseError, match="the rotation axis passes beside the phantom"):
        attenuation_profile(body, (500.0, 0.0), KEV, (0.0, 10.0))


def test_the_energy_is_the_mean_behind_filters_and_bowtie():
    scanner = load_scanner("generic-64")
    energies = {
        (kv, bowtie): beam_energy_kev(
            scanner,
            Acquisition(
                name="a",
                mode="stationary",
                tube_voltage_kv=kv,
                bowtie=bowtie,
                collimation_mm=40,
                rotation_time_s=1,
                scan_range=[0, 40],
                tube_current_ma=100,
            ),
        )
        for kv in (80, 120)
        for bowtie in ("head", "body")
    }
    from ctdose.simulation.ct_beam import build_ct_beam

    for (kv, bowtie), energy in energies.items():
        beam = build_ct_beam(scanner, kv, bowtie, 40)
        assert energy == pytest.approx(beam.central_spectrum.mean_energy_kev, rel=1e-9)
    assert energies[80, "body"] < 55 < energies[120, "body"] < 70
