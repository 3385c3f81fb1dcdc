import numpy as np
import pytest

from ctdose.kernels.sampling import sample_alias
from ctdose.simulation.alias import build_alias

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("seed", range(6))
def test_the_table_holds_the_probabilities_to_two_in_thirty_two(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 300))
    weight = rng.exponential(size=n) ** 3 * (rng.uniform(size=n) > 0.2)
    weight[rng.integers(n)] = 1.0
    table = build_alias(weight)
    share = table[:, 0] / 2.0**32
    probability = (share + np.bincount(table[:, 1], 1.0 - share, minlength=n)) / n
    np.testing.assert_allclose(probability, weight / weight.sum(), atol=2.0**-31)


def test_rows_are_independent():
    weight = np.random.default_rng(1).uniform(size=(3, 4, 17))
    both = build_alias(weight)
    assert both.shape == (3, 4, 17, 2)
    assert (both[1, 2] == build_alias(weight[1, 2])).all()


def test_every_word_is_drawn_evenly(statistics):
    weight = np.array([1.0, 2.0, 0.5, 4.0, 0.0])
    alias = build_alias(weight)
    words = (np.arange(4000, dtype=np.uint64) * np.uint64(2**32 // 4000)).astype(np.uint64)
    counts = np.bincount([sample_alias(alias, w) for w in words], minlength=5)
    np.testing.assert_allclose(counts / 4000, weight / weight.sum(), atol=2e-3)
