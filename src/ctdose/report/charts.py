"""Paths of the page's charts, as SVG writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Tick:
    """A tick of an axis: where it lies in the chart's pixels, and its number."""

    at: float
    text: str


def ticks_at(values: Iterable[float], low: float, high: float, start: float, end: float) -> tuple[Tick, ...]:
    """Ticks of a linear axis that runs from `low` at pixel `start` to `high` at pixel `end`."""
    scale = (end - start) / (high - low)
    return tuple(Tick(round(start + (value - low) * scale, 2), f"{value:g}") for value in values)


def path(points: Iterable[tuple[float, float]], *, closed: bool = False) -> str:
    """A line through points, as the attribute ``d``."""
    text = " L ".join(f"{x:.2f} {y:.2f}" for x, y in points)
    return f"M {text}{' Z' if closed else ''}" if text else ""
