"""Published factors from DLP to effective dose."""

import pytest

from ctdose.dosimetry.conversion import conversion_factors, load_conversion_factors
from ctdose.phantoms.anatomy import SCAN_REGIONS


def test_the_factors_are_those_of_the_publications():
    found = {
        (f.publication, f.recommendation, f.region): f.k_msv_per_mgy_cm for f in load_conversion_factors()
    }
    assert found["lee_2012", "icrp103", "chest"] == 0.0210
    assert found["lee_2012", "icrp60", "abdomen-pelvis"] == 0.0219
    assert found["deak_2010", "icrp103", "chest"] == 0.0145
    assert found["aapm_96", "icrp60", "head"] == 0.0021


def test_every_factor_is_plausible_and_cited():
    for factor in load_conversion_factors():
        assert factor.region in SCAN_REGIONS
        assert factor.recommendation in ("icrp103", "icrp60")
        assert factor.citation
        low, high = (0.001, 0.007) if factor.ctdi_phantom_cm == 16 else (0.01, 0.025)
        assert low < factor.k_msv_per_mgy_cm < high


def test_head_and_neck_belong_to_the_small_phantom():
    sizes = {factor.region: factor.ctdi_phantom_cm for factor in load_conversion_factors()}
    assert sizes["head"] == 16
    assert sizes["chest"] == 32


@pytest.mark.parametrize(("size", "count"), [(32, 2), (16, 0)])
def test_only_the_same_ctdi_phantom_is_compared(size, count):
    assert len(conversion_factors("chest", "icrp103", size, 120.0)) == count


def test_only_a_similar_tube_voltage_is_compared():
    assert conversion_factors("chest", "icrp103", 32, 80.0) == []
    assert [f.publication for f in conversion_factors("chest", "icrp60", 32, 80.0)] == ["aapm_96"]


def test_of_an_unknown_region_nothing_is_known():
    assert conversion_factors("knee", "icrp103", 32, 120.0) == []
