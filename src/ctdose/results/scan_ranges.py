"""The scan ranges of an exam on a body, and how they are drawn: told apart by their lines, not by colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctdose.results.sections import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ctdose.exam.plan import Plan

RangeMm = tuple[float, float]
SOLID, DASHED = "-", (0, (3.0, 1.6))
LINE_COLOUR, CASING_COLOUR = "black", "white"
LINE_PT, CASING_PT = 0.9, 2.3
TEXT_PT = 6.5


@dataclass(frozen=True)
class ScanRange:
    """Where one acquisition scans a body, (lower z, upper z) in mm.

    Attributes
    ----------
    name : str
        Of the acquisition.
    planned_mm : (float, float)
    irradiated_mm : (float, float), optional
        See `ctdose.exam.plan.Plan`.
    """

    name: str
    planned_mm: RangeMm
    irradiated_mm: RangeMm | None = None

    def lines(self) -> list[tuple[str, RangeMm, object]]:
        """Word, range and line style of what is drawn."""
        found: list[tuple[str, RangeMm, object]] = [("planned", self.planned_mm, SOLID)]
        if self.irradiated_mm is not None:
            found.append(("irradiated", self.irradiated_mm, DASHED))
        return found


def scan_ranges(plans: Sequence[Plan]) -> list[ScanRange]:
    """Scan ranges of the acquisitions of an exam on one body."""
    return [
        ScanRange(
            plan.name,
            (plan.z_start_mm, plan.z_end_mm),
            (plan.irradiated_start_mm, plan.irradiated_end_mm),
        )
        for plan in plans
    ]


def span_mm(ranges: Sequence[ScanRange]) -> RangeMm | None:
    """Lowest and highest planned z, mm; None without ranges."""
    if not ranges:
        return None
    return min(each.planned_mm[0] for each in ranges), max(each.planned_mm[1] for each in ranges)


def draw_ranges(axes: Axes, plane: Section, ranges: Sequence[ScanRange], *, words: bool) -> None:
    """Draw ranges across a coronal or sagittal section.

    Parameters
    ----------
    axes : Axes
    plane : Section
    ranges : sequence of ScanRange
    words : bool
        Write beside the upper lines which is which, where there is room.
    """
    if plane.axis == 0:
        return
    bottom, top = plane.extent_mm[2:]
    for scan in ranges:
        for word, ends, style in scan.lines():
            for z in ends:
                if bottom <= z <= top:
                    draw_line(axes, z, style)
            if words and len(ranges) == 1 and bottom <= max(ends) <= top:
                _write(axes, word, max(ends))


def near_lines(
    plane: Section, rows: int, ranges: Sequence[ScanRange], distance_mm: float
) -> NDArray[np.bool_]:
    """Whether a number in a row of a section would be struck through by a line, [rows]."""
    near = np.zeros(rows, bool)
    if plane.axis == 0:
        return near
    bottom, top = plane.extent_mm[2:]
    z = bottom + (np.arange(rows) + 0.5) * (top - bottom) / rows
    for end in (end for scan in ranges for _, span, _ in scan.lines() for end in span):
        near |= np.abs(z - end) < distance_mm
    return near


def draw_line(axes: Axes, z_mm: float, style: Any) -> None:
    """Draw a level line: black in a white casing, so that it is seen on every colour."""
    shared: dict[str, Any] = {"zorder": 3.0, "gid": f"scan-range-{z_mm:.3f}"}
    axes.axhline(z_mm, color=CASING_COLOUR, linewidth=CASING_PT, **shared)
    axes.axhline(z_mm, color=LINE_COLOUR, linewidth=LINE_PT, linestyle=style, **shared)


def _write(axes: Axes, word: str, z_mm: float) -> None:
    """Below the planned line, above the irradiated one: they never collide."""
    from matplotlib.patheffects import withStroke

    above = word != "planned"
    axes.annotate(
        word,
        (0.5, z_mm),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2.5 if above else -2.5),
        textcoords="offset points",
        fontsize=TEXT_PT,
        ha="center",
        va="bottom" if above else "top",
        zorder=4.0,
        path_effects=[withStroke(linewidth=2.2, foreground="white")],
    )
