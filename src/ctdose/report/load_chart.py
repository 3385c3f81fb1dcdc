"""mAs along z with the anatomy behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.exam.view_pieces import ViewPiece
from ctdose.report.charts import Tick, path, ticks_at
from ctdose.report.png import png_url
from ctdose.report.ticks import axis_to, ticks_within
from ctdose.results.plots import MARGIN_MM, beam_mm
from ctdose.results.result import AcquisitionResult, BodyResult, Result
from ctdose.results.sections import AIR_G_CM3

BINS_MM = 5.0
LEFT, TOP, WIDTH, BOTTOM = 52.0, 8.0, 300.0, 46.0
PX_PER_MM, TALLEST_PX = 0.75, 560.0
DARKEST, LIGHTEST = 250, 150
"""Brightness without matter and of the thickest part: pale, so that a curve is read on it."""


@dataclass(frozen=True)
class Curve:
    """mAs per cm of one acquisition.

    Attributes
    ----------
    name : str
    area, line : str
        Paths.
    total_mas : float
        Its integral.
    """

    name: str
    area: str
    line: str
    total_mas: float


@dataclass(frozen=True)
class LoadChart:
    """The chart of one body, in pixels; z runs upwards.

    Attributes
    ----------
    body : str
    width, height : float
        Of all of it.
    left, top, plot_width, plot_height : float
        Of the plot.
    picture : str
        The anatomy, as a data URL.
    picture_x, picture_width : float
    curves : tuple of Curve
    x_ticks, z_ticks : tuple of Tick
    planned : tuple of float
        Levels of the ends of planned ranges.
    """

    body: str
    width: float
    height: float
    left: float
    top: float
    plot_width: float
    plot_height: float
    picture: str
    picture_x: float
    picture_width: float
    curves: tuple[Curve, ...]
    x_ticks: tuple[Tick, ...]
    z_ticks: tuple[Tick, ...]
    planned: tuple[float, ...]


def load_charts(result: Result) -> list[LoadChart]:
    """The chart of each body."""
    return [_chart(result, body) for body in result.bodies.values()]


def mas_per_cm(pieces: Sequence[ViewPiece], edges_mm: np.ndarray, standing_mm: float) -> np.ndarray:
    """mAs per cm in bins of z, by the places of the beam's central plane.

    Parameters
    ----------
    pieces : sequence of ViewPiece
    edges_mm : float64 ndarray [bins + 1]
        Rising.
    standing_mm : float
        Over how much a piece that does not move along z is spread: the collimation.

    Returns
    -------
    float64 ndarray [bins]
    """
    total = np.zeros(len(edges_mm) - 1)
    for piece in pieces:
        low, high = sorted((piece.z_start_mm, piece.z_end_mm))
        if high - low < 1e-9:
            low, high = low - standing_mm / 2.0, high + standing_mm / 2.0
        within = np.clip(edges_mm, low, high)
        total += piece.mas * np.diff(within) / (high - low)
    return 10.0 * total / np.diff(edges_mm)


def _chart(result: Result, body: BodyResult) -> LoadChart:
    low, high = _span(result, body)
    scale = min(PX_PER_MM, TALLEST_PX / (high - low))
    tall = (high - low) * scale
    ends = [z for each in result.acquisitions for z in each.on_body[body.name].irradiated_mm]
    edges = np.unique([*np.linspace(low, high, max(2, round((high - low) / BINS_MM)) + 1), *ends])
    values = [
        mas_per_cm(each.on_body[body.name].pieces, edges, each.collimation_mm) for each in result.acquisitions
    ]
    axis = axis_to(1.08 * max((float(each.max()) for each in values), default=1.0), 4)
    levels = TOP + (high - edges) * scale
    curves = [_curve(a, body, v, levels, axis.end) for a, v in zip(result.acquisitions, values)]
    planned = [z for each in result.acquisitions for z in each.on_body[body.name].planned_mm]
    picture, wide = _anatomy(body, low, high)
    return LoadChart(
        body=body.name,
        width=LEFT + WIDTH + 14.0,
        height=round(TOP + tall + BOTTOM, 2),
        left=LEFT,
        top=TOP,
        plot_width=WIDTH,
        plot_height=round(tall, 2),
        picture=picture,
        picture_x=round(LEFT + (WIDTH - wide * scale) / 2.0, 2),
        picture_width=round(wide * scale, 2),
        curves=tuple(curves),
        x_ticks=ticks_at(axis.ticks, 0.0, axis.end, LEFT, LEFT + WIDTH),
        z_ticks=ticks_at(ticks_within(low, high), low, high, TOP + tall, TOP),
        planned=tuple(round(TOP + (high - z) * scale, 2) for z in dict.fromkeys(planned)),
    )


def _span(result: Result, body: BodyResult) -> tuple[float, float]:
    """The z that is shown: the beam and a margin, within the phantom."""
    low, high = beam_mm(result, body)
    first, step = body.grid.origin_mm[2], body.grid.spacing_mm[2]
    ends = first - step / 2.0, first + (len(body.grid.organ_index) - 0.5) * step
    return max(low - MARGIN_MM / 2.0, min(ends[0], low)), min(high + MARGIN_MM / 2.0, max(ends[1], high))


def _curve(
    acquisition: AcquisitionResult, body: BodyResult, values: np.ndarray, levels: np.ndarray, end: float
) -> Curve:
    x = LEFT + np.minimum(values / end, 1.0) * WIDTH
    steps = [(x[i], levels[i + side]) for i in range(len(x)) for side in (0, 1)]
    outline = [(LEFT, float(levels[0])), *steps, (LEFT, float(levels[-1]))]
    total = acquisition.on_body[body.name].total_mas
    return Curve(acquisition.name, path(outline, closed=True), path(outline), total)


def _anatomy(body: BodyResult, low: float, high: float) -> tuple[str, float]:
    """Matter seen from the front as a pale picture, and its width, mm."""
    picture = seen_from_the_front(body, low, high)
    thick = picture / (float(picture.max(initial=0.0)) or 1.0)
    pale = np.rint(DARKEST + (LIGHTEST - DARKEST) * thick).astype(np.uint8)
    return png_url(pale), body.grid.organ_index.shape[2] * body.grid.spacing_mm[0]


def seen_from_the_front(body: BodyResult, low: float, high: float) -> np.ndarray:
    """Density summed from front to back, air left out; the rows share the range evenly, the head first.

    Parameters
    ----------
    body : BodyResult
    low, high : float
        z of the lower and the upper edge, mm.

    Returns
    -------
    float64 ndarray [rows, columns]
        g/cm3 times voxels; in each row that of the slice in which its middle lies.
    """
    grid = body.grid
    step, first = grid.spacing_mm[2], grid.origin_mm[2]
    fine = max(1, round(2.0 / min(grid.spacing_mm[0], step)))
    rows = max(1, round((high - low) / (step * fine)))
    levels = high - (np.arange(rows) + 0.5) * ((high - low) / rows)
    places = np.rint((levels - first) / step).astype(np.intp)
    density = np.where(grid.density_g_cm3 > AIR_G_CM3, grid.density_g_cm3, 0.0)
    picture = np.zeros((rows, grid.organ_index[0, :, ::fine].shape[1]))
    for row, k in enumerate(places):
        if 0 <= k < len(grid.organ_index):
            picture[row] = density[grid.material_index[k, :, ::fine]].sum(axis=0)
    return picture
