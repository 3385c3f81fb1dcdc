"""Ratio of sums over bodies, and its standard error."""

import numpy as np
import pytest

from ctdose.simulation.sums import ratio_and_error
from ctdose.study.ratio import ratio_of_bodies, relative_error

RANDOM = np.random.default_rng(5)


def doses(n: int, bodies: int = 2, batches: int = 12):
    """Repeats of correlated doses of a variant (mean 2 and 4) and the base (1 and 3) on two bodies."""
    common = RANDOM.standard_normal((n, bodies, batches)) * 0.2
    own, base = (RANDOM.standard_normal(common.shape) * 0.05 for _ in range(2))
    return (
        np.array([2.0, 4.0])[None, :, None] * (1 + common + own),
        np.array([1.0, 3.0])[None, :, None] * (1 + common + base),
    )


def test_one_body_is_the_ratio_of_one_run():
    up, down = (each[0, :1] for each in doses(1))
    assert ratio_of_bodies(up, down) == pytest.approx(ratio_and_error(up[0], down[0]))


def test_the_spread_of_ratios_is_the_stated_error_by_chi_square(statistics):
    """3000 repeats; residuals use one of the n - 1 degrees of freedom, which the formula counts."""
    up, down = doses(3000)
    found = np.array([ratio_of_bodies(u, d) for u, d in zip(up, down, strict=True)])
    spread, stated = found[:, 0].var(ddof=1), (found[:, 1] ** 2).mean()
    assert found[:, 0].mean() == pytest.approx(6.0 / 4.0, abs=4 * np.sqrt(spread / 3000))
    assert spread / stated == pytest.approx(1.0, abs=4 * np.sqrt(2.0 / 3000))


def test_the_ratio_of_a_dose_to_itself_is_known_exactly():
    up, _ = doses(1)
    assert ratio_of_bodies(up[0], up[0]) == (1.0, 0.0)


def test_without_dose_or_with_one_batch_there_is_no_error():
    assert np.isnan(ratio_of_bodies([np.ones(3)], [np.zeros(3)])).all()
    ratio, error = ratio_of_bodies([np.array([2.0])], [np.array([1.0])])
    assert ratio == 2.0
    assert np.isnan(error)


def test_the_relative_error_of_what_is_not_known_is_infinite():
    """A variant that does not reach what the base irradiates; and no dose at all."""
    assert relative_error(2.0, 0.1) == pytest.approx(0.05)
    for up, down in ((np.zeros(3), np.ones(3)), (np.ones(3), np.zeros(3)), (np.ones(1), np.ones(1))):
        assert relative_error(*ratio_of_bodies([up], [down])) == np.inf
