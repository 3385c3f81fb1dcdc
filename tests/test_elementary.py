import numpy as np
import pytest

from ctdose.kernels.elementary import log, sincos, sincos_turns

pytestmark = pytest.mark.kernels


def test_log_is_right_to_two_units_in_the_last_place():
    x = np.exp(np.linspace(np.log(2.0**-32), np.log(1e6), 3000)).astype(np.float32)
    ours = np.array([log(v) for v in x], np.float64)
    exact = np.log(x.astype(np.float64))
    assert np.all(np.abs(ours - exact) <= 2.0 * np.spacing(np.abs(exact).astype(np.float32)))


def test_log_of_one_is_zero_and_near_one_keeps_its_digits():
    assert log(np.float32(1.0)) == 0.0
    x = np.nextafter(np.float32(1.0), np.float32(0.0))
    assert float(log(x)) == pytest.approx(np.log(float(x)), rel=1e-6)


def test_sincos_over_many_turns():
    t = np.linspace(-3.0, 3.0, 4001).astype(np.float32)
    ours = np.array([sincos_turns(v) for v in t], np.float64)
    exact = 2.0 * np.pi * t.astype(np.float64)
    np.testing.assert_allclose(ours[:, 0], np.sin(exact), atol=2e-7)
    np.testing.assert_allclose(ours[:, 1], np.cos(exact), atol=2e-7)


def test_sincos_at_the_quarters_is_exact():
    for quarter, (s, c) in enumerate([(0, 1), (1, 0), (0, -1), (-1, 0)]):
        assert sincos_turns(np.float32(quarter / 4.0)) == (s, c)


def test_sincos_takes_radians():
    s, c = sincos(np.float32(0.5))
    assert (s, c) == pytest.approx((np.sin(0.5), np.cos(0.5)), abs=1e-7)
