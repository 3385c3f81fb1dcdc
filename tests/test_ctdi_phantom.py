"""CTDI phantoms: chambers where the standard wants them, of the right volume, plugged beyond ±50 mm."""

import math

import numpy as np
import pytest

from ctdose.phantoms.ctdi import CHAMBER_REGIONS, OUTSIDE, PMMA, build_ctdi_phantom, chamber_centres_mm


def centroid_mm(phantom, region):
    places = np.argwhere(phantom.region_index == region)[:, ::-1]
    return places.mean(axis=0) * phantom.spacing_mm + phantom.origin_mm


@pytest.mark.parametrize("diameter_cm", [16, 32])
@pytest.mark.parametrize("voxel_mm", [1.0, 0.5])
def test_chambers(diameter_cm, voxel_mm):
    phantom = build_ctdi_phantom(diameter_cm, voxel_mm=voxel_mm)
    volumes = phantom.region_volumes_cm3()
    for name, (x, y) in chamber_centres_mm(10.0 * diameter_cm).items():
        region = CHAMBER_REGIONS[name]
        assert volumes[region] == pytest.approx(3.0, rel=0.07)
        assert centroid_mm(phantom, region) == pytest.approx((x, y, 0.0), abs=1e-9)
        assert {
            phantom.materials[i].name for i in phantom.material_index[phantom.region_index == region]
        } == {"air"}
    assert len({round(volumes[r], 9) for r in CHAMBER_REGIONS.values()}) == 1


@pytest.mark.parametrize("diameter_cm", [16, 32])
def test_size_and_mass(diameter_cm):
    phantom = build_ctdi_phantom(diameter_cm)
    assert phantom.size_mm == pytest.approx((10.0 * diameter_cm, 10.0 * diameter_cm, 150.0))
    volume = math.pi / 4.0 * diameter_cm**2 * 15.0 - 5 * phantom.region_volumes_cm3()[2]
    assert phantom.region_masses_g()[PMMA] == pytest.approx(1.19 * volume, rel=1e-3)
    assert phantom.materials[1].density_g_cm3 == 1.19


def test_angles_are_gantry_angles():
    centres = chamber_centres_mm(320.0)
    assert centres["periphery_000"] == (0.0, -150.0)
    assert centres["periphery_090"] == (150.0, 0.0)


def test_holes_are_plugged_beyond_the_active_length():
    phantom = build_ctdi_phantom(16)
    active = np.isin(phantom.region_index, list(CHAMBER_REGIONS.values())).any(axis=(1, 2))
    assert active.tolist() == [False, True, True, True, True, False]
    assert set(np.unique(phantom.region_index[0])) == {OUTSIDE, PMMA}


@pytest.mark.parametrize("changes", [{"diameter_cm": 10}, {"voxel_mm": 2.0}, {"voxel_mm": 0.3}])
def test_wrong_arguments_are_named(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        build_ctdi_phantom(**changes)
