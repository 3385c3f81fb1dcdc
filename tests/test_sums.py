"""Sums of a run: exact addition, means and standard errors, ratios from the batches."""

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.simulation.sums import Sums, exact_sum, mean_and_error, ratio_and_error

KEV, KEV2 = 2**20, 2**24


def make_sums(batches, rows=3, acquisitions=2, voxels=True, seed=0):
    rng = np.random.default_rng(seed)
    n = len(batches)
    return Sums(
        batches=np.array(batches),
        rows=rng.integers(0, 2**40, (n, acquisitions, rows, 2)),
        voxels=rng.integers(0, 2**40, (2, 3, 4, 2)) if voxels else None,
        counters=rng.integers(0, 100, (n, 13)),
        transport_seconds=1.5,
    )


def test_exact_sum_reaches_beyond_64_bits():
    values = np.array([[2**62, -5], [2**62, -(2**61)], [2**62 + 3, 7]], np.int64)
    assert exact_sum(values).tolist() == [3 * 2**62 + 3, 2 - 2**61]


def test_exact_sum_of_many():
    values = np.random.default_rng(2).integers(-(2**62), 2**62, (500, 3))
    assert exact_sum(values).tolist() == [sum(int(v) for v in column) for column in values.T]


def test_mean_and_error_of_known_scores():
    scores = np.array([0.0, 0.0, 3.0, 1.0])
    mean, error = mean_and_error(scores.sum(), (scores**2).sum(), 4)
    assert mean == 1.0
    assert error == pytest.approx(scores.std(ddof=1) / 2.0)


def test_rounding_never_makes_a_negative_variance():
    mean, error = mean_and_error(np.array([4.0]), np.array([4.0 - 1e-9]), 4)
    assert mean == 1.0
    assert error == 0.0


def test_row_estimates_of_all_and_of_one_acquisition():
    sums = make_sums([0, 1, 5])
    n = 3 * BATCH_HISTORIES
    total = sums.rows.sum(axis=(0, 1))
    mean, error = sums.row_estimates()
    np.testing.assert_allclose(mean, total[:, 0] / KEV / n)
    variance = total[:, 1] / KEV2 / n - (total[:, 0] / KEV / n) ** 2
    np.testing.assert_allclose(error, np.sqrt(np.maximum(variance, 0) / (n - 1)))
    first, second = (sums.row_estimates(a)[0] for a in (0, 1))
    np.testing.assert_allclose(first + second, mean)
    assert sums.histories == n


def test_batch_means_average_to_the_mean():
    sums = make_sums([0, 1, 5])
    np.testing.assert_allclose(sums.batch_means().mean(axis=0), sums.row_estimates()[0])
    assert sums.batch_means().shape == (3, 3)


def test_voxel_estimates():
    sums = make_sums([3])
    mean, error = sums.voxel_estimates()
    np.testing.assert_allclose(mean, sums.voxel_sum / KEV / BATCH_HISTORIES)
    assert error.shape == mean.shape == (2, 3, 4)


def test_a_map_that_was_not_kept():
    with pytest.raises(ValueError, match=r"voxel map \(was not kept\)\. "):
        make_sums([0], voxels=False).voxel_estimates()


def test_parts_add_up_in_the_order_of_their_batches():
    one, other = make_sums([0, 4], seed=1), make_sums([2, 9], seed=2)
    both, swapped = one + other, other + one
    assert both.batches.tolist() == [0, 2, 4, 9]
    for name in ("batches", "rows", "voxel_sum", "voxel_square", "counters"):
        assert (getattr(both, name) == getattr(swapped, name)).all()
    assert (both.rows[1] == other.rows[0]).all()
    assert (both.voxel_sum == one.voxel_sum + other.voxel_sum).all()
    assert both.transport_seconds == 3.0


def test_addition_is_associative():
    parts = [make_sums([k], seed=k) for k in range(3)]
    left, right = (parts[0] + parts[1]) + parts[2], parts[0] + (parts[2] + parts[1])
    assert (left.rows == right.rows).all()
    assert (left.voxel_square == right.voxel_square).all()


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (make_sums([1, 4]), r"batches \(the two parts share some\)"),
        (make_sums([9], voxels=False), r"rows or map \(the two parts have different ones\)"),
        (make_sums([9], rows=4), r"rows or map \(the two parts have different ones\)"),
        (make_sums([9], acquisitions=1), r"rows or map \(the two parts have different ones\)"),
    ],
)
def test_parts_that_do_not_fit(other, text):
    with pytest.raises(ValueError, match=text):
        make_sums([0, 4]) + other


def test_a_sum_never_wraps():
    parts = [make_sums([k]) for k in range(2)]
    for part in parts:
        part.voxel_square[0, 0, 0] = 2**62 + 1
    with pytest.raises(CtdoseError, match=r"2\^63"):
        parts[0] + parts[1]


def test_ratio_and_error_of_known_batches():
    a, b = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])
    assert ratio_and_error(a, b) == (0.5, 0.0)
    ratio, error = ratio_and_error(np.array([1.0, 3.0]), np.array([2.0, 2.0]))
    assert ratio == 1.0
    assert error == pytest.approx(np.array([0.5, 1.5]).std(ddof=1) / np.sqrt(2))


def test_ratio_of_one_batch_has_no_error():
    ratio, error = ratio_and_error(np.array([1.0]), np.array([4.0]))
    assert ratio == 0.25
    assert np.isnan(error)


def test_ratio_error_counts_the_correlation(statistics):
    """Numerator and denominator rise together: independent errors would be far too large."""
    rng = np.random.default_rng(11)
    common = rng.normal(1.0, 0.1, (400, 50))
    a, b = common + rng.normal(0, 0.01, common.shape), common + rng.normal(0, 0.01, common.shape)
    pairs = np.array([ratio_and_error(x, y) for x, y in zip(a, b)])
    freedom = len(pairs) - 1
    spread = pairs[:, 0].var(ddof=1) / (pairs[:, 1] ** 2).mean()
    limit = statistics.z_limit(statistics.LEVEL) * np.sqrt(2 / freedom)
    assert abs(spread - 1) < limit
    independent = np.hypot(a.std(axis=1), b.std(axis=1)) / np.sqrt(50)
    assert (pairs[:, 1] < 0.3 * independent).all()


def test_absorbing_gives_the_same_sum_and_leaves_the_first_part_alone():
    one, other = make_sums([0, 2], seed=1), make_sums([1, 5], seed=2)
    wanted, before = one + other, one.voxels.copy()
    found = one.absorb(other)
    assert found.voxels is other.voxels
    assert np.array_equal(one.voxels, before)
    for name in ("batches", "rows", "voxels", "counters"):
        assert np.array_equal(getattr(found, name), getattr(wanted, name)), name


def test_absorbing_a_map_that_may_not_be_written():
    one, other = make_sums([0], seed=1), make_sums([1], seed=2)
    other.voxels.flags.writeable = False
    before = other.voxels.copy()
    assert np.array_equal(one.absorb(other).voxels, one.voxels + before)
    assert np.array_equal(other.voxels, before)
