"""Rayleigh scattering: the sampler against its density, the density against the formula."""

import numba
import numpy as np
import pytest

from angle_samples import (
    CASES,
    ENERGIES,
    MATERIALS,
    F,
    draw_cases,
    fine_density,
    has_known_mean,
    p_of_angles,
)
from ctdose.kernels.form_tables import squared_x_bin, squared_x_full
from ctdose.kernels.rayleigh import integral_of_f2, invert_f2, pdf_rayleigh, sample_rayleigh
from ctdose.kernels.tables import SQUARED_X_BINS
from ctdose.physics.tables import build_tables

pytestmark = pytest.mark.kernels

# Mean number of random blocks of a draw; a change here is a change of the sampler.
MEAN_DRAWS = {
    "water": (1.5006, 1.4299, 1.2512, 1.1175, 1.0243),
    "iodine": (1.5006, 1.4711, 1.3556, 1.1965, 1.0974),
    "cortical-bone": (1.4998, 1.4414, 1.2995, 1.1398, 1.0545),
}


@numba.njit
def draw(run, scattering, m, energy, cos_theta, turns, draws):
    for h in range(cos_theta.size):
        cos_theta[h], turns[h], draws[h] = sample_rayleigh(run, scattering, m, energy, h, 3)


@numba.njit
def density(scattering, m, energy, cos_theta, out):
    for k in range(out.size):
        out[k] = pdf_rayleigh(scattering, m, energy, cos_theta[k])


@pytest.fixture(scope="module")
def scattering():
    return build_tables(MATERIALS).scattering


@pytest.fixture(scope="module")
def drawn(scattering, make_run, interpreted):
    """Samples of every case: cos(theta), azimuth in turns, random blocks."""
    return draw_cases(draw, scattering, make_run, interpreted)


@pytest.mark.parametrize(("m", "energy"), CASES)
def test_angles_follow_the_density(scattering, drawn, statistics, m, energy):
    fine = fine_density(density, 3, scattering, m, energy)
    assert p_of_angles(statistics, drawn[m, energy][0], *fine) > statistics.level(len(CASES))


@pytest.mark.parametrize(("m", "energy"), CASES)
def test_mean_number_of_draws(scattering, drawn, statistics, interpreted, m, energy):
    draws = drawn[m, energy][2]
    edges, height = fine_density(density, 3, scattering, m, energy)
    weight = height * np.diff(edges)
    cosine = 1.0 - 0.5 * (edges[1:] + edges[:-1])
    expected = (
        2.0 * (weight / (1.0 + cosine**2)).sum() / weight.sum()
    )  # F^2 over the accepted F^2 (1 + cos^2)/2
    error = np.sqrt(expected * (expected - 1.0) / draws.size)  # geometric
    assert abs(draws.mean() - expected) < statistics.z_limit(statistics.level(len(CASES))) * error + 1e-4
    if not interpreted:
        assert has_known_mean(draws, MEAN_DRAWS, m, energy)


def test_azimuth_is_even(drawn, statistics):
    turns = np.concatenate([drawn[case][1] for case in CASES])
    counts, _ = np.histogram(turns, 50, (0.0, 1.0))
    assert statistics.chi_square(counts, np.full(50, turns.size / 50)) > statistics.LEVEL


def test_angles_stay_in_range(drawn):
    for cos_theta, turns, _ in drawn.values():
        assert -1.0 <= cos_theta.min() <= cos_theta.max() <= 1.0
        assert 0.0 < turns.min() <= turns.max() <= 1.0


@pytest.mark.parametrize("energy", ENERGIES)
def test_density_is_thomson_times_the_squared_form_factor(scattering, energy):
    """Against xraylib's own cross section; the argument of F is sin(theta/2)/lambda in 1/angstrom."""
    import xraylib

    angles = np.linspace(0.02, np.pi, 60)
    ours = np.zeros(60, np.float32)
    density(scattering, 1, F(energy), np.cos(angles).astype(np.float32), ours)
    theirs = np.array([xraylib.DCS_Rayl(53, energy, angle) for angle in angles])
    np.testing.assert_allclose(
        ours / ours[0], theirs / theirs[0], rtol=6e-3
    )  # F^2 is linear between its nodes


@pytest.mark.parametrize("m", range(len(MATERIALS)))
def test_inversion_is_the_inverse_of_the_integral(scattering, m):
    for energy in ENERGIES:
        full = F(squared_x_full(F(energy)))
        last, total = squared_x_bin(full), F(integral_of_f2(scattering, m, full))
        for share in (1e-7, 1e-3, 0.2, 0.5, 0.9, 0.999, 1.0):
            u = F(invert_f2(scattering, m, last, F(share) * total))
            assert 0.0 < u <= full * F(1.00001)
            assert integral_of_f2(scattering, m, u) == pytest.approx(share * total, rel=2e-5)


def test_bin_of_squared_x_brackets_it(scattering):
    nodes = scattering.squared_x
    for j in range(SQUARED_X_BINS):
        below = np.nextafter(nodes[j + 1], F(0.0))
        assert squared_x_bin(nodes[j]) == j
        assert squared_x_bin(below) == j
    assert squared_x_bin(nodes[-1]) == SQUARED_X_BINS - 1
