"""Doses by view: they add up to the dose, with its standard error; shares and weightings against direct tallies."""

from dataclasses import replace

import numpy as np
import pytest

import view_exams as exams
from ctdose.dosimetry.view_ranges import dose_profile, over_ranging_bins
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.sums import ratio_and_error
from ctdose.simulation.view_bins import cut_views

HELIX, box, planned_of, run, tables_of = exams.HELIX, exams.box, exams.planned_of, exams.run, exams.tables_of

NAMES = ("low", "high", "rod")


@pytest.fixture(scope="module")
def done():
    phantom = box()
    planned = planned_of(phantom, HELIX)
    return phantom, planned, *run(phantom, planned, batches=16)


def test_views_add_up_to_the_dose_with_its_error(done):
    _, _, dose, views, _ = done
    total, error = views.weighted(np.ones(views.bins.mas.size))
    for name in NAMES:
        row = views.row_of(name)
        assert total[row] == pytest.approx(dose.organs[name].absorbed_dose_mgy, rel=1e-6)
        assert error[row] == pytest.approx(dose.organs[name].standard_error_mgy, rel=1e-5)
    assert views.row_of("spleen") is None


def test_over_ranging_is_what_lies_outside_the_planned_range(done):
    """The same histories tallied in two blocks, inside and outside: equal shares, errors of the batches' covariance."""
    phantom, planned, dose, views, _ = done
    plan = planned[0].plan
    assert plan.over_ranging_mm > 20.0
    outside = over_ranging_bins(views, ["helical"], [(plan.z_start_mm, plan.z_end_mm)])
    share, error = views.share(outside)
    cut = cut_views(planned)
    two = replace(cut, pieces=(tuple((p, int(outside[n])) for p, n in cut.pieces[0]),))
    sums = BatchRunner(tables_of(phantom, planned, two), 2).run(range(16), 2)
    for name in NAMES:
        region = dose.organs[name].organ_id
        part = sums.rows[:, 1, region, 0].astype(float)
        whole = sums.rows[:, :, region, 0].sum(axis=1).astype(float)
        expected, sigma = ratio_and_error(part, whole)
        row = views.row_of(name)
        assert share[row] == pytest.approx(expected, rel=1e-5)
        assert 0.1 < share[row] < 0.6
        # 16 batches know their own error to 18 %; that of the views leaves the strata out and is a little larger.
        assert 0.5 < sigma / error[row] < 1.6


@pytest.mark.parametrize("mode", ["axial", "stationary", "localizer"])
def test_other_modes_have_no_over_ranging(done, mode):
    _, _, _, views, _ = done
    outside = over_ranging_bins(views, [mode], [(-5.0, 5.0)])
    assert not outside.any()
    assert np.all(views.share(outside)[0][[views.row_of(name) for name in NAMES]] == 0.0)


def test_an_organ_without_dose_has_no_share(done):
    _, _, _, views, _ = done
    empty = replace(
        views,
        dose_mgy=views.dose_mgy * np.float32(0),
        standard_error_mgy=views.standard_error_mgy * np.float32(0),
    )
    share, error = empty.share(np.ones(views.bins.mas.size, bool))
    assert np.isnan(share).all()
    assert np.isnan(error).all()


def test_the_profile_is_highest_where_the_organ_is(done):
    _, _, dose, views, _ = done
    low, high = (dose_profile(views, views.row_of(name), 0) for name in ("low", "high"))
    for name, profile in (("low", low), ("high", high)):
        assert profile.dose_mgy.sum() == pytest.approx(dose.organs[name].absorbed_dose_mgy, rel=1e-6)
        assert np.all(np.diff(profile.z_start_mm) > 0.0)
    middle = (low.z_start_mm + low.z_end_mm) / 2.0
    assert np.average(middle, weights=low.dose_mgy) < -15.0
    assert np.average(middle, weights=high.dose_mgy) > 15.0
    assert high.mgy_per_mm[-3] > 5.0 * low.mgy_per_mm[-3]


def test_reweighted_views_are_the_modulated_scan(done, statistics):
    """Random currents in 36 angles and along z, against a direct run of each with another seed."""
    phantom, planned, _, views, _ = done
    random, rows = np.random.default_rng(5), [views.row_of(name) for name in NAMES]
    scores = []
    for seed in range(3):
        weight = random.uniform(0.1, 2.0, views.bins.mas.size)
        expected, sigma = views.weighted(weight)
        cut = cut_views(planned)
        changed = tuple((replace(p, mas=p.mas * weight[n]), 0) for p, n in cut.pieces[0])
        tables = tables_of(phantom, planned, replace(cut, pieces=(changed,)), seed=seed + 7)
        mean, error = BatchRunner(tables).run(range(16), 2).row_estimates()
        factor = float((views.bins.photon_share * weight).sum())
        base, base_error = views.weighted(np.ones(weight.size))
        scale = _mgy_per_kev(done) * factor
        found, spread = (a[[1, 2, 3]] * scale for a in (mean, error))
        scores += ((found - expected[rows]) / np.hypot(spread, sigma[rows])).tolist()
        assert np.all(np.abs(found - base[rows]) > 3.0 * np.hypot(spread, base_error[rows]))
    assert np.abs(scores).max() < statistics.z_limit(statistics.level(len(scores)))


def _mgy_per_kev(done):
    """mGy of each organ for 1 keV per history."""
    _, _, dose, _, sums = done
    mean, _ = sums.row_estimates()
    return np.array([dose.organs[name].absorbed_dose_mgy / mean[k] for k, name in enumerate(NAMES, start=1)])
