"""Sums of the views of a run, and what a batch added to them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np


class Collected:
    """Sums of the views of one thread, batch after batch.

    They are never cleared: what a batch adds to an acquisition is the difference between two sums over its bins. That
    is exact even where such a sum wraps around 2^64, because the batch's own share of it does not.
    """

    def __init__(self, shape: tuple[int, int], ends: Sequence[int]) -> None:
        self.rows = np.zeros((*shape, 2), np.int64)
        self._ends = ends
        self._before = self._by_acquisition()

    def take_batch(self) -> np.ndarray:
        """What the last batch added to each acquisition, int64 [acquisitions, rows, 2]."""
        now = self._by_acquisition()
        added, self._before = now - self._before, now
        return added

    def _by_acquisition(self) -> np.ndarray:
        return by_acquisition(self.rows, self._ends)


def by_acquisition(rows: np.ndarray, ends: Sequence[int]) -> np.ndarray:
    """Add up the bins of each acquisition: [bins, rows, 2] to [acquisitions, rows, 2]."""
    return np.stack([rows[first:last].sum(axis=0) for first, last in pairwise(ends)])


def ends_of(bins: Sequence[int], acquisitions: int) -> list[int]:
    """First bin of each acquisition, and the number of bins.

    Raises
    ------
    ValueError
        If the bins are not ascending, or an acquisition has none.
    """
    known = np.asarray(bins)
    if known.size == 0 or np.any(np.diff(known) < 0) or set(known.tolist()) != set(range(acquisitions)):
        raise ValueError(
            f"bins (not those of {acquisitions} acquisitions). Give each bin's acquisition, ascending, none left out."
        )
    return [*np.searchsorted(known, range(acquisitions)).tolist(), int(known.size)]
