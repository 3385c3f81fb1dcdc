"""The entry kernel for the CPU: histories in one call that holds no GIL.

The compiled code is cached on disk. numba keeps the old code of an edited callee in another module, silently; so the
entry kernel is made in a closure over the hash of all kernel sources, which its body names: other sources, other
cache entry.
"""

from typing import Any, NamedTuple

import numba
import numpy as np

from ctdose.kernels._jit import OPTIONS
from ctdose.kernels.history import transport_history
from ctdose.kernels.lane_state import Block, make_block
from ctdose.kernels.lanes import transport_lanes
from ctdose.kernels.tally import COUNTERS, LIST_SIZE, MARKS, Scratch, Tallies


def make_scratch(rows: int, composites: int, variants: int = 0) -> Scratch:
    """Allocate the working memory of one history.

    Parameters
    ----------
    rows : int
        Regions and responses.
    composites, variants : int
    """
    return Scratch(
        row_sum=np.zeros(rows, np.int64),
        touched=np.zeros(rows, np.uint32),
        composite_sum=np.zeros(max(1, composites), np.int64),
        used=np.zeros(2, np.int64),
        voxel=np.zeros(LIST_SIZE, np.int64),
        value=np.zeros(LIST_SIZE, np.int64),
        seen=np.zeros(MARKS + 1, np.int64),
        weight=np.zeros(variants, np.float64),
    )


def make_tallies(acquisitions: int, rows: int, voxels: np.ndarray) -> Tallies:
    """Allocate the private sums of a batch around the shared voxel map.

    Parameters
    ----------
    acquisitions, rows : int
        Rows include the composites; with variants, acquisitions · (variants + 1).
    voxels : int64 ndarray [2 * voxels]
        Sums and squares, shared by all batches and threads; length 0 without a voxel map.
    """
    return Tallies(
        rows=np.zeros((acquisitions, rows, 2), np.int64),
        voxels=voxels,
        counters=np.zeros(COUNTERS, np.int64),
    )


class Workspace(NamedTuple):
    """Working memory of one thread."""

    scratch: Scratch
    block: Block


def make_workspace(rows: int, composites: int, variants: int = 0) -> Workspace:
    """Allocate the working memory of one thread for both kernels.

    Parameters
    ----------
    rows : int
        Regions and responses.
    composites, variants : int
    """
    return Workspace(make_scratch(rows, composites, variants), make_block(rows, composites, variants))


def make_entry(version: str, cache_folder: str | None = None, *, reference: bool = False) -> Any:
    """Make the kernel ``run_histories(tables, workspace, tallies, first, last)``.

    Parameters
    ----------
    version : str
        Hash of all kernel sources.
    cache_folder : str, optional
        Folder for the machine code; None: it is compiled anew in every process.
    reference : bool
        The reference kernel (history.py), one photon at a time, instead of the lanes.
    """

    def run_reference(tables, workspace, tallies, first, last):
        """Simulate the histories first <= h < last with the reference kernel; returns their number."""
        if len(version) == 0:  # names the closure variable, so that it is part of the cache's key
            return 0
        for history in range(first, last):
            transport_history(tables, workspace.scratch, tallies, history)
        return last - first

    def run_lanes(tables, workspace, tallies, first, last):
        """Simulate the histories first <= h < last with the lanes; returns their number."""
        if len(version) == 0:
            return 0
        transport_lanes(tables, workspace.block, tallies, first, last)
        return last - first

    function = run_reference if reference else run_lanes
    if numba.config.DISABLE_JIT:
        return function
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = cache_folder or ""
    try:
        return numba.njit(**OPTIONS, cache=cache_folder is not None)(function)
    finally:
        numba.config.CACHE_DIR = before
