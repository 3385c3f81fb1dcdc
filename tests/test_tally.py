"""Tallies: quanta, squares of whole histories, composites, the list of voxels and its flush."""

from typing import NamedTuple

import numpy as np
import pytest

from ctdose.kernels.atomic import atomic_add
from ctdose.kernels.cpu import make_scratch, make_tallies
from ctdose.kernels.tables import Composites, Run, Weights
from ctdose.kernels.tally import (
    COUNT_FLUSHES,
    COUNT_OVERFLOW,
    LIMIT,
    LIST_KEEP,
    LIST_SIZE,
    compact,
    finish_history,
    quanta,
    score_row,
    score_voxel,
    square,
)
from ctdose.simulation.variants import no_weights

pytestmark = pytest.mark.kernels

F = np.float32
NONE = Composites(np.zeros(5, np.int32), np.zeros(1, np.int32), np.zeros(1))


def memory(rows=4, composites=0, voxels=1000):
    tallies = make_tallies(2, rows + composites, np.zeros(2 * voxels, np.int64))
    return make_scratch(rows, composites), tallies


class Origin(NamedTuple):
    """The part of Views that a tally reads."""

    acquisition: np.ndarray
    beam: np.ndarray


class Part(NamedTuple):
    """The part of Tables that a tally reads."""

    run: Run
    composites: Composites
    views: Origin
    weights: Weights


def finish(run, composites, scratch, tallies, piece, weights=None):
    """End a history of a piece, which is its acquisition."""
    views = Origin(np.arange(2, dtype=np.int32), np.zeros(2, np.int32))
    finish_history(
        Part(run, composites, views, weights or no_weights()), scratch, tallies, piece, np.uint32(0)
    )


def is_clean(scratch):
    return not (scratch.row_sum.any() or scratch.composite_sum.any() or scratch.used.any())


def test_quanta_are_rounded_half_up():
    steps = np.array(
        [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.49, 1e6 + 0.5, np.nextafter(np.float32(0.5), np.float32(0))]
    )
    found = [quanta(F(s * 2.0**-20)) for s in steps]
    assert found == [0, 0, 1, 1, 1, 2, 2, 1_000_001, 0]


def test_quanta_of_photon_energies():
    for energy in np.random.default_rng(1).uniform(1e-4, 150.0, 2000).astype(np.float32):
        exact = float(energy) * 2.0**20
        assert quanta(energy) == np.floor(exact + 0.5)
    assert quanta(F(150.0)) == 150 * 2**20


def test_squares_are_rounded_half_up():
    assert square(np.int64(1)) == 0
    assert square(np.int64(182)) == round(182**2 / 2**16 + 1e-9)  # 0.505
    assert square(np.int64(150 * 2**20)) == 150**2 * 2**24
    assert square(np.int64(-(2**20))) == 2**24


def test_scores_of_one_history_are_added_before_they_are_squared(make_run):
    """Standard errors per collision would give 2 e^2 instead of (2 e)^2."""
    scratch, tallies = memory()
    e = np.int64(3 * 2**20)
    for _ in range(2):
        score_row(scratch, 1, e)
        score_voxel(scratch, tallies, 77, e)
    finish(make_run(rows=4, regions=4), NONE, scratch, tallies, 1)
    assert tallies.rows[1, 1].tolist() == [6 * 2**20, 36 * 2**24]
    assert tallies.voxel_sum[77] == 6 * 2**20
    assert tallies.voxel_square[77] == 36 * 2**24
    assert tallies.rows[0].sum() == 0
    assert is_clean(scratch)


def test_two_histories_are_squared_apart(make_run):
    scratch, tallies = memory()
    for e in (1, 2):
        score_row(scratch, 0, np.int64(e * 2**20))
        score_voxel(scratch, tallies, 5, np.int64(e * 2**20))
        finish(make_run(rows=4, regions=4), NONE, scratch, tallies, 0)
    assert tallies.rows[0, 0].tolist() == [3 * 2**20, 5 * 2**24]
    assert tallies.voxel_square[5] == 5 * 2**24


def test_nothing_scored_leaves_nothing(make_run):
    scratch, tallies = memory()
    score_row(scratch, 0, np.int64(0))
    score_voxel(scratch, tallies, 0, np.int64(0))
    assert is_clean(scratch)
    finish(make_run(rows=4, regions=4), NONE, scratch, tallies, 0)
    assert not any(array.any() for array in tallies)


def test_composites_are_merged_before_they_are_squared(make_run):
    # composite 0 = row 0 + row 2 / 2; composite 1 = row 0 - row 2
    table = Composites(
        np.array([0, 2, 2, 4, 4], np.int32), np.array([0, 1, 0, 1], np.int32), np.array([1.0, 1.0, 0.5, -1.0])
    )
    scratch, tallies = memory(4, 2)
    for row, kev in ((0, 3), (2, 4), (0, 1), (1, 9)):
        score_row(scratch, row, np.int64(kev * 2**20))
    finish(make_run(rows=4, regions=4, composites=2), table, scratch, tallies, 0)
    assert tallies.rows[0, :, 0].tolist() == [v * 2**20 for v in (4, 9, 4, 0, 6, 0)]
    assert tallies.rows[0, :, 1].tolist() == [v * v * 2**24 for v in (4, 9, 4, 0, 6, 0)]
    assert is_clean(scratch)


def test_a_negative_composite_keeps_its_sign(make_run):
    table = Composites(np.array([0, 1, 1, 1, 1], np.int32), np.array([0], np.int32), np.array([-0.5]))
    scratch, tallies = memory(4, 1)
    score_row(scratch, 0, np.int64(4 * 2**20))
    finish(make_run(rows=4, regions=4, composites=1), table, scratch, tallies, 0)
    assert tallies.rows[0, 4].tolist() == [-2 * 2**20, 4 * 2**24]


def test_a_full_list_of_few_voxels_is_compacted_not_flushed(make_run):
    scratch, tallies = memory()
    for k in range(10 * LIST_SIZE):
        score_voxel(scratch, tallies, k % LIST_KEEP, np.int64(2**20))
    assert tallies.counters[COUNT_FLUSHES] == 0
    assert not tallies.voxel_sum.any()
    finish(make_run(rows=4, regions=4), NONE, scratch, tallies, 0)
    each = np.bincount(np.arange(10 * LIST_SIZE) % LIST_KEEP)
    assert tallies.voxel_sum[:LIST_KEEP].tolist() == (each * 2**20).tolist()
    assert tallies.voxel_square[:LIST_KEEP].tolist() == (each**2 * 2**24).tolist()


def test_a_flush_keeps_the_mean_and_is_counted(make_run):
    scratch, tallies = memory()
    order = np.arange(300) % 200
    for voxel in order:
        score_voxel(scratch, tallies, voxel, np.int64(2**20))
    finish(make_run(rows=4, regions=4), NONE, scratch, tallies, 0)
    assert tallies.counters[COUNT_FLUSHES] == 2
    assert tallies.voxel_sum[:200].tolist() == (np.bincount(order) * 2**20).tolist()
    assert tallies.voxel_square.sum() <= (np.bincount(order) ** 2).sum() * 2**24
    assert is_clean(scratch)


def test_compact_merges_in_the_order_of_first_scores():
    scratch, tallies = memory()
    for voxel, e in ((5, 1), (3, 2), (5, 4), (9, 8), (3, 16)):
        score_voxel(scratch, tallies, voxel, np.int64(e))
    assert compact(scratch) == 3
    assert scratch.voxel[:3].tolist() == [5, 3, 9]
    assert scratch.value[:3].tolist() == [5, 18, 8]


def test_an_overflow_is_counted_before_it_wraps(make_run):
    scratch, tallies = memory()
    tallies.rows[0, 0, 1] = LIMIT
    score_row(scratch, 0, np.int64(2**20))
    finish(make_run(rows=4, regions=4), NONE, scratch, tallies, 0)
    assert tallies.counters[COUNT_OVERFLOW] == 1
    tallies.voxel_square[4] = LIMIT + 1
    score_voxel(scratch, tallies, 4, np.int64(2**20))
    finish(make_run(rows=4, regions=4), NONE, scratch, tallies, 0)
    assert tallies.counters[COUNT_OVERFLOW] == 2
    assert tallies.voxel_square[4] > 0


def test_atomic_add_returns_what_was_there():
    array = np.array([3, 4], np.int64)
    assert atomic_add(array, 1, 5) == 4
    assert array.tolist() == [3, 9]


def test_atomic_adds_of_two_threads_lose_nothing(interpreted):
    import threading

    import numba

    if interpreted:
        pytest.skip("plain Python adds are not atomic, and no two threads run at once")

    @numba.njit(nogil=True)
    def add(array, count):
        for _ in range(count):
            atomic_add(array, 0, 1)

    array = np.zeros(1, np.int64)
    add(array, 1)
    threads = [threading.Thread(target=add, args=(array, 1_000_000)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert array[0] == 4_000_001
