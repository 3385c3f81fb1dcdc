"""Effective dose against DLP: the exams of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctdose.report.batch_summary import EFFECTIVE, BatchRow, Value
from ctdose.report.charts import Tick
from ctdose.report.log_axis import LogAxis

LEFT, TOP, WIDTH, HEIGHT, BOTTOM = 64.0, 14.0, 640.0, 380.0, 52.0
MARGIN = 1.3
MOST_NUMBERED = 60
SIZE = 6.0


@dataclass(frozen=True)
class Point:
    """An exam.

    Attributes
    ----------
    number : int
        Of its row, from 1.
    name, title : str
    dlp, dose : Value
    x, y : float
        Pixels.
    whisker, band : tuple of float
        Ends of the statistical and the systematic error along y.
    shape : str
        ``d`` of its outline: a circle for the CTDI phantom of 32 cm, a diamond for that of 16 cm.
    whole : bool
        Whether it is effective dose: filled; else the weighted dose of one sex.
    """

    number: int
    name: str
    dlp: Value
    dose: Value
    x: float
    y: float
    whisker: tuple[float, float]
    band: tuple[float, float]
    shape: str
    phantom_cm: int
    whole: bool


@dataclass(frozen=True)
class BatchChart:
    """The chart, in pixels; both axes are logarithmic."""

    points: tuple[Point, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    numbered: bool
    phantoms: tuple[int, ...]
    kinds: tuple[bool, ...]
    left_out: int
    width: float = LEFT + WIDTH + 24.0
    height: float = TOP + HEIGHT + BOTTOM
    left: float = LEFT
    top: float = TOP
    plot_width: float = WIDTH
    plot_height: float = HEIGHT


def batch_chart(rows: Sequence[BatchRow]) -> BatchChart | None:
    """The chart; None with fewer than two exams to compare.

    DLP of the phantoms of 16 and 32 cm must not be added: an exam with both is left out.
    """
    shown = [(number, row) for number, row in enumerate(rows, 1) if _drawn(row)]
    if len(shown) < 2:
        return None
    doses, dlps = [row.dose.value for _, row in shown], [_dlp(row)[1].value for _, row in shown]
    across = LogAxis(min(dlps) / MARGIN, max(dlps) * MARGIN, LEFT, LEFT + WIDTH)
    up = LogAxis(min(doses) / MARGIN, max(doses) * MARGIN, TOP + HEIGHT, TOP)
    points = tuple(_point(number, row, across, up) for number, row in shown)
    return BatchChart(
        points=points,
        x_ticks=across.ticks(),
        y_ticks=up.ticks(),
        numbered=len(points) <= MOST_NUMBERED,
        phantoms=tuple(sorted({point.phantom_cm for point in points})),
        kinds=tuple(sorted({point.whole for point in points}, reverse=True)),
        left_out=sum(bool(row.kind) and not _drawn(row) for row in rows),
    )


def _drawn(row: BatchRow) -> bool:
    return row.dose.known and row.dose.value > 0.0 and len(row.dlp) == 1 and _dlp(row)[1].value > 0.0


def _dlp(row: BatchRow) -> tuple[int, Value]:
    return next(iter(row.dlp.items()))


def _point(number: int, row: BatchRow, across: LogAxis, up: LogAxis) -> Point:
    (phantom_cm, dlp), dose = _dlp(row), row.dose
    x, y = across.at(dlp.value), up.at(dose.value)

    def ends(error: float) -> tuple[float, float]:
        width = error if error > 0.0 else 0.0  # NaN: not known
        return up.within(dose.value - width), up.within(dose.value + width)

    return Point(
        number=number,
        name=row.name,
        dlp=dlp,
        dose=dose,
        x=x,
        y=y,
        whisker=ends(dose.error),
        band=ends(dose.systematic),
        shape=_outline(x, y, diamond=phantom_cm == 16),
        phantom_cm=phantom_cm,
        whole=row.kind == EFFECTIVE,
    )


def _outline(x: float, y: float, *, diamond: bool) -> str:
    if diamond:
        r = SIZE + 1.5
        return f"M {x:.2f} {y - r:.2f} l {r} {r} l {-r} {r} l {-r} {-r} Z"
    return (
        f"M {x - SIZE:.2f} {y:.2f} a {SIZE} {SIZE} 0 1 0 {2 * SIZE} 0 a {SIZE} {SIZE} 0 1 0 {-2 * SIZE} 0 Z"
    )
