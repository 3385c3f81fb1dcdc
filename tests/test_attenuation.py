"""Look-up in energy: the right bin, also where nodes were moved onto edges."""

import numba
import numpy as np
import pytest

from ctdose.kernels.attenuation import energy_bin, interpolate, interpolate_majorant
from ctdose.kernels.tables import ENERGY_BINS
from ctdose.physics.cross_sections import mass_coefficients
from ctdose.physics.energy_grid import build_energy_grid, regular_nodes
from ctdose.physics.materials import Material
from ctdose.physics.tables import build_tables

pytestmark = pytest.mark.kernels

MATERIALS = [Material(n) for n in ("water", "iodine", "lead", "cesium-iodide", "cortical-bone", "tin")]
F = np.float32


@numba.njit
def bins_of(node_kev, energy, found):
    for k in range(energy.size):
        found[k] = energy_bin(node_kev, energy[k])


@pytest.mark.parametrize(
    "nodes", [regular_nodes(), build_energy_grid(MATERIALS)], ids=["regular", "with edges"]
)
def test_bin_of_every_node_and_its_neighbours(nodes):
    below, above = np.nextafter(nodes[1:], F(0)), np.nextafter(nodes[:-1], F(1e9))
    middle = 0.5 * (nodes[1:] + nodes[:-1])
    energy = np.concatenate([nodes[:-1], above, middle.astype(np.float32), below])
    found = np.zeros(energy.size, np.int64)
    bins_of(nodes, energy, found)
    assert found.tolist() == np.tile(np.arange(ENERGY_BINS), 4).tolist()


def test_edges_did_move_nodes():
    assert (build_energy_grid(MATERIALS) != regular_nodes()).sum() > 10


def test_bin_of_any_energy(interpreted):
    nodes = build_energy_grid(MATERIALS)
    energy = (
        np.random.default_rng(4).uniform(1.0, 150.0, 3_000 if interpreted else 300_000).astype(np.float32)
    )
    found = np.zeros(energy.size, np.int64)
    bins_of(nodes, energy, found)
    assert (nodes[found] <= energy).all()
    assert (energy < nodes[found + 1]).all()


@pytest.mark.parametrize("m", range(len(MATERIALS)))
def test_the_kernel_reads_the_cross_sections(m):
    attenuation = build_tables(MATERIALS).attenuation
    for energy in (1.0, 4.04, 33.1, 33.2, 60.0, 87.9, 88.1, 150.0):
        i = energy_bin(attenuation.node_kev, F(energy))
        excess = F(energy) - attenuation.node_kev[i]
        exact = mass_coefficients(MATERIALS[m], np.array([energy]))
        total, photo = exact.total[0], exact.photoelectric[0]
        assert interpolate(attenuation.mu, i, m, excess) == pytest.approx(
            total * MATERIALS[m].density_g_cm3, rel=3e-4
        )
        assert interpolate(attenuation.photoelectric, i, m, excess) == pytest.approx(photo / total, rel=3e-4)


def test_majorant_is_read_like_a_coefficient():
    table = np.array([[1.0, 0.5], [2.0, -0.25]], np.float32)
    assert interpolate_majorant(table, 1, F(2.0)) == 1.5
