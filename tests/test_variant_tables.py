"""Variants of an exam on common energies: nothing of a spectrum is lost, and histories are shared across voltages."""

from dataclasses import replace

import numpy as np
import pytest

from ctdose.exam.library import load_exam
from ctdose.exam.plan import plan_acquisition
from ctdose.phantoms.library import load_bodies
from ctdose.scanner.library import load_scanner
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.simulation.exam_tables import PlannedBeam
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.sums import ratio_and_error
from ctdose.simulation.transport_tables import Physics
from ctdose.simulation.variant_tables import build_variant_tables
from ctdose.simulation.variants import mix_beams, on_common_lines, sums_of_variants

SCANNER = load_scanner("generic-64")
REPEATS, BATCHES_OF_ONE = 50, 3


def beam(kv: float, filter: str | None = None):
    return build_ct_beam(SCANNER, kv, "body", 20, filter=filter)


def test_number_and_mean_energy_of_each_fan_bin_stay() -> None:
    """And all spectra have the same energies."""
    rows = [beam(kv, filter).row for kv, filter in ((80, None), (120, None), (140, "tin-0.6"))]
    common = on_common_lines(rows)
    for before, after in zip(rows, common, strict=True):
        assert np.array_equal(after.energy_kev, common[0].energy_kev)
        assert after.energy_weight.sum(axis=1) == pytest.approx(before.energy_weight.sum(axis=1), rel=1e-12)
        mean = after.energy_weight @ after.energy_kev
        assert mean == pytest.approx(before.energy_weight @ before.energy_kev, rel=1e-12)
        assert after.energy_weight.min() >= 0.0


def test_photons_of_one_voltage_count_in_another() -> None:
    """On the union of the spectra's own energies each would count in one variant alone."""
    rows = [beam(kv).row for kv in (100, 120)]
    apart, shared = mix_beams(rows), mix_beams(on_common_lines(rows))

    def overlap(mixed) -> float:
        joint = mixed.row.energy_weight / mixed.row.energy_weight.sum()
        return float((joint * np.minimum(mixed.ray[0], mixed.ray[1])).sum())

    assert overlap(apart) < 0.01
    assert overlap(shared) > 0.7


def test_one_energy_stays_one_energy() -> None:
    """If it lies on a node."""
    row = beam(80).row
    single = replace(row, energy_kev=np.array([60.0]), energy_weight=np.ones((row.fan_weight.size, 1)))
    (got,) = on_common_lines([single])
    assert got.energy_weight.sum() == pytest.approx(row.fan_weight.size)
    assert (got.energy_weight @ got.energy_kev) == pytest.approx(np.full(row.fan_weight.size, 60.0))


@pytest.fixture(scope="module")
def newborn():
    """A newborn on 5 mm voxels, and the plan of a chest scan."""
    (body, _), exam = load_bodies("newborn", 5.0), load_exam("chest-newborn")
    return body, plan_acquisition(exam.acquisitions[0], SCANNER, body, (0.0, 0.0))


def tables_of(newborn, settings, seed: int = 1):
    body, plan = newborn
    planned = [[PlannedBeam(plan, beam(*each), 1.0)] for each in settings]
    return build_variant_tables(body, planned, key=(seed, 7), physics=Physics("collision-kerma", 1.0, False))


@pytest.fixture(scope="module")
def shared(newborn):
    """120 kV, 100 kV and 100 kV behind tin from one set of histories."""
    settings = [(120, None), (100, None), (100, "tin-0.4")]
    sums = BatchRunner(tables_of(newborn, settings)).run(range(REPEATS * BATCHES_OF_ONE), 2)
    return sums_of_variants(sums, len(settings))


def test_a_variant_is_what_a_run_of_its_own_gives(newborn, shared) -> None:
    """Every region with dose, by z-test."""
    alone = BatchRunner(tables_of(newborn, [(100, "tin-0.4")], seed=2)).run(range(40), 2)
    (alone,) = sums_of_variants(alone, 1)
    (mean, error), (expected, sigma) = (s.row_estimates() for s in (shared[2], alone))
    known = sigma < 0.1 * expected
    assert known.sum() > 20
    z = (mean - expected)[known] / np.hypot(error, sigma)[known]
    assert np.abs(z).max() < 4.5
    assert (z**2).mean() < 1.6


def test_the_spread_of_ratios_over_fifty_repeats_is_the_stated_error(shared) -> None:
    """By chi-square, of the whole energy and of a large region: 50 repeats of three batches each."""
    from scipy.special import chdtrc

    rows = np.argsort(-shared[0].row_estimates()[0])[:3]
    for row in rows:
        means = [s.batch_means()[:, row].reshape(REPEATS, BATCHES_OF_ONE) for s in shared]
        for other in (1, 2):
            _, whole = ratio_and_error(means[other].ravel(), means[0].ravel())
            repeats = np.array(
                [ratio_and_error(n, d)[0] for n, d in zip(means[other], means[0], strict=True)]
            )
            stated = whole * np.sqrt(REPEATS)  # of one repeat, by all the batches
            chi2 = ((repeats - repeats.mean()) ** 2).sum() / stated**2
            level = chdtrc(REPEATS - 1, chi2)
            assert 1e-3 < level < 1.0 - 1e-3
            errors = [ratio_and_error(n, d)[1] for n, d in zip(means[other], means[0], strict=True)]
            assert np.mean(np.square(errors)) == pytest.approx(stated**2, rel=0.5)  # few batches, no bias


def test_a_ratio_is_better_known_than_by_a_run_of_each(shared) -> None:
    """The two voltages without a filter: about half the error that two runs as long as this one would leave."""
    row = int(np.argsort(-shared[0].row_estimates()[0])[1])
    first, second = (s.batch_means()[:, row] for s in shared[:2])
    ratio, error = ratio_and_error(second, first)
    apart = np.hypot(*(s.std(ddof=1) / s.mean() / np.sqrt(s.size) for s in (first, second)))
    assert error / ratio < 0.6 * apart
