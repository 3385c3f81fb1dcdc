"""The energy grid: bins by bit pattern, edges on nodes."""

import numpy as np
import pytest

from ctdose.kernels.tables import ENERGY_BINS
from ctdose.physics.cross_sections import element_coefficients
from ctdose.physics.energy_grid import bin_ends, build_energy_grid, edge_kev, regular_nodes
from ctdose.physics.materials import Material

MIXTURES = [
    ["water"],
    ["iodine"],
    ["cortical-bone", "barium", "gadolinium", "thyroid", "gold", "lead", "tungsten", "tin", "bismuth"],
]


def test_regular_nodes_are_named_by_bit_patterns():
    nodes = regular_nodes()
    bits = nodes.view(np.int32) - np.float32(1).view(np.int32)
    assert nodes.shape == (ENERGY_BINS + 1,)
    assert (bits == np.arange(ENERGY_BINS + 1) << 16).all()
    assert nodes[-1] == 256


@pytest.mark.parametrize("names", MIXTURES)
def test_nodes_rise_and_move_by_less_than_a_bin(names):
    nodes, regular = build_energy_grid([Material(n) for n in names]), regular_nodes()
    assert (np.diff(nodes) > 0).all()
    assert (nodes[1:-1] > regular[:-2]).all()
    assert (nodes[1:-1] < regular[2:]).all()
    assert nodes[0] == 1
    assert nodes[-1] == 256


@pytest.mark.parametrize(
    ("z", "tabulated"), [(18, 3.206), (20, 4.038), (53, 33.169), (56, 37.441), (82, 88.005)]
)
def test_edges_are_where_the_cross_section_jumps(z, tabulated):
    edge = edge_kev(z, "K")
    assert edge == pytest.approx(tabulated, rel=1e-3)
    below, above = element_coefficients(z, [edge * (1 - 1e-9), edge]).photoelectric
    assert above > 4 * below


def test_the_iodine_edge_of_the_tables():
    assert edge_kev(53, "K") == pytest.approx(33.16996, abs=1e-4)  # not 33.1694, xraylib's EdgeEnergy


@pytest.mark.parametrize("names", MIXTURES)
def test_bins_end_below_and_begin_above_each_k_edge(names):
    materials = [Material(n) for n in names]
    nodes = build_energy_grid(materials)
    lower, upper = bin_ends(nodes)
    for z in {53, 56, 64, 79, 82, 74, 50, 83, 20, 15} & _numbers(materials):
        edge = edge_kev(z, "K")
        i = int(np.argmin(np.abs(nodes - edge)))
        assert nodes[i] == pytest.approx(edge, rel=3e-7)
        assert upper[i - 1] < edge <= lower[i]


def _numbers(materials):
    from ctdose.physics.elements import atomic_number

    return {atomic_number(e) for m in materials for e, _ in m.composition}


def test_shells_that_are_not_there():
    assert edge_kev(8, "K") is None  # 0.5 keV
    assert edge_kev(1, "M3") is None
