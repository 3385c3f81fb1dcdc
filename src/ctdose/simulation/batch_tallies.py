"""What the batches of one runner leave: private rows of each batch around one voxel map that all of them share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import Tables
from ctdose.simulation.sums import Sums
from ctdose.simulation.view_sums import Collected, ends_of


class BatchTallies:
    """Integer sums of the batches that are done.

    Parameters
    ----------
    tables : Tables
    acquisitions : int
    bins : sequence of int, optional
        As for `BatchRunner`.

    Attributes
    ----------
    shape : (int, int)
        Blocks and rows of what the kernel writes into.
    ends : list of int or None
        First bin of views of each acquisition, and the number of bins; None if no views are kept.
    voxels : int64 ndarray [2 * voxels]
        Of all batches; empty without a map.
    views : int64 ndarray [bins, rows, 2]
        Of all batches; empty if they are not kept.
    done : dict of int to Tallies
        By number of the batch.
    seconds : float
        In the kernel, summed over threads.
    lock : threading.Lock
        Whoever changes `done`, `views` or `seconds` holds it; the kernel adds to `voxels` atomically.

    Raises
    ------
    ValueError
        If the bins do not fit, or the tables are for several variants.
    """

    def __init__(self, tables: Tables, acquisitions: int, bins: Sequence[int] | None) -> None:
        variants = tables.weights.piece.shape[0]
        if bins is not None and variants:
            raise ValueError("bins (with variants: their views are not kept apart). Leave one of them out.")
        self.ends = None if bins is None else ends_of(bins, acquisitions)
        blocks = acquisitions * (variants + 1) if self.ends is None else self.ends[-1]
        self.shape = (blocks, tables.run.rows + tables.run.composites)
        self.voxels = np.zeros(2 * tables.voxels.kind.size if tables.run.with_voxels else 0, np.int64)
        self.views = np.zeros((0 if self.ends is None else blocks, self.shape[1], 2), np.int64)
        self.done: dict[int, Any] = {}
        self.seconds = 0.0
        self.lock = threading.Lock()
        self._map_shape = tables.voxels.shape[::-1] if tables.run.with_voxels else None

    def make(self) -> Any:
        """Private sums of one batch around the shared map."""
        from ctdose.kernels.cpu import make_tallies

        return make_tallies(*self.shape, self.voxels)

    def collected(self) -> Collected | None:
        """Sums of the views of one thread, if views are kept."""
        return None if self.ends is None else Collected(self.shape, self.ends)

    def sums(self) -> Sums:
        """What is done so far.

        Raises
        ------
        CtdoseError
            If a tally overflowed or the phantom's attenuation exceeded the majorant.
        """
        numbers = sorted(self.done)
        counters = np.stack([self.done[n].counters for n in numbers])
        _check_counters(counters)
        return Sums(
            batches=np.array(numbers, np.int64),
            rows=np.stack([self.done[n].rows for n in numbers]),
            voxels=None if self._map_shape is None else self.voxels.reshape(*map(int, self._map_shape), 2),
            counters=counters,
            transport_seconds=self.seconds,
            views=self._kept_views(),
        )

    def _kept_views(self) -> np.ndarray | None:
        """Sums of the views of all batches so far."""
        if self.ends is None:
            return None
        if self.views[..., 1].min() < 0:  # no sum of squares is negative: it wrapped
            raise CtdoseError(
                "a view's sum exceeds 2^63 (too many histories). Run fewer, or set keep_views: false."
            )
        return self.views.copy()


def _check_counters(counters: np.ndarray) -> None:
    from ctdose.kernels.tally import COUNT_MAJORANT_EXCEEDED, COUNT_OVERFLOW

    if counters[:, COUNT_OVERFLOW].any():
        raise CtdoseError(
            "a tally reached 2^62 (too many histories in one voxel or view). Run fewer histories and add runs."
        )
    if counters[:, COUNT_MAJORANT_EXCEEDED].any():
        raise CtdoseError(
            "mu exceeded the majorant (a fault of ctdose, the result would be wrong). Please report it."
        )
