"""Axes of the page's charts: round ticks, and where a value lies in per cent of the axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

FEWEST_TICKS = 3
"""From one number nobody sees how long a logarithmic axis is."""


@dataclass(frozen=True)
class Axis:
    """A linear axis from 0.

    Attributes
    ----------
    end : float
        Value at its end.
    ticks : tuple of float
    """

    end: float
    ticks: tuple[float, ...]

    def percent(self, value: float) -> float:
        """Where a value lies, from 0 to 100; what lies beyond stops at the ends."""
        return round(100.0 * min(1.0, max(0.0, value / self.end)), 3)


def axis_to(largest: float, about: int = 5) -> Axis:
    """An axis from 0 that ends at a value, with about so many steps of 1, 2, 2.5 or 5 times a power of ten."""
    end = largest if largest > 0.0 and math.isfinite(largest) else 1.0
    step = _step(end / about)
    count = math.floor(end / step + 1e-9)
    return Axis(end, tuple(float(f"{step * i:.10g}") for i in range(count + 1)))


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(each * power for each in (1.0, 2.0, 2.5, 5.0, 10.0) if each * power >= rough * (1 - 1e-9))


def ticks_within(low: float, high: float, about: int = 6) -> list[float]:
    """Round values between two, a step of 1, 2, 2.5 or 5 times a power of ten apart; both ends may be negative."""
    if not high > low:
        return [low]
    step = _step((high - low) / about)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{step * i:.10g}") + 0.0 for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between two positive values; even steps where those are fewer than three."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = [float(f"{digit}e{power}") for power in range(first, last + 1) for digit in (1, 2, 5)]
    found = [each for each in every if low <= each <= high]
    return found if len(found) >= FEWEST_TICKS else [each for each in ticks_within(low, high) if each > 0.0]
