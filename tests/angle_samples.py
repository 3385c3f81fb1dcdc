"""Angles drawn by a scattering sampler, and its density as the kernel computes it: for Compton and Rayleigh alike."""

import numpy as np

from ctdose.physics.materials import Material

MATERIALS = [Material(n) for n in ("water", "iodine", "cortical-bone")]
ENERGIES = (1.01, 5.0, 20.0, 60.0, 150.0)
CASES = [(m, e) for m in range(len(MATERIALS)) for e in ENERGIES]
F = np.float32


def draw_cases(draw, scattering, make_run, interpreted):
    """Samples of every case: cos(theta), what the sampler gives beside it, random blocks.

    Parameters
    ----------
    draw : compiled function
        Fills three arrays (float32, float32, int64) for a run, tables, a material and an energy.
    """
    count = 400 if interpreted else 200_000
    samples = {}
    for key, (m, energy) in enumerate(CASES):
        arrays = np.zeros(count, np.float32), np.zeros(count, np.float32), np.zeros(count, np.int64)
        draw(make_run(key_low=key), scattering, m, F(energy), *arrays)
        samples[m, energy] = arrays
    return samples


def fine_density(density, power, scattering, m, energy):
    """Edges in t = 1 - cos, the finer forwards the higher the power, and the density of the kernel between them."""
    edges = 2.0 * np.linspace(0.0, 1.0, 2001) ** power
    out = np.zeros(2000, np.float32)
    density(scattering, m, F(energy), (1.0 - 0.5 * (edges[1:] + edges[:-1])).astype(np.float32), out)
    return edges, out


def p_of_angles(statistics, cos_theta, edges, height):
    """Chance of angles as far from a density, by chi-square in 100 cells of equal probability."""
    cells, shares = statistics.equal_cells(edges, height, 100)
    counts, _ = np.histogram(1.0 - cos_theta.astype(np.float64), cells)
    return statistics.chi_square(counts, shares * cos_theta.size)


def has_known_mean(draws, known, m, energy):
    """Whether the mean number of random blocks is within 1 % of that of this sampler, by material and energy."""
    expected = known[MATERIALS[m].name][ENERGIES.index(energy)]
    return abs(draws.mean() - expected) <= 0.01 * expected
