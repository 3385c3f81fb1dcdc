"""Variants of an exam from one set of histories."""

from dataclasses import replace

import numpy as np
import pytest

import ctdose
from ctdose.kernels.tables import BEAM_CT
from ctdose.simulation.beam_tables import FAN_BINS, HEEL_BINS, BeamRow, fan_angles, opening, pack_beams
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.scoring import Composite
from ctdose.simulation.sums import Sums
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.variants import mix_beams, mix_views, pack_weights, sums_of_variants
from ctdose.simulation.views import PieceRow, build_views

BATCHES = 4
EDGES = fan_angles(0.4)
FAN = (float(EDGES[0]), float(EDGES[1] - EDGES[0]))
ANGLE = (EDGES[1:] + EDGES[:-1]) / 2.0


def beam(energies: list[float], shape: float, slope: float) -> BeamRow:
    """A beam with lines that harden towards the edge of the fan, a bowtie and a heel effect."""
    lines = np.asarray(energies)
    weight = np.exp(-np.outer(np.abs(ANGLE) * shape, 40.0 / lines))
    heel = 1.0 + slope * np.linspace(-1.0, 1.0, HEEL_BINS)
    tan_cone = (-0.03, 0.03)
    fan_weight = weight.sum(axis=1) * opening(EDGES, tan_cone)
    return BeamRow(
        BEAM_CT,
        FAN,
        fan_weight,
        tan_cone,
        lines,
        weight,
        isocentre=(10.0, 10.0),
        radius=50.0,
        heel_weight=heel,
    )


BEAMS = [beam([40.0, 60.0], 2.0, 0.1), beam([60.0, 80.0, 100.0], 6.0, -0.2), beam([50.0], 0.0, 0.0)]
PHOTONS = np.array([[1.0, 1.0, 2.0], [3.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
PLACE = (np.indices((20, 40, 40)) + 0.5) * 5.0
PHANTOM = ctdose.VoxelPhantom(
    ((PLACE[1] - 100.0) ** 2 + (PLACE[2] - 100.0) ** 2 < 80.0**2).astype(np.uint8),
    [ctdose.Material("air"), ctdose.Material("water")],
    (5.0, 5.0, 5.0),
    (2.5, 2.5, 2.5),
)
WITH = [Composite("all", {0: 0.25, 1: 1.0})]


def pieces(photons: np.ndarray) -> list[PieceRow]:
    """Three stretches of a scan, the last in an acquisition of its own."""
    turn = 2.0 * np.pi
    return [
        PieceRow(photons[0], (0.0, 5.0), (0.0, np.pi), True, 0, 0),
        PieceRow(photons[1], (0.0, 5.0), (np.pi, np.pi), True, 0, 0),
        PieceRow(photons[2], (5.0, 10.0), (0.0, turn), True, 0, 1),
    ]


def tables_of(row: BeamRow, photons: np.ndarray, weights=None, seed: int = 1):
    """Tables of a run."""
    return build_transport_tables(
        PHANTOM,
        pack_beams([row]),
        build_views(pieces(photons)),
        key=(seed, 7),
        physics=Physics("collision-kerma", 1.0, False),
        composites=WITH,
        weights=weights,
    )


def mixture(beams=BEAMS, photons=PHOTONS, **options) -> tuple:
    """Tables of the mixture."""
    mixed = mix_beams(beams)
    share, view = mix_views(photons)
    return tables_of(mixed.row, share, pack_weights(view, [mixed]), **options)


@pytest.fixture(scope="module")
def together() -> Sums:
    """All variants in one run."""
    return BatchRunner(mixture(), 2).run(range(BATCHES), 1)


@pytest.mark.parametrize("variant", range(3))
def test_a_variant_is_what_a_run_of_its_own_gives(together, variant) -> None:
    """Every row of both acquisitions, by z-test; the weights are exact, so no bias is left."""
    alone = BatchRunner(tables_of(BEAMS[variant], PHOTONS[variant], seed=2), 2).run(range(BATCHES), 1)
    shared = sums_of_variants(together, 3)[variant]
    for acquisition in (0, 1, None):
        (mean, error), (expected, sigma) = (s.row_estimates(acquisition) for s in (shared, alone))
        assert np.all(np.abs(mean - expected) < 4.0 * np.hypot(error, sigma))
        assert np.all(error[expected > 0.0] < 0.02 * expected[expected > 0.0])


def test_alike_variants_have_the_bits_of_a_plain_run() -> None:
    """Weights of 1 change nothing, and the mixture itself is scored too."""
    same = mixture([BEAMS[0]] * 2, PHOTONS[[0, 0]])
    one = BatchRunner(same, 2).run(range(1), 1)
    plain = BatchRunner(tables_of(mix_beams([BEAMS[0]]).row, PHOTONS[0]), 2).run(range(1), 1)
    assert np.array_equal(one.rows[:, :2], plain.rows)
    for shared in sums_of_variants(one, 2):
        assert np.array_equal(shared.rows, plain.rows)


def test_both_kernels_weigh_alike(together) -> None:
    """To the bit."""
    reference = BatchRunner(mixture(), 2, reference=True).run(range(1), 1)
    assert np.array_equal(reference.rows[0], together.rows[0])


def test_ratios_are_far_better_known_than_doses(together) -> None:
    """What the variants have in common drops out: with batches' covariance a ratio is known better than by two runs."""
    from ctdose.simulation.sums import ratio_and_error

    runs = BatchRunner(mixture([BEAMS[0], beam([42.0, 60.0], 2.0, 0.1)], PHOTONS[[0, 0]]), 2).run(
        range(16), 1
    )
    first, second = (s.batch_means()[:, 1] for s in sums_of_variants(runs, 2))
    ratio, error = ratio_and_error(second, first)
    apart = np.hypot(*(s.std(ddof=1) / s.mean() / 4.0 for s in (first, second)))
    assert 0.9 < ratio < 1.1
    assert error / ratio < apart


def test_weights_are_bounded_and_have_the_mean_1() -> None:
    """Whatever the variants."""
    mixed = mix_beams(BEAMS)
    share, view = mix_views(PHOTONS)
    assert mixed.ray.max() <= 3.0 + 1e-12
    joint = mixed.row.energy_weight / mixed.row.energy_weight.sum()
    for v in range(3):
        assert (mixed.ray[v] * joint).sum() == pytest.approx(1.0)
        assert (mixed.heel[v] * mixed.row.heel_weight).sum() == pytest.approx(1.0)
        assert (view[v] * share).sum() == pytest.approx(1.0)


def test_weights_have_one_order_in_memory() -> None:
    """Or numba compiles the kernel once more, for half a minute."""
    _, view = mix_views(np.asfortranarray(PHOTONS))
    assert all(array.flags.c_contiguous for array in pack_weights(view, [mix_beams(BEAMS)]))


def test_another_geometry_cannot_share_histories() -> None:
    """A wider collimation is a run of its own."""
    with pytest.raises(ValueError, match="tan_cone"):
        mix_beams([BEAMS[0], replace(BEAMS[0], tan_cone=(-0.05, 0.05))])


def test_the_fan_of_the_test_is_that_of_the_kernel() -> None:
    """Guards the constants above."""
    assert BEAMS[0].fan_weight.size == FAN_BINS
