"""Scores of one history, merged before they are squared; integer sums.

Energies are counted in quanta of 2^-20 keV, squares in 2^-24 keV^2, both int64: integers add exactly in any
order, so threads, workers and interrupted runs give the same sums. A standard error is that of histories, not of
collisions: everything that one history leaves in a row (or a voxel) is added up first, then squared.

Rows (regions, responses, composites) are merged in a dense array. Voxels are merged in a list of 128 scores; when it
is full it is compacted, and if that frees too little, flushed as if the history had ended: the mean stays
exact, the variance of that history is a little too small, and it is counted.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctdose.kernels._jit import inline_jit, jit
from ctdose.kernels.atomic import add, atomic_add
from ctdose.kernels.variants import weight_of

QUANTA_PER_KEV = np.float32(2.0**20)
SQUARE_SHIFT = np.int64(16)  # (2^-20 keV)^2 = 2^-40 keV^2, to 2^-24 keV^2
SQUARE_HALF = np.int64(1 << 15)
HALF_64 = np.float64(0.5)
LIST_SIZE = 128
LIST_KEEP = 96  # a compacted list longer than this is flushed
MARKS = 1024  # places of the table that finds equal voxels
LAST_MARK = np.uint64(MARKS - 1)
LIMIT = np.int64(1 << 62)

# counters of a batch
(COUNT_ENTERED, COUNT_STEPS, COUNT_COLLISIONS, COUNT_FLUSHES, COUNT_MAJORANT_EXCEEDED, COUNT_OVERFLOW) = (
    range(6)
)
(SUM_EMITTED, SUM_ESCAPED, SUM_DEPOSITED) = range(6, 9)  # quanta of 2^-20 keV
(COUNT_PHOTOELECTRIC, COUNT_COMPTON, COUNT_RAYLEIGH, COUNT_FLUORESCENCE) = range(9, 13)
COUNTERS = 13


class Scratch(NamedTuple):
    """Working memory of one history; allocated once a batch, left clean by `finish_history`."""

    row_sum: NDArray[np.int64]  # [rows]
    touched: NDArray[np.uint32]  # [rows] rows that hold something, the first `used[0]` of them
    composite_sum: NDArray[np.int64]  # [composites]
    used: NDArray[np.int64]  # [2] rows touched, scores in the voxel list
    voxel: NDArray[np.int64]  # [LIST_SIZE]
    value: NDArray[np.int64]  # [LIST_SIZE]
    seen: NDArray[np.int64]  # [MARKS + 1] marks of `compact`, and the last mark given
    weight: NDArray[np.float64]  # [variants] what the history counts in each (variants.py)


class Tallies(NamedTuple):
    """Sums of one batch (rows, counters) and of the whole run (voxels, shared by all threads)."""

    # [acquisitions, rows + composites, 2] sum of e, sum of e^2; then as many for each variant
    rows: NDArray[np.int64]
    voxels: NDArray[
        np.int64
    ]  # [2 * voxels] or [0]: sum of e, sum of e^2 side by side, one cache line for both
    counters: NDArray[np.int64]  # [COUNTERS]

    @property
    def voxel_sum(self) -> NDArray[np.int64]:
        """Sums of e, [voxels]."""
        return self.voxels[0::2]

    @property
    def voxel_square(self) -> NDArray[np.int64]:
        """Sums of e^2, [voxels]."""
        return self.voxels[1::2]


@inline_jit
def quanta(energy):
    """An energy in keV as a whole number of quanta, rounded half up; in float32 the sum itself would be rounded."""
    return np.int64(np.floor(np.float64(energy * QUANTA_PER_KEV) + HALF_64))


@inline_jit
def square(e):
    """e^2 in quanta of 2^-24 keV^2, rounded half up."""
    return (e * e + SQUARE_HALF) >> SQUARE_SHIFT


@inline_jit
def score_row(scratch, row, e):
    """Add e quanta to a row of the running history."""
    if e == 0:
        return
    if scratch.row_sum[row] == 0:
        scratch.touched[scratch.used[0]] = row
        scratch.used[0] += 1
    scratch.row_sum[row] += e


@inline_jit
def score_voxel(scratch, tallies, voxel, e):
    """Append e quanta in a voxel to the running history's list."""
    if e == 0:
        return
    n = scratch.used[1]
    if n == LIST_SIZE:
        n = compact(scratch)
        if n > LIST_KEEP:
            flush_voxels(scratch, tallies)
            tallies.counters[COUNT_FLUSHES] += 1
            n = np.int64(0)
    scratch.voxel[n] = voxel
    scratch.value[n] = e
    scratch.used[1] = n + 1


@jit
def compact(scratch):
    """Merge the list's scores of equal voxels; returns its new length.

    A mark of this call in a small table tells that a voxel of the same hash was seen; without it, the voxel is new.
    """
    seen = scratch.seen
    seen[MARKS] += 1
    mark = seen[MARKS]
    kept = np.int64(0)
    for i in range(scratch.used[1]):
        voxel = scratch.voxel[i]
        place = np.uint64(voxel ^ (voxel >> 10)) & LAST_MARK
        j = kept
        if seen[place] == mark:
            j = find(scratch.voxel, kept, voxel)
        seen[place] = mark
        if j < kept:
            scratch.value[j] += scratch.value[i]
        else:
            scratch.voxel[kept] = voxel
            scratch.value[kept] = scratch.value[i]
            kept += 1
    scratch.used[1] = kept
    return kept


@jit
def find(voxels, number, voxel):
    """Place of a voxel among the first `number` of a list; `number` if it is not there."""
    j = np.int64(0)
    while j < number and voxels[j] != voxel:
        j += 1
    return j


@jit
def flush_voxels(scratch, tallies):
    """Add the compacted list to the voxel map and empty it."""
    for i in range(scratch.used[1]):
        voxel, e = scratch.voxel[i], scratch.value[i]
        before = atomic_add(tallies.voxels, 2 * voxel, e)
        before_square = atomic_add(tallies.voxels, 2 * voxel + 1, square(e))
        if before > LIMIT or before_square > LIMIT:
            tallies.counters[COUNT_OVERFLOW] += 1
    scratch.used[1] = 0


@inline_jit
def add_row(tallies, acquisition, row, e):
    """Add one history's total of a row, and its square."""
    e2 = square(e)
    add(tallies.rows, (acquisition, row, 0), e)
    if add(tallies.rows, (acquisition, row, 1), e2) + e2 > LIMIT:
        tallies.counters[COUNT_OVERFLOW] += 1


@inline_jit
def add_rows(weight, tallies, acquisition, row, e):
    """Add one history's total of a row to its acquisition, and what it counts in each variant behind all of them."""
    add_row(tallies, acquisition, row, e)
    variants = weight.size
    if variants > 0:
        blocks = tallies.rows.shape[0] // (variants + 1)
        for v in range(variants):
            part = np.int64(np.floor(weight[v] * np.float64(e) + HALF_64))
            add_row(tallies, acquisition + (v + 1) * blocks, row, part)


@inline_jit
def finish_history(tables, scratch, tallies, piece, cell):
    """Square and add what the history left, composites last; leave the scratch memory clean."""
    run, composites = tables.run, tables.composites
    acquisition = np.int64(tables.views.acquisition[piece])
    for v in range(scratch.weight.size):
        scratch.weight[v] = weight_of(tables.weights, tables.views, v, piece, cell)
    for t in range(scratch.used[0]):
        row = scratch.touched[t]
        e = scratch.row_sum[row]
        for i in range(composites.first[row], composites.first[row + 1]):
            part = np.int64(np.floor(composites.coefficient[i] * np.float64(e) + HALF_64))
            scratch.composite_sum[composites.composite[i]] += part
        add_rows(scratch.weight, tallies, acquisition, row, e)
        scratch.row_sum[row] = 0
    if scratch.used[0] > 0:
        for k in range(run.composites):
            if scratch.composite_sum[k] != 0:
                add_rows(scratch.weight, tallies, acquisition, run.rows + k, scratch.composite_sum[k])
                scratch.composite_sum[k] = 0
    scratch.used[0] = 0
    if scratch.used[1] > 0:
        compact(scratch)
        flush_voxels(scratch, tallies)
