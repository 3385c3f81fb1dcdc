"""The kernel for a GPU: the reference kernel's functions, one thread a photon, sums added atomically.

The device functions are those of history.py and of all that it calls, compiled anew from the same sources. A thread
follows one photon after another (a grid has fewer threads than a launch has photons), with working memory of its own
in the GPU's memory. Rows, counters and voxels are int64 and added atomically, in whatever order: integers give
the same sums as the CPU, bit for bit, if the photons do. For that no multiplication may be fused with an addition;
the runner sees to it (simulation/cuda_device.py).
"""

import numpy as np
from numba import cuda

from ctdose.kernels import cuda_target  # noqa: F401  what the functions below need on a GPU
from ctdose.kernels._jit import inline_jit
from ctdose.kernels.atomic import add
from ctdose.kernels.history import transport_history
from ctdose.kernels.tables import BATCH_HISTORIES, Run
from ctdose.kernels.tally import COUNTERS, LIST_SIZE, MARKS, Scratch, Tallies


def make_scratch(threads: int, run: Run, variants: int = 0) -> Scratch:
    """Allocate, on the host, the working memory of all threads: the fields of Scratch, one row a thread.

    Parameters
    ----------
    threads : int
    run : Run
        Without a voxel map the lists of voxels, 10 kB a thread, are left out.
    variants : int
    """
    size, marks = (LIST_SIZE, MARKS + 1) if run.with_voxels else (1, 1)
    return Scratch(
        row_sum=np.zeros((threads, run.rows), np.int64),
        touched=np.zeros((threads, run.rows), np.uint32),
        composite_sum=np.zeros((threads, max(1, run.composites)), np.int64),
        used=np.zeros((threads, 2), np.int64),
        voxel=np.zeros((threads, size), np.int64),
        value=np.zeros((threads, size), np.int64),
        seen=np.zeros((threads, marks), np.int64),
        weight=np.zeros((threads, variants), np.float64),
    )


@inline_jit
def scratch_of(scratch, thread):
    """The working memory of one thread."""
    return Scratch(
        scratch.row_sum[thread],
        scratch.touched[thread],
        scratch.composite_sum[thread],
        scratch.used[thread],
        scratch.voxel[thread],
        scratch.value[thread],
        scratch.seen[thread],
        scratch.weight[thread],
    )


@inline_jit
def add_counters(total, batch, counters):
    """Add a history's counters to those of its batch, and clear them."""
    for c in range(COUNTERS):
        if counters[c] != 0:
            add(total, (batch, c), counters[c])
            counters[c] = 0


@cuda.jit
def run_batches(tables, scratch, tallies, batches, histories):
    """Simulate the first `histories` (65536: all) of each of the `batches`.

    Parameters
    ----------
    tables : Tables
    scratch : Scratch
        Of all threads.
    tallies : Tallies
        rows [batches, acquisitions, rows, 2] and counters [batches, COUNTERS], apart for each batch.
    batches : int64 [batches]
        Their numbers.
    histories : int
    """
    own = scratch_of(scratch, cuda.grid(1))
    counters = cuda.local.array(COUNTERS, np.int64)
    for c in range(COUNTERS):
        counters[c] = 0
    for k in range(cuda.grid(1), batches.size * histories, cuda.gridsize(1)):
        batch = k // histories
        history = np.int64(batches[batch] * BATCH_HISTORIES + k % histories)
        transport_history(tables, own, Tallies(tallies.rows[batch], tallies.voxels, counters), history)
        add_counters(tallies.counters, batch, counters)
