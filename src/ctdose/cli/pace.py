"""Histories per second from the batches done so far."""

from __future__ import annotations

import time
from collections.abc import Callable

from ctdose.kernels.tables import BATCH_HISTORIES


class Pace:
    """Rate of a stage, from its first finished batch on: what went before may have been compiling.

    Parameters
    ----------
    now : callable
        The clock, s.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._first: tuple[float, int] | None = None
        self._last: tuple[float, int] = (now(), 0)

    def update(self, done: int) -> None:
        """Note that so many batches are done."""
        self._last = (self._now(), done)
        if self._first is None and done > 0:
            self._first = self._last

    @property
    def rate(self) -> float | None:
        """Histories per second; None before a second report with more batches."""
        if self._first is None or self._last[1] == self._first[1]:
            return None
        (start, already), (end, done) = self._first, self._last
        return BATCH_HISTORIES * (done - already) / max(end - start, 1e-9)

    def seconds_for(self, batches: int) -> float:
        """Time for so many batches, s; 0 while the rate is unknown."""
        rate = self.rate
        return BATCH_HISTORIES * batches / rate if rate else 0.0
