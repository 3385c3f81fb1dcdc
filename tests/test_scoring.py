"""Responses and composites: their tables, and what they score in a run."""

import numpy as np
import pytest

from ctdose.kernels.tables import ENERGY_BINS
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.energy_absorption import mass_energy_absorption
from ctdose.physics.energy_grid import regular_nodes
from ctdose.physics.materials import Material
from ctdose.simulation.open_beams import PointSource
from ctdose.simulation.scoring import Composite, FoldedResponse, build_composites, build_responses

WATER, BONE, AIR = Material("water"), Material("cortical-bone"), Material("air")
OPTIONS = {"cutoff_kev": 1.0, "doppler": False}
CURVES = [np.full((ENERGY_BINS, 2), value, np.float32) for value in (1.0, 2.0)]


def test_a_curve_is_stored_once():
    folded = [
        FoldedResponse("a", 0, CURVES[0]),
        FoldedResponse("b", 2, CURVES[1]),
        FoldedResponse("c", 2, CURVES[0].copy()),
        FoldedResponse("d", 0, WATER),
        FoldedResponse("e", 1, WATER),
    ]
    table = build_responses(folded, 3, regular_nodes(), **OPTIONS)
    assert table.curve.shape == (ENERGY_BINS, 3, 2)
    assert table.of_region.tolist() == [[[0, 3], [2, 6]], [[2, 7], [-1, 0]], [[1, 4], [0, 5]]]


def test_no_responses():
    table = build_responses([], 2, regular_nodes(), **OPTIONS)
    assert (table.of_region[..., 0] == -1).all()


def test_a_region_has_two_at_most():
    folded = [FoldedResponse(name, 0, CURVES[0]) for name in "abc"]
    with pytest.raises(ValueError, match=r"region=0 \(has two response functions already\)\. "):
        build_responses(folded, 1, regular_nodes(), **OPTIONS)


@pytest.mark.parametrize("region", [-1, 3])
def test_a_region_that_does_not_exist(region):
    with pytest.raises(
        ValueError, match=rf"region={region} \(not in the phantom\)\. Its regions are 0 to 2\."
    ):
        build_responses([FoldedResponse("a", region, CURVES[0])], 3, regular_nodes(), **OPTIONS)


def test_composites_are_scaled_to_at_most_one():
    composites = [Composite("e", {0: 4.0, 2: -8.0, 1: 0.0}), Composite("sum", {0: 1.0, 1: 1.0})]
    table = build_composites(composites, 3)
    assert table.first.tolist() == [0, 2, 3, 4]
    assert table.composite.tolist() == [0, 1, 1, 0]
    assert table.coefficient.tolist() == [0.5, 1.0, 1.0, -1.0]
    assert composites[0].scale == 8.0


def test_composites_of_nothing():
    assert Composite("none", {}).scale == 1.0
    assert Composite("zero", {0: 0.0}).scale == 1.0
    assert build_composites([Composite("none", {})], 2).first.tolist() == [0, 0, 0]


@pytest.mark.parametrize("row", [-1, 2])
def test_a_row_that_does_not_exist(row):
    with pytest.raises(ValueError, match=rf"row={row} of e \(there is none\)\. Rows are 0 to 1\."):
        build_composites([Composite("e", {row: 1.0})], 2)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_coefficient_that_is_not_finite(value):
    with pytest.raises(ValueError, match=r"e: .* for row 1 \(not finite\)\. "):
        build_composites([Composite("e", {1: value})], 2)


@pytest.fixture(scope="module")
def phantom():
    """Layers along z: water, half as dense water, bone."""
    index = np.array([0, 0, 1], np.uint8).reshape(3, 1, 1)
    density = np.array([1.0, 0.5, BONE.density_g_cm3]).reshape(3, 1, 1)
    region = np.arange(3).reshape(3, 1, 1)
    return VoxelPhantom(index, [WATER, BONE], (60.0, 60.0, 20.0), (0, 0, -20.0), region, density)


@pytest.fixture(scope="module")
def scored(phantom, build_tables_of, transport):
    """Sums of e and e^2 in keV over 30000 histories: regions, responses, composites."""
    responses = [
        FoldedResponse("water in water", 0, WATER),
        FoldedResponse("water in thin water", 1, WATER),
        FoldedResponse("air in water", 0, AIR),
        FoldedResponse("bone in bone", 2, BONE),
    ]
    composites = [Composite("all", {0: 1.0, 1: 1.0, 2: 1.0}), Composite("difference", {0: 2.0, 2: -1.0})]
    beam = PointSource((0, 0, -300), (0, 0, 0), (0.05, 0.05), 50.0)

    def run(estimator):
        tables = build_tables_of(
            phantom, beam, estimator=estimator, responses=responses, composites=composites
        )
        return transport(tables, 0, 30_000).rows[0] * (2.0**-20, 2.0**-24)

    return {estimator: run(estimator) for estimator in ("collision-kerma", "analogue")}


def test_fluence_folded_with_the_medium_is_its_collision_kerma(scored):
    rows = scored["collision-kerma"][:, 0]
    assert rows[3] == pytest.approx(rows[0], rel=1e-4)
    assert rows[4] == pytest.approx(2.0 * rows[1], rel=1e-4)  # fluence knows no density
    assert rows[6] == pytest.approx(rows[2], rel=1e-4)


def test_a_response_stays_a_fluence_tally_with_the_analogue_estimator(scored):
    kerma, analogue = scored["collision-kerma"], scored["analogue"]
    assert (kerma[3:7] == analogue[3:7]).all()
    assert (kerma[:3] != analogue[:3]).all()


def test_air_kerma_in_water(scored):
    """The ratio of mu_en/rho lies between those at the source's 50 keV and where scattering stops, 30 keV."""
    rows = scored["collision-kerma"][:, 0]
    ratio = rows[5] / AIR.density_g_cm3 / rows[3] * WATER.density_g_cm3
    high, low = mass_energy_absorption(AIR, [30.0, 50.0]) / mass_energy_absorption(WATER, [30.0, 50.0])
    assert low < ratio < high


@pytest.mark.parametrize("estimator", ["collision-kerma", "analogue"])
def test_composites_add_up_within_a_history(scored, estimator):
    rows = scored[estimator]
    assert rows[7, 0] == pytest.approx(rows[:3, 0].sum(), rel=1e-6)
    assert rows[8, 0] == pytest.approx(rows[0, 0] - 0.5 * rows[2, 0], rel=1e-6)
    assert (
        rows[7, 1] > 1.0001 * rows[:3, 1].sum()
    )  # a history deposits in several layers: they are correlated
