"""K fluorescence: yields applied once, lines, table layout."""

import numpy as np
import pytest

from ctdose.physics.elements import atomic_number
from ctdose.physics.energy_grid import edge_kev
from ctdose.physics.fluorescence import emitted_kev, fluorescent_elements, k_lines, k_photon_probability
from ctdose.physics.materials import Material
from ctdose.physics.tables import build_tables

MATERIALS = [Material(n) for n in ("water", "iodine", "cortical-bone", "thyroid")]


def test_mean_emitted_energy_of_iodine_just_above_its_edge():
    import xraylib

    names = ("KL2", "KL3", "KM2", "KM3", "KN2", "KN3")
    codes = [getattr(xraylib, f"{n}_LINE") for n in names]
    rates = np.array([xraylib.RadRate(53, c) for c in codes])
    energies = np.array([xraylib.LineEnergy(53, c) for c in codes])
    mean_line = (rates * energies).sum() / rates.sum()
    expected = (1 - 1 / xraylib.JumpFactor(53, 0)) * xraylib.FluorYield(53, 0) * mean_line  # the yield once
    just_above = np.array([edge_kev(53, "K") * (1 + 1e-9)])
    assert emitted_kev(Material("iodine"), just_above, 1.0) == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(0.834 * 0.882 * 29.2, rel=0.01)


def test_nothing_below_the_edge():
    below = np.array([edge_kev(53, "K") * (1 - 1e-9)])
    assert k_photon_probability(Material("iodine"), 53, below, 1.0)[0] == 0


@pytest.mark.parametrize("z", [20, 53, 56, 74, 82])
def test_lines_lie_below_the_edge_and_sum_to_one(z):
    lines = k_lines(z)
    assert lines.strength.sum() == pytest.approx(1, abs=1e-12)
    assert (lines.energy_kev < edge_kev(z, "K")).all()
    assert 0 < lines.vacancy_probability < 1
    assert 0 < lines.fluorescence_yield < 1


def test_water_has_no_entries():
    fluorescence = build_tables(MATERIALS).fluorescence
    assert fluorescence.first[1] == fluorescence.first[0] == 0
    assert fluorescence.first[-1] == len(fluorescence.element) == len(fluorescence.probability)


def test_entries_are_cumulative_and_end_below_one():
    fluorescence = build_tables(MATERIALS).fluorescence
    for m in range(len(MATERIALS)):
        own = fluorescence.probability[fluorescence.first[m] : fluorescence.first[m + 1], :, 0]
        assert (np.diff(own, axis=0) >= 0).all()
        assert (own < 1).all()
    assert (fluorescence.line_cumulative[:, -1] == 1).all()
    assert (np.diff(fluorescence.line_cumulative, axis=1) >= 0).all()
    assert (fluorescence.line_kev >= 1).all()


def test_table_emits_what_the_formula_says():
    tables = build_tables(MATERIALS)
    nodes = tables.attenuation.node_kev
    fluorescence = tables.fluorescence
    steps = np.diff(fluorescence.line_cumulative, axis=1, prepend=0)
    mean_line = (steps * fluorescence.line_kev).sum(axis=1)
    for m, material in enumerate(MATERIALS):
        emitted, before = np.zeros(nodes.size - 1), np.zeros(nodes.size - 1)
        for entry in range(fluorescence.first[m], fluorescence.first[m + 1]):
            probability = fluorescence.probability[entry, :, 0].astype(float)
            emitted += (probability - before) * mean_line[fluorescence.element[entry]]
            before = probability
        expected = emitted_kev(material, nodes[:-1].astype(float), 1.0)
        assert emitted == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_probability_jumps_at_the_edge_from_zero():
    tables = build_tables([Material("iodine")])
    i = int(np.argmin(np.abs(tables.attenuation.node_kev - edge_kev(53, "K"))))
    value, slope = tables.fluorescence.probability[0, i - 1]
    assert value == 0
    assert slope == 0
    assert tables.fluorescence.probability[0, i, 0] > 0.7


def test_cutoff_drops_soft_lines():
    bone = Material("cortical-bone")
    assert atomic_number("Ca") in fluorescent_elements(bone, 1.0)
    assert atomic_number("Na") in fluorescent_elements(bone, 1.0)
    assert fluorescent_elements(bone, 3.0) == [20]
    assert fluorescent_elements(bone, 10.0) == []


def test_cutoff_between_the_lines_of_one_element():
    # calcium: K-alpha 3.69, K-beta 4.01 keV
    lines = k_lines(20).above(3.9)
    assert lines.energy_kev == pytest.approx([4.0127])
    tables = build_tables([Material("calcium")], cutoff_kev=3.9)
    assert tables.fluorescence.line_cumulative.tolist() == [[1.0]]
    full = build_tables([Material("calcium")]).fluorescence.probability[0, 512, 0]
    assert tables.fluorescence.probability[0, 512, 0] == pytest.approx(full * lines.strength[0], rel=1e-6)
