"""Effective dose against image noise: each member where it stands, on the line along which its mAs would move it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ctdose.report.charts import Tick, path
from ctdose.report.log_axis import LogAxis
from ctdose.study.image_noise import Noise
from ctdose.study.result import EFFECTIVE, ONE_SEX, StudyResult

LEFT, TOP, WIDTH, HEIGHT, BOTTOM = 70.0, 14.0, 560.0, 340.0, 52.0
POINTS = 60
LINE_PX = 20.0
LETTER_PX, MOST_LETTERS = 11.0, 24
"""Room for a letter as large as telephones show it; longer names are cut."""


@dataclass(frozen=True)
class Dot:
    """A member.

    Attributes
    ----------
    name : str
    noise_hu, dose : float
    x, y : float
    low_y, high_y : float
        Of the standard error of the dose.
    label_y : float
        Of its name, moved until no two names overlap.
    line : str
        Path along which its mAs would move it.
    base : bool
    """

    name: str
    noise_hu: float
    dose: float
    x: float
    y: float
    low_y: float
    high_y: float
    label_y: float
    line: str
    base: bool


@dataclass(frozen=True)
class NoiseChart:
    """The chart, in pixels; both axes are logarithmic."""

    dots: tuple[Dot, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    quantity: str
    width: float
    label_x: float = LEFT + WIDTH + 10.0
    height: float = TOP + HEIGHT + BOTTOM
    left: float = LEFT
    top: float = TOP
    plot_width: float = WIDTH
    plot_height: float = HEIGHT


def noise_chart(result: StudyResult) -> NoiseChart | None:
    """The chart; None without effective dose, or the weighted dose of one sex, or without noise."""
    known = [i for i, m in enumerate(result.members) if math.isfinite(m.noise_hu) and m.noise_hu > 0.0]
    name = next(iter(result.quantities), "")
    if not known or name not in (EFFECTIVE, ONE_SEX):
        return None
    doses = [result.dose_at(i, name) for i in known]
    noise = [result.members[i].noise_hu for i in known]
    if min(dose for dose, _ in doses) <= 0.0:
        return None
    across = LogAxis(min(noise) * 0.85, max(noise) * 1.18, LEFT, LEFT + WIDTH)
    up = LogAxis(min(d for d, _ in doses) / 1.5, max(d for d, _ in doses) * 1.5, TOP + HEIGHT, TOP)
    dots = [_dot(result, i, dose, across, up) for i, dose in zip(known, doses)]
    return NoiseChart(
        dots=_spread(dots),
        x_ticks=across.ticks(),
        y_ticks=up.ticks(),
        quantity="effective dose" if name == EFFECTIVE else "weighted dose of one sex",
        width=LEFT + WIDTH + 20.0 + LETTER_PX * min(MOST_LETTERS, max(len(dot.name) for dot in dots)),
    )


def _dot(result: StudyResult, member: int, dose: tuple[float, float], across: LogAxis, up: LogAxis) -> Dot:
    own, (value, error) = result.members[member], dose
    model = Noise(own.noise_hu**2 - own.electronic_noise_hu**2, own.electronic_noise_hu**2)
    span = np.geomspace(across.low, across.high, POINTS).tolist()
    loads = [(hu, value * model.load_for(hu)) for hu in span]
    line = [(across.at(hu), up.at(d)) for hu, d in loads if up.low <= d <= up.high]
    y = up.at(value)
    return Dot(
        name=own.name,
        noise_hu=own.noise_hu,
        dose=value,
        x=across.at(own.noise_hu),
        y=y,
        low_y=up.at(max(value - error, up.low)),
        high_y=up.at(min(value + error, up.high)),
        label_y=y,
        line=path(line),
        base=member == 0,
    )


def _spread(dots: list[Dot]) -> tuple[Dot, ...]:
    """The dots with their names beside the chart, from the top, at least a line apart."""
    found, last = [], TOP - LINE_PX
    for dot in sorted(dots, key=lambda each: each.y):
        last = max(dot.y, last + LINE_PX)
        found.append(replace(dot, label_y=round(last, 2)))
    return tuple(found)
