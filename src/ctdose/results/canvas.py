"""Figures without a display and without matplotlib's global state."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.errors import CtdoseError, MissingExtraError
from ctdose.faults import one_line
from ctdose.results.picture_layout import Layout
from ctdose.results.sections import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf", "svg", "jpg", "jpeg", "tif", "tiff")
DOTS_PER_INCH = 150
LINE_COLOUR = "#2f7ed8"


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure that draws in memory.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("a picture", "plot") from None
    figure = Figure(figsize=(width_in, height_in), dpi=DOTS_PER_INCH)
    FigureCanvasAgg(figure)
    return figure


def check_picture_path(path: str | Path) -> Path:
    """The path of a picture, if its kind can be written.

    Raises
    ------
    CtdoseError
        If its ending is none of `FORMATS`.
    """
    place = Path(path)
    if place.suffix.lower().lstrip(".") not in FORMATS:
        known = ", ".join(FORMATS)
        raise CtdoseError(one_line(f"{place} (not the name of a picture). End it in one of {known}."))
    return place


def save_figure(figure: Figure, path: Path, dots_per_inch: int = DOTS_PER_INCH) -> None:
    """Write a figure; an existing picture is replaced, or stays as it is where that fails.

    Raises
    ------
    CtdoseError
        If it cannot be written.
    """
    from ctdose.results.hdf5_write import write_file

    picture = io.BytesIO()
    kind = path.suffix.lower().lstrip(".")
    figure.savefig(picture, format=kind, dpi=dots_per_inch, facecolor="white")
    write_file(path, picture.getvalue(), overwrite=True)


def add_axes(figure: Figure, layout: Layout) -> list[list[Axes]]:
    """Axes for each body and each of its sections."""
    return [[figure.add_axes(place) for place in places] for places in layout.rectangles]


def dress(axes: Axes, plane: Section, body: str) -> None:
    """Give a section its letters, its title and equal scales; no ticks, for what counts is drawn."""
    title = {0: f"{plane.kind}, z = {plane.position_mm:.0f} mm", 1: f"{body}, {plane.kind}"}.get(
        plane.axis, plane.kind
    )
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("black")
    axes.set_title(title, fontsize=7.5, pad=4, parse_math=False)
    from matplotlib.patheffects import withStroke

    for letter, (x, y) in zip(plane.ends, ((0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0))):
        inwards = (7 * (1 - 2 * x), 7 * (1 - 2 * y))  # points; none along the edge
        axes.annotate(
            letter,
            (x, y),
            xycoords="axes fraction",
            xytext=inwards,
            textcoords="offset points",
            color="white",
            fontsize=8,
            ha="center",
            va="center",
            path_effects=[withStroke(linewidth=1.5, foreground="black")],
        )


def draw_range(axes: Axes, plane: Section, z_range_mm: tuple[float, float], style: str) -> None:
    """Draw a scan range across a coronal or sagittal section."""
    if plane.axis == 0:
        return
    bottom, top = plane.extent_mm[2:]
    for z in z_range_mm:
        if bottom <= z <= top:
            axes.axhline(z, color=LINE_COLOUR, linewidth=1.0, linestyle=style)
