"""Compton scattering: the sampler against its density, the density against the formula, Doppler broadening."""

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
from ctdose.kernels.compton import (
    PZ_SCALE,
    doppler_ratio,
    energy_ratio,
    interpolate_s,
    klein_nishina,
    pdf_compton,
    sample_compton,
    sample_doppler,
)
from ctdose.kernels.form_tables import squared_x_full
from ctdose.kernels.tables import PROFILE_NODES
from ctdose.physics.form_factors import form_tables
from ctdose.physics.materials import Material, material_names
from ctdose.physics.tables import build_tables

pytestmark = pytest.mark.kernels

ELECTRON_REST_KEV, FINE_STRUCTURE = 510.99895, 7.2973525693e-3  # CODATA 2018

# Mean number of random blocks of a draw; a change here is a change of the sampler.
MEAN_DRAWS = {
    "water": (2.9018, 2.1456, 1.7912, 1.8831, 2.2648),
    "iodine": (2.823, 2.2427, 2.0643, 2.0944, 2.3873),
    "cortical-bone": (2.7875, 2.1564, 1.8459, 1.9109, 2.2769),
}


@numba.njit
def draw(run, scattering, m, energy, cos_theta, ratio, draws):
    for h in range(cos_theta.size):
        cos_theta[h], _, ratio[h], draws[h] = sample_compton(run, scattering, m, energy, h, 3)


@numba.njit
def draw_doppler(run, scattering, m, at_rest, cos_theta, ratio):
    for h in range(ratio.size):
        ratio[h] = sample_doppler(run, scattering, m, at_rest, cos_theta, h, 3)


@numba.njit
def density(scattering, m, energy, cos_theta, out):
    for k in range(out.size):
        out[k] = pdf_compton(scattering, m, energy, cos_theta[k])


@pytest.fixture(scope="module")
def scattering():
    return build_tables(MATERIALS).scattering


@pytest.fixture(scope="module")
def drawn(scattering, make_run, interpreted):
    """Samples of every case: cos(theta), E'/E, random blocks."""
    return draw_cases(draw, scattering, make_run, interpreted)


@pytest.mark.parametrize(("m", "energy"), CASES)
def test_angles_follow_the_density(scattering, drawn, statistics, m, energy):
    fine = fine_density(density, 2, scattering, m, energy)
    assert p_of_angles(statistics, drawn[m, energy][0], *fine) > statistics.level(len(CASES))


@pytest.mark.parametrize(("m", "energy"), CASES)
def test_mean_number_of_draws(scattering, drawn, statistics, interpreted, m, energy):
    draws = drawn[m, energy][2]
    edges, height = fine_density(density, 2, scattering, m, energy)
    s_max = interpolate_s(scattering, m, F(squared_x_full(F(energy))))
    efficiency = (height * np.diff(edges)).sum() / (2.0 * s_max)
    error = np.sqrt((1.0 - efficiency) / draws.size) / efficiency  # geometric
    assert abs(draws.mean() - 1.0 / efficiency) < statistics.z_limit(statistics.level(len(CASES))) * error
    if not interpreted:
        assert has_known_mean(draws, MEAN_DRAWS, m, energy)


@pytest.mark.parametrize(("m", "energy"), CASES)
def test_energy_follows_from_the_angle(drawn, m, energy):
    cos_theta, ratio, _ = (a.astype(np.float64) for a in drawn[m, energy])
    np.testing.assert_allclose(ratio, 1.0 / (1.0 + energy / ELECTRON_REST_KEV * (1.0 - cos_theta)), rtol=2e-7)
    assert cos_theta.min() >= -1.0
    assert cos_theta.max() <= 1.0


@pytest.mark.parametrize("energy", ENERGIES)
def test_density_is_klein_nishina_times_s(scattering, energy):
    """Against xraylib's own cross section; the argument of S is sin(theta/2)/lambda in 1/angstrom."""
    import xraylib

    angles = np.linspace(0.3, np.pi, 40)
    ours = np.zeros(40, np.float32)
    density(scattering, 1, F(energy), np.cos(angles).astype(np.float32), ours)
    theirs = np.array([xraylib.DCS_Compt(53, energy, angle) for angle in angles])
    np.testing.assert_allclose(ours / ours[-1], theirs / theirs[-1], rtol=2e-3)


def test_klein_nishina_at_known_angles():
    assert klein_nishina(F(1.0), F(1.0)) == 1.0
    assert float(energy_ratio(F(510.99895), F(-1.0))) == pytest.approx(1 / 3, rel=1e-6)
    # Thomson: (1 + cos^2)/2 at low energy
    assert float(klein_nishina(F(1.0), F(0.0))) == pytest.approx(0.5, rel=1e-6)


def test_s_rises_so_that_its_value_backwards_bounds_it():
    """Close to 1 the data waver by 2e-5: by so much some angles are drawn too rarely, and no more."""
    for name in material_names():
        s = form_tables(Material(name)).incoherent
        assert (np.maximum.accumulate(s) - s).max() < 3e-5, name


ANGLES = (-1.0, 0.0, 0.7, 0.99, 0.9999)
DOPPLER_CASES = [(m, e, c) for m in (0, 1) for e in (5.0, 30.0, 140.0) for c in ANGLES]


def pz_of(energy, ratio, cos_theta):
    """p_z in atomic units at which E' = ratio E: Ribberfors' definition itself."""
    after = energy * ratio
    transfer = np.sqrt(energy**2 + after**2 - 2.0 * energy * after * cos_theta)
    return (
        (energy * after * (1.0 - cos_theta) / ELECTRON_REST_KEV - (energy - after))
        / transfer
        / FINE_STRUCTURE
    )


def cumulative_pz(scattering, m, pz):
    """Probability of a signed p_z up to the given one: the table's, even within its bins."""
    nodes = np.float64(PZ_SCALE) * np.arange(PROFILE_NODES) ** 2
    return 0.5 + 0.5 * np.sign(pz) * np.interp(
        np.abs(pz), nodes, scattering.profile_integral[m].astype(float)
    )


@pytest.fixture(scope="module")
def broadened(scattering, make_run, interpreted):
    samples = {}
    for key, (m, energy, cos_theta) in enumerate(DOPPLER_CASES):
        ratio = np.zeros(200 if interpreted else 100_000, np.float32)
        at_rest = F(energy_ratio(F(energy), F(cos_theta)))
        draw_doppler(make_run(key_low=key), scattering, m, at_rest, F(cos_theta), ratio)
        samples[m, energy, cos_theta] = ratio.astype(np.float64)
    return samples


@pytest.mark.parametrize(("m", "energy", "cos_theta"), DOPPLER_CASES)
def test_broadened_energy_follows_the_profile(scattering, broadened, statistics, m, energy, cos_theta):
    ratio, cosine = broadened[m, energy, cos_theta], np.float64(F(cos_theta))
    fine = np.concatenate([np.linspace(0.2, 0.9, 500), 1.0 - np.geomspace(0.1, 1e-9, 4000)])
    cumulative = cumulative_pz(scattering, m, pz_of(energy, fine, cosine))
    cumulative /= cumulative_pz(scattering, m, pz_of(energy, 1.0, cosine))
    chosen = np.unique(np.searchsorted(cumulative, np.linspace(0.01, 0.99, 60)))
    chosen = chosen[chosen < fine.size]
    edges = np.concatenate([[0.0], fine[chosen], [1.0]])
    shares = np.diff(np.concatenate([[0.0], cumulative[chosen], [1.0]]))
    counts, _ = np.histogram(ratio, edges)
    assert statistics.chi_square(counts, shares * ratio.size) > statistics.level(len(DOPPLER_CASES))


@pytest.mark.parametrize(("m", "energy", "cos_theta"), DOPPLER_CASES)
def test_mean_of_the_broadened_energy(scattering, broadened, statistics, m, energy, cos_theta):
    ratio, cosine = broadened[m, energy, cos_theta], np.float64(F(cos_theta))
    fine = np.concatenate([np.linspace(1e-3, 0.9, 20_000), 1.0 - np.geomspace(0.1, 1e-12, 20_000)])
    cumulative = cumulative_pz(scattering, m, pz_of(energy, fine, cosine))
    cumulative /= cumulative_pz(scattering, m, pz_of(energy, 1.0, cosine))
    exact = 1.0 - np.trapezoid(cumulative, fine)  # E'/E <= 1
    error = ratio.std() / np.sqrt(ratio.size)
    assert abs(ratio.mean() - exact) < statistics.z_limit(statistics.level(len(DOPPLER_CASES))) * error + 1e-7


@pytest.mark.parametrize("cos_theta", ANGLES)
@pytest.mark.parametrize("pz", [-90.0, -3.0, -0.3, -1e-3, 0.0, 1e-3, 0.3, 3.0, 90.0])
def test_shifted_energy_solves_its_equation(pz, cos_theta):
    for energy in (1.01, 30.0, 150.0):
        ratio = doppler_ratio(F(energy_ratio(F(energy), F(cos_theta))), F(cos_theta), F(pz))
        t = 1.0 - np.float64(F(cos_theta))
        gamma, q = energy / ELECTRON_REST_KEV * t, FINE_STRUCTURE * pz
        exact = (
            (1 + gamma - q * q * (1 - t)) + q * np.sqrt(gamma**2 + 2 * t * (1 + gamma) - q * q * t * (2 - t))
        ) / ((1 + gamma) ** 2 - q * q)
        assert float(ratio) == pytest.approx(exact, rel=2e-6)
        if pz:
            assert pz_of(energy, exact, 1.0 - t) == pytest.approx(pz, rel=1e-6)


def test_forward_scattering_keeps_the_energy():
    assert doppler_ratio(F(1.0), F(1.0), F(2.0)) == 1.0
