"""A logarithmic axis of the page's charts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ctdose.report.charts import Tick
from ctdose.report.ticks import log_ticks


@dataclass(frozen=True)
class LogAxis:
    """A logarithmic axis from a value at one pixel to another at another."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies, in pixels."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def within(self, value: float) -> float:
        """Where a value lies; what lies beyond stops at the ends."""
        return self.at(min(max(value, self.low), self.high))

    def ticks(self) -> tuple[Tick, ...]:
        """Its numbers; see `log_ticks`."""
        return tuple(Tick(self.at(value), f"{value:g}") for value in log_ticks(self.low, self.high))
