"""Two runs of one seed: the error of a difference comes from the batches that both hold."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.results.body_result import Batches
from ctdose.results.diff import diff_results, sidak_threshold
from ctdose.results.diff_scores import compare_doses
from ctdose.results.result_file import load_result
from ctdose.results.shared_histories import FEWEST_BATCHES, Share, SharedHistories
from ctdose.simulation.sums import KEV_PER_QUANTUM

KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"
LIVER = Share("adult-male", "region:1")


def batches_of(doses, names=("region:1",), first=0):
    """Batches that give these doses in mGy, [batches] or [batches, rows]."""
    doses = np.asarray(doses, np.float64).reshape(len(doses), -1)
    scale = np.full(doses.shape[1], 0.01)
    energy = np.rint(doses / scale * (BATCH_HISTORIES / KEV_PER_QUANTUM)).astype(np.int64)
    rows = np.stack([energy, energy], axis=-1)[:, None]  # squares are not looked at
    return Batches(np.arange(first, first + len(doses)), rows, tuple(names), scale)


def run(doses, seed=1, first=0):
    """As much of a result as is looked at."""
    return SimpleNamespace(
        seed=seed, bodies={"adult-male": SimpleNamespace(batches=batches_of(doses, first=first))}
    )


def test_a_constant_factor_has_the_error_of_the_factor_only():
    doses = np.random.default_rng(1).normal(5.0, 0.5, 40)
    shared = SharedHistories(run(doses), run(1.01 * doses))
    assert (shared.batches, shared.known) == (40, True)
    expected = 0.01 * doses.std(ddof=1) / np.sqrt(40)
    assert shared.error_of_difference([LIVER]) == pytest.approx(expected, rel=1e-6)
    assert shared.error_of_difference([dataclasses.replace(LIVER, weight=0.5)]) == pytest.approx(expected / 2)


def test_a_longer_run_adds_the_error_of_what_it_adds():
    """mean of 100 - mean of the first 50 of them: half the difference of two independent halves."""
    doses = np.random.default_rng(2).normal(5.0, 0.5, 100)
    error = SharedHistories(run(doses[:50]), run(doses)).error_of_difference([LIVER])
    first = doses[:50].var(ddof=1) * 50 * (1 / 50 - 1 / 100) ** 2
    assert error == pytest.approx(np.sqrt(first + doses.var(ddof=1) * 50 / 100**2), rel=1e-6)


def test_other_seeds_and_other_batches_share_nothing():
    doses = np.ones(40)
    for other in (run(doses, seed=2), run(doses, first=40)):
        shared = SharedHistories(run(doses), other)
        assert (shared.batches, shared.known, shared.sentence) == (0, False, "")


def test_few_batches_say_that_they_are_few():
    doses = np.ones(FEWEST_BATCHES - 1)
    shared = SharedHistories(run(doses), run(doses))
    assert not shared.known
    assert (
        f"the {FEWEST_BATCHES - 1} batches that they share are fewer than the {FEWEST_BATCHES}"
        in shared.sentence
    )


def test_a_tally_that_was_not_kept_has_no_error():
    shared = SharedHistories(run(np.ones(40)), run(np.ones(40)))
    assert np.isnan(shared.error_of_difference([Share("adult-male", "region:2")]))
    assert np.isnan(shared.error_of_difference([LIVER, Share("adult-female", "region:1")]))


@pytest.fixture(scope="module")
def kept():
    return load_result(KEPT_FILE)


def correlated(kept, random, correlation, batches, factor=1.0):
    """The kept result twice, as two runs of one seed; the doses of the second by `factor` higher."""
    ours, theirs = {}, {}
    for name, body in kept.bodies.items():
        names = body.batches.row_names
        common, one, other = random.standard_normal((3, batches, len(names)))
        for target, own, scale in ((ours, one, 1.0), (theirs, other, factor)):
            spread = np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * own
            doses = scale * (10.0 + spread)
            made = batches_of(doses, names)
            target[name] = dataclasses.replace(body, batches=made, dose=_doses(body.dose, doses, names))
    return (
        dataclasses.replace(kept, bodies=bodies, effective_dose=_effective(kept, bodies))
        for bodies in (ours, theirs)
    )


def _doses(dose, doses, names):
    mean = dict(zip(names, doses.mean(axis=0).tolist(), strict=True))
    error = dict(zip(names, doses.std(axis=0, ddof=1) / np.sqrt(len(doses)), strict=True))
    organs = {}
    for name, organ in dose.organs.items():
        row = f"region:{organ.organ_id}" if organ.organ_id >= 0 else f"group:{name}"
        row = row if row in mean else f"tissue:{name}"
        organs[name] = dataclasses.replace(organ, absorbed_dose_mgy=mean[row], standard_error_mgy=error[row])
    weighted = {name: (mean[f"weighted:{name}"], error[f"weighted:{name}"]) for name in dose.weighted_msv}
    return dataclasses.replace(dose, organs=organs, weighted_msv=weighted)


def _effective(kept, bodies):
    values = {
        name: sum(body.dose.weighted_msv[name][0] for body in bodies.values()) / 2
        for name in ("icrp103", "icrp60")
    }
    return dataclasses.replace(
        kept.effective_dose, **{f"{name}_msv": value for name, value in values.items()}
    )


def test_chance_alone_is_called_different_as_often_as_stated(kept):
    """Of 120 pairs of runs that share 95 % of their variance 5 % differ; more than 12 do once in 200 tries."""
    random = np.random.default_rng(3)
    runs = [tuple(correlated(kept, random, 0.95, 20)) for _ in range(120)]
    found = [compare_doses(a, b, SharedHistories(a, b))[0] for a, b in runs]
    z = np.array([[score.z for score in scores] for scores in found])
    assert (np.abs(z).max(axis=1) > sidak_threshold(z.shape[1], degrees_of_freedom=19)).sum() <= 12
    assert z.std() == pytest.approx(np.sqrt(19 / 17), abs=0.05)
    effective = np.array([s.z for scores in found for s in scores if s.name.startswith("effective")])
    assert effective.std() == pytest.approx(1.0, abs=0.2)


def test_what_independent_errors_would_hide_is_found(kept):
    """A factor of 1.01 is a third of a difference's standard error, and certain where histories are shared."""
    a, b = correlated(kept, np.random.default_rng(4), 1.0, 40, factor=1.01)
    found = diff_results(a, b)
    assert found.agree is False
    assert found.max_abs_z > 20.0
    assert all(score.standard_error < 0.02 * score.a_standard_error for score in found.scores)
    independent = diff_results(a, dataclasses.replace(b, seed=2))
    assert independent.agree
    assert independent.shared == ""


def test_the_last_bits_of_another_processor_are_no_difference(kept):
    a, b = correlated(kept, np.random.default_rng(5), 1.0, 40, factor=1.0 + 1e-7)
    assert diff_results(a, b).agree is True
