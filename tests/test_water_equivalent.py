"""Water-equivalent diameter: cylinders, an ellipse, what counts nothing, what is cut."""

import math

import numpy as np
import pytest

from ctdose.imaging.water_equivalent import water_equivalent, water_ratios
from ctdose.phantoms.ctdi import PMMA_DENSITY_G_CM3, PMMA_MASS_FRACTIONS
from ctdose.phantoms.cylinders import build_cylinder
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.physics.spectra import tube_spectrum

PMMA = Material.from_mass_fractions("pmma", PMMA_MASS_FRACTIONS, density_g_cm3=PMMA_DENSITY_G_CM3)
AIR, WATER = Material("air"), Material("water")
SPECTRUM = tube_spectrum(120.0, 8.0, {"aluminium": 8.0})


def slab(plane, materials=(AIR, WATER), **more):
    """One slice of 10 mm, pixels of 1 mm."""
    index = np.asarray(plane, np.uint8)[None]
    return VoxelPhantom(index, materials, (1.0, 1.0, 10.0), (0.0, 0.0, 0.0), **more)


def ellipse(a_mm, b_mm, grid_mm=(420, 260)):
    x, y = (np.arange(n) + 0.5 - n / 2 for n in grid_mm)
    return ((x / a_mm)[None, :] ** 2 + (y / b_mm)[:, None] ** 2 <= 1.0).astype(np.uint8)


@pytest.mark.parametrize("diameter_mm", [80, 160, 320])
@pytest.mark.parametrize("spectrum", [60.0, SPECTRUM])
def test_a_cylinder_of_water_is_as_wide_as_it_is(diameter_mm, spectrum):
    size = water_equivalent(build_cylinder(WATER, diameter_mm=diameter_mm, length_mm=10), spectrum)
    assert size.diameter_cm == pytest.approx(np.full(5, diameter_mm / 10.0), rel=2e-3)
    assert size.mean_cm == pytest.approx(diameter_mm / 10.0, rel=2e-3)
    assert not size.truncated.any()


def test_a_cylinder_of_pmma_by_hand():
    # At 70 keV XCOM has mu/rho of 0.17605 cm2/g in PMMA (between 0.1924 at 60 and 0.1751 at 80 keV: 0.1828) and
    # 0.1929 in water (0.2059 and 0.1837): ratio 1.19 * 0.1828 / 0.1929 = 1.128, D_w = 32 * sqrt(1.128) = 33.98 cm.
    size = water_equivalent(build_cylinder(PMMA, diameter_mm=320, length_mm=10, voxel_mm=1), 70.0)
    assert size.diameter_cm[0] == pytest.approx(33.98, rel=5e-3)


def test_pmma_behind_a_ct_spectrum_has_the_ct_number_of_pmma():
    # CT numbers of PMMA at 120 kV are published from 110 to 135.
    _, pmma = water_ratios((WATER, PMMA), SPECTRUM)
    assert 110.0 < 1000.0 * (pmma - 1.0) < 135.0


def test_bone_is_wider_at_a_low_voltage():
    bone = Material("cortical bone")
    low, high = (water_ratios((bone,), tube_spectrum(kv, 8.0, {"aluminium": 8.0}))[0] for kv in (80.0, 140.0))
    assert low > 1.2 * high > 1.2


def test_an_ellipse_counts_by_its_area():
    size = water_equivalent(slab(ellipse(200.0, 100.0)), SPECTRUM)
    assert size.diameter_cm[0] == pytest.approx(2.0 * math.sqrt(20.0 * 10.0), rel=1e-3)


def test_half_the_density_is_half_the_area():
    plane = ellipse(100.0, 100.0)
    thin = slab(plane, density_g_cm3=np.where(plane, 0.5, 0.001205).astype(np.float32)[None])
    whole = water_equivalent(slab(plane), SPECTRUM).diameter_cm[0]
    assert water_equivalent(thin, SPECTRUM).diameter_cm[0] == pytest.approx(whole / math.sqrt(2.0), rel=1e-3)


def test_the_materials_of_a_table_count_nothing():
    plane = ellipse(100.0, 80.0)
    alone = water_equivalent(slab(plane), SPECTRUM).diameter_cm[0]
    plane[240:250, 20:400] = 2
    wall = Material.from_mass_fractions("couch_wall", {"C": 1.0}, density_g_cm3=1.5)
    phantom = slab(plane, materials=(AIR, WATER, wall))
    assert water_equivalent(phantom, SPECTRUM).diameter_cm[0] == alone
    assert water_equivalent(phantom, SPECTRUM, excluded=()).diameter_cm[0] > 1.05 * alone


def test_air_and_the_table_count_nothing():
    plane = ellipse(100.0, 80.0)
    alone = water_equivalent(slab(plane), SPECTRUM).diameter_cm[0]
    with_table = plane.copy()
    with_table[240:250, 20:400] = 1
    region = with_table.astype(np.uint16)
    region[240:250] *= 2
    organs = (Organ(1, "body"), Organ(2, "table"))
    phantom = slab(with_table, region_index=region[None], organs=organs)
    assert water_equivalent(phantom, SPECTRUM).diameter_cm[0] == alone
    assert water_equivalent(phantom, SPECTRUM, excluded=()).diameter_cm[0] > 1.05 * alone


@pytest.mark.parametrize(("lost_mm", "cut"), [(0, False), (30, True), (60, True)])
def test_a_body_that_the_grid_cuts_is_marked(lost_mm, cut):
    plane = ellipse(200.0, 125.0)[:, 10 + lost_mm :]
    assert water_equivalent(slab(plane), SPECTRUM).truncated.tolist() == [cut]


def test_a_body_that_touches_the_grid_is_not_cut():
    for voxel_mm in (1.0, 2.5, 5.0):
        phantom = build_cylinder(WATER, diameter_mm=400, length_mm=10, voxel_mm=voxel_mm)
        assert not water_equivalent(phantom, 60.0).truncated.any()


def test_slices_count_by_their_part_in_the_range():
    index = np.zeros((4, 20, 20), np.uint8)
    index[1, 5:15, 5:15] = index[2] = 1  # 100 and 400 pixels of 1 mm2
    phantom = VoxelPhantom(index, (AIR, WATER), (1.0, 1.0, 10.0), (0.0, 0.0, 5.0))
    size = water_equivalent(phantom, 60.0, (5.0, 24.0))
    assert size.z_mm.tolist() == [5.0, 15.0, 25.0]
    assert size.weight_mm.tolist() == [5.0, 10.0, 4.0]
    small, large = 2.0 * math.sqrt(1.0 / math.pi), 2.0 * math.sqrt(4.0 / math.pi)
    assert size.diameter_cm == pytest.approx([0.0, small, large])
    assert size.mean_cm == pytest.approx(
        (10 * small + 4 * large) / 14
    )  # air above the head is no head of width 0


def test_a_range_outside_the_phantom_is_empty():
    size = water_equivalent(slab(ellipse(100.0, 80.0)), 60.0, (100.0, 200.0))
    assert size.z_mm.size == 0
    assert math.isnan(size.mean_cm)


@pytest.mark.slow
@pytest.mark.reference
@pytest.mark.parametrize(
    ("ct", "labels", "tolerance"),
    [("ct.nii.gz", "labels.nii.gz", 0.02), ("dicom", "dicom_labels.nii.gz", 0.003)],
)
def test_a_real_ct_has_the_diameter_of_its_ct_numbers(reference, ct, labels, tolerance):
    """AAPM 220's own formula on the image, against the phantom that is made of it: tissues by label and CT number."""
    from ctdose.phantoms.patient.body import find_body
    from ctdose.phantoms.patient.build import build_patient
    from ctdose.phantoms.patient.calibration_file import read_calibration
    from ctdose.phantoms.patient.label_map import read_label_map
    from ctdose.phantoms.patient.options import Options
    from ctdose.phantoms.patient.scan import read_scan

    options = Options(labels=reference / "ct" / labels)
    scan = read_scan(reference / "ct" / ct, options, read_calibration(None), read_label_map(None))
    image = scan.image
    body = find_body(image, scan.labels, read_calibration(None))
    water_mm2 = (np.clip(image.values / 1000.0 + 1.0, 0.0, None) * body).sum(axis=(1, 2))
    water_mm2 *= image.spacing_mm[0] * image.spacing_mm[1]
    of_image = 2.0 * np.sqrt(water_mm2 / math.pi) / 10.0
    size = water_equivalent(build_patient(reference / "ct" / ct, options).phantom, SPECTRUM)
    assert size.diameter_cm == pytest.approx(of_image, rel=tolerance)
    assert size.mean_cm == pytest.approx(of_image.mean(), rel=0.005)
