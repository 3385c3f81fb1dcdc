import numpy as np
import pytest

from ctdose.kernels.sampling import find_cumulative, isotropic, rotate

pytestmark = pytest.mark.kernels
F = np.float32


def test_find_cumulative_brackets_the_value():
    cumulative = np.array([0.0, 0.1, 0.1, 0.7, 1.0], np.float32)
    assert [find_cumulative(cumulative, 0, 4, F(v)) for v in (1e-9, 0.05, 0.1, 0.2, 0.7, 0.71, 1.0)] == [
        0,
        0,
        0,
        2,
        2,
        3,
        3,
    ]


@pytest.mark.parametrize(
    "direction",
    [(0, 0, 1), (0, 0, -1), (1, 0, 0), (0, -1, 0), (1e-6, 0, 1), (1e-6, 1e-6, -1), (0.6, -0.48, 0.64)],
)
@pytest.mark.parametrize("cos_theta", [1.0, 0.999999, 0.3, 0.0, -0.7, -1.0])
def test_rotate_turns_by_the_angle_and_keeps_the_length(direction, cos_theta):
    d = np.array(direction, np.float32)
    d /= np.linalg.norm(d)
    turned = np.array([rotate(*d, F(cos_theta), F(t)) for t in (0.0, 0.13, 0.5, 0.77)], np.float64)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), 1.0, atol=2e-7)
    np.testing.assert_allclose(turned @ d, cos_theta, atol=1e-6)


def test_rotate_spreads_the_azimuth_evenly():
    d = np.array([0.3, -0.5, np.sqrt(1 - 0.34)], np.float32)
    turned = np.array([rotate(*d, F(0.2), F(t)) for t in (np.arange(64) + 0.5) / 64], np.float64)
    np.testing.assert_allclose(turned.mean(axis=0), 0.2 * d, atol=1e-6)


def test_isotropic_covers_the_sphere():
    grid = (np.arange(40) + 0.5) / 40
    d = np.array([isotropic(F(a), F(t)) for a in grid for t in grid], np.float64)
    np.testing.assert_allclose(np.linalg.norm(d, axis=1), 1.0, atol=2e-7)
    np.testing.assert_allclose(d.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose((d**2).mean(axis=0), 1 / 3, atol=1e-3)
