"""The entry kernel for the CPU: histories in one call that holds no GIL.

The compiled code is cached on disk. numba keeps the old code of an edited callee in another module, silently; so the
entry kernel is made in a closure over the hash of all kernel sources, which its body names: other sources, other
cache entry.
"""

from typing import Any

import numba
import numpy as np

from ctdose.kernels._jit import OPTIONS
from ctdose.kernels.history import transport_history
from ctdose.kernels.tally import COUNTERS, LIST_SIZE, Scratch, Tallies


def make_scratch(rows: int, composites: int) -> Scratch:
    """Allocate the working memory of one history.

    Parameters
    ----------
    rows : int
        Regions and responses.
    composites : int
    """
    return Scratch(
        row_sum=np.zeros(rows, np.int64),
        touched=np.zeros(rows, np.int64),
        composite_sum=np.zeros(max(1, composites), np.int64),
        used=np.zeros(2, np.int64),
        voxel=np.zeros(LIST_SIZE, np.int64),
        value=np.zeros(LIST_SIZE, np.int64),
    )


def make_tallies(acquisitions: int, rows: int, voxel_sum: np.ndarray, voxel_square: np.ndarray) -> Tallies:
    """Allocate the private sums of a batch around the shared voxel map.

    Parameters
    ----------
    acquisitions, rows : int
        Rows include the composites.
    voxel_sum, voxel_square : int64 ndarray
        Shared by all batches and threads; length 0 without a voxel map.
    """
    return Tallies(
        rows=np.zeros((acquisitions, rows, 2), np.int64),
        voxel_sum=voxel_sum,
        voxel_square=voxel_square,
        counters=np.zeros(COUNTERS, np.int64),
    )


def make_entry(version: str, cache_folder: str | None = None) -> Any:
    """Make the kernel ``run_histories(tables, scratch, tallies, first, last)``.

    Parameters
    ----------
    version : str
        Hash of all kernel sources.
    cache_folder : str, optional
        Folder for the machine code; None: it is compiled anew in every process.
    """

    def run_histories(tables, scratch, tallies, first, last):
        """Simulate the histories first <= h < last; returns their number."""
        if len(version) == 0:  # names the closure variable, so that it is part of the cache's key
            return 0
        for history in range(first, last):
            transport_history(tables, scratch, tallies, history)
        return last - first

    if numba.config.DISABLE_JIT:
        return run_histories
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = cache_folder or ""
    try:
        return numba.njit(**OPTIONS, cache=cache_folder is not None)(run_histories)
    finally:
        numba.config.CACHE_DIR = before
