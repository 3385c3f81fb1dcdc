"""Spectra on the central ray."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.report.charts import Tick, path, ticks_at
from ctdose.report.ticks import ticks_within
from ctdose.results.result import AcquisitionResult, Result

LEFT, TOP, WIDTH, HEIGHT, BOTTOM = 40.0, 10.0, 520.0, 200.0, 52.0


@dataclass(frozen=True)
class SpectrumChart:
    """One spectrum, in pixels.

    Attributes
    ----------
    title : str
    words : str
        Half-value layer and mean energy.
    acquisitions : str
        Names of those that have it.
    area : str
        Path.
    x_ticks : tuple of Tick
        keV.
    mean_x : float
        Of the mean energy.
    width, height, left, top, plot_width, plot_height : float
    """

    title: str
    words: str
    acquisitions: str
    area: str
    x_ticks: tuple[Tick, ...]
    mean_x: float
    width: float = LEFT + WIDTH + 14.0
    height: float = TOP + HEIGHT + BOTTOM
    left: float = LEFT
    top: float = TOP
    plot_width: float = WIDTH
    plot_height: float = HEIGHT


def spectrum_charts(result: Result) -> list[SpectrumChart]:
    """A chart for each spectrum; acquisitions of the same beam share one."""
    alike: dict[tuple[float, str, bytes], list[AcquisitionResult]] = {}
    for each in result.acquisitions:
        key = (each.tube_voltage_kv, each.bowtie, each.spectrum_weight.tobytes())
        alike.setdefault(key, []).append(each)
    return [_chart(group) for group in alike.values() if group[0].spectrum_kev.size]


def _chart(group: list[AcquisitionResult]) -> SpectrumChart:
    first = group[0]
    energy, weight = first.spectrum_kev, first.spectrum_weight
    end = float(np.ceil(max(float(energy.max()), first.tube_voltage_kv) / 10.0) * 10.0)
    tallest = float(weight.max()) or 1.0
    points = [(LEFT + e / end * WIDTH, TOP + HEIGHT * (1.0 - w / tallest)) for e, w in zip(energy, weight)]
    ground = TOP + HEIGHT
    outline = [(points[0][0], ground), *points, (points[-1][0], ground)]
    behind = first.beams[0].filter if first.beams else ""
    more = f", {behind}" if behind else ""
    words = f"half-value layer {first.hvl_mm_al:.2f} mm Al, mean energy {first.mean_energy_kev:.1f} keV"
    if len(first.beams) > 1:
        words += f"; the first of {len(first.beams)} beams"
    return SpectrumChart(
        title=f"{first.tube_voltage_kv:g} kV, {first.bowtie} bowtie{more}",
        words=words,
        acquisitions=", ".join(each.name for each in group),
        area=path(outline, closed=True),
        x_ticks=ticks_at(ticks_within(0.0, end), 0.0, end, LEFT, LEFT + WIDTH),
        mean_x=round(LEFT + first.mean_energy_kev / end * WIDTH, 2),
    )
