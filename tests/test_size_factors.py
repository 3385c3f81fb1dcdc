"""Factors of the size-specific dose estimate: AAPM Report 204 by the digits of its tables; refusal outside."""

import math

import numpy as np
import pytest

from ctdose.dosimetry.size_factors import load_size_factors, size_factor


@pytest.mark.parametrize(
    ("ctdi_phantom_cm", "diameter_cm", "printed"),
    [(32, 8, 2.76), (32, 20, 1.78), (32, 32, 1.14), (32, 45, 0.71), (16, 8, 1.38), (16, 16, 1.01)],
)
def test_factors_of_the_body(ctdi_phantom_cm, diameter_cm, printed):
    assert round(float(size_factor(ctdi_phantom_cm, "body").at(diameter_cm)), 2) == printed


def test_a_worked_example():
    # A child of 9.9 cm from front to back and 12.3 cm across: effective diameter sqrt(9.9 * 12.3) = 11.035 cm,
    # f = 3.704369 * exp(-0.03671937 * 11.035) = 3.704369 * 0.66684 = 2.4702; CTDI_vol 5.40 mGy (32 cm): 13.34 mGy.
    factor = size_factor(32, "body").at(math.sqrt(9.9 * 12.3))
    assert 5.40 * factor == pytest.approx(13.34, abs=0.005)


def test_both_phantoms_estimate_the_same_dose():
    # CTDI_vol of 16 cm is about twice that of 32 cm; the ratio of the factors says the same, 2.0 at 10 cm, 2.1 at 40.
    at = np.linspace(10.0, 40.0, 7)
    ratio = size_factor(32, "body").at(at) / size_factor(16, "body").at(at)
    assert ratio == pytest.approx(np.full(7, 2.08), rel=0.04)


def test_the_head_by_the_ratio_of_two_published_means():
    # Anam et al. 2021: mean SSDE of 14 heads 21.7 % and 9.3 % above a measurement: 1.217 / 1.093 = 1.113.
    at = np.linspace(15.0, 18.0, 4)
    ratio = size_factor(16, "body").at(at) / size_factor(16, "head").at(at)
    assert ratio == pytest.approx(np.full(4, 1.113), rel=0.02)
    assert not size_factor(16, "head").verified


def test_there_is_no_factor_outside_its_range_or_for_another_phantom():
    for factor in load_size_factors():
        low, high = factor.diameter_cm
        values = factor.at([low - 0.01, low, high, high + 0.01])
        assert np.isnan(values).tolist() == [True, False, False, True]
    assert size_factor(32, "head") is None
    assert size_factor(20, "body") is None
