"""K fluorescence in the kernel: which photon follows an absorption, how often, and in which direction."""

import numba
import numpy as np
import pytest

from ctdose.kernels.attenuation import energy_bin
from ctdose.kernels.photoelectric import sample_k_line
from ctdose.kernels.rng import STREAM_SECONDARY, random_block, uniform
from ctdose.kernels.sampling import isotropic
from ctdose.physics.elements import atomic_number
from ctdose.physics.energy_grid import edge_kev
from ctdose.physics.fluorescence import fluorescent_elements, k_lines, k_photon_probability
from ctdose.physics.materials import Material
from ctdose.physics.tables import build_tables

pytestmark = pytest.mark.kernels

CONTRAST = Material.from_mass_fractions(
    "contrast", {"H": 0.1, "O": 0.7, "Ca": 0.05, "I": 0.1, "Ba": 0.05}, density_g_cm3=1.2
)
MATERIALS = [Material("water"), Material("iodine"), Material("cortical-bone"), CONTRAST]
CASES = [(m, e) for m in range(1, 4) for e in (2.5, 6.0, 34.0, 40.0, 120.0)]
F = np.float32


@numba.njit
def draw(run, attenuation, fluorescence, m, energy, line, direction):
    i = energy_bin(attenuation.node_kev, energy)
    excess = energy - attenuation.node_kev[i]
    for h in range(line.size):
        w0, w1, w2, w3 = random_block(run, h, 3, STREAM_SECONDARY, 0)
        line[h] = sample_k_line(fluorescence, m, i, excess, uniform(w0), uniform(w1))
        direction[h, 0], direction[h, 1], direction[h, 2] = isotropic(uniform(w2), uniform(w3))


@pytest.fixture(scope="module")
def tables():
    return build_tables(MATERIALS)


@pytest.fixture(scope="module")
def sample(tables, make_run):
    def sample(m, energy, count, key=1):
        line, direction = np.zeros(count, np.float32), np.zeros((count, 3), np.float32)
        draw(make_run(key_low=key), tables.attenuation, tables.fluorescence, m, F(energy), line, direction)
        return line, direction

    return sample


def expected_lines(material, energy):
    """Probability of each line by the formula: share of the element, K shell, yield (once), strength."""
    lines = {}
    for z in fluorescent_elements(material, 1.0):
        some = k_photon_probability(material, z, np.array([energy]), 1.0)[0]
        of_element = k_lines(z).above(1.0)
        for energy_kev, strength in zip(of_element.energy_kev, of_element.strength):
            lines[F(energy_kev)] = some * strength / of_element.strength.sum()
    return lines


@pytest.mark.parametrize(("m", "energy"), CASES)
def test_lines_come_as_often_as_the_formula_says(sample, statistics, interpreted, m, energy):
    drawn, _ = sample(m, energy, 2_000 if interpreted else 200_000, key=CASES.index((m, energy)))
    expected = expected_lines(MATERIALS[m], energy)
    expected[F(0.0)] = 1.0 - sum(expected.values())
    found, counts = np.unique(drawn, return_counts=True)
    assert set(found) <= set(expected)
    assert all(expected[line] > 0 for line in found)
    if len(found) > 1:
        counted = dict(zip(found, counts))
        order = sorted(expected)
        observed = [counted.get(line, 0) for line in order]
        assert statistics.chi_square(
            observed, [drawn.size * expected[line] for line in order]
        ) > statistics.level(len(CASES))


def test_water_never_fluoresces(sample):
    assert not sample(0, 60.0, 1000)[0].any()


@pytest.mark.parametrize(("m", "element"), [(1, "I"), (2, "Ca"), (3, "I"), (3, "Ca"), (3, "Ba")])
def test_k_photons_begin_at_the_edge(tables, sample, interpreted, m, element):
    z = atomic_number(element)
    edge = edge_kev(z, "K")
    above = F(edge)
    while float(above) < edge:
        above = np.nextafter(above, F(np.inf))
    below = np.nextafter(above, F(0.0))
    while float(below) >= edge:
        below = np.nextafter(below, F(0.0))
    own = set(k_lines(z).energy_kev.astype(np.float32))
    count = 1_000 if interpreted else 20_000
    assert not own & set(sample(m, below, count)[0])
    just_above = sample(m, above, count)[0]
    assert own & set(just_above)
    assert (just_above < above).all()


def test_the_energy_of_a_line_never_exceeds_that_of_the_photon(tables, sample):
    for m in range(1, 4):
        for energy in np.geomspace(1.0, 150.0, 60):
            assert sample(m, energy, 50)[0].max() < F(energy)


def test_direction_is_isotropic(sample, statistics, interpreted):
    _, direction = sample(1, 60.0, 3_000 if interpreted else 300_000)
    direction = direction.astype(np.float64)
    np.testing.assert_allclose((direction**2).sum(axis=1), 1.0, atol=3e-7)
    azimuth = np.arctan2(direction[:, 1], direction[:, 0])
    counts, _, _ = np.histogram2d(direction[:, 2], azimuth, (12, 16), ((-1, 1), (-np.pi, np.pi)))
    assert statistics.chi_square(counts.ravel(), np.full(192, len(direction) / 192)) > statistics.LEVEL


def test_direction_is_independent_of_the_line(sample, statistics, interpreted):
    line, direction = sample(3, 60.0, 3_000 if interpreted else 300_000)
    for k in range(3):
        r = np.corrcoef(line, direction[:, k])[0, 1]
        assert abs(r) < statistics.z_limit(statistics.level(3)) / np.sqrt(line.size)
