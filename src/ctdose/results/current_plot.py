"""Picture of modulated tube currents: along z, and over angle and z."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.results.canvas import LINE_COLOUR, check_picture_path, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ctdose.exam.modulation import TubeCurrents
    from ctdose.exam.plan import Plan
    from ctdose.exam.view_pieces import ViewPiece

WIDTH_IN, ROW_IN, HEADER_IN = 8.0, 3.0, 0.15
SIZE_PT = 7.5


def plot_currents(plans: Mapping[str, Sequence[Plan]], path: str | Path) -> None:
    """Draw the tube current of every modulated acquisition on every body, one row each.

    Parameters
    ----------
    plans : mapping of str to sequence of Plan
        By the name of the body.
    path : str or Path
        PNG, PDF, SVG, JPEG or TIFF, by its ending; an existing picture is replaced.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    CtdoseError
        If no acquisition is modulated, or the picture cannot be written.
    """
    place = check_picture_path(path)
    rows = [
        (plan, plan.modulation)
        for of_body in plans.values()
        for plan in of_body
        if plan.modulation is not None
    ]
    if not rows:
        raise CtdoseError(f"{place} (no acquisition is modulated). Leave --plot-current out.")
    figure = new_figure(WIDTH_IN, HEADER_IN + ROW_IN * len(rows))
    for i, (plan, currents) in enumerate(rows):
        top = 1.0 - (HEADER_IN + ROW_IN * i) / figure.get_figheight()
        height = (ROW_IN - 0.85) / figure.get_figheight()
        bottom = top - (ROW_IN - 0.5) / figure.get_figheight()
        along, around = (figure.add_axes((left, bottom, 0.36, height)) for left in (0.09, 0.52))
        _along(along, plan, currents)
        _around(figure, around, plan, currents)
    handles, labels = along.get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=SIZE_PT, frameon=False, loc="upper center", ncols=len(labels))
    save_figure(figure, place)


def _along(axes: Axes, plan: Plan, currents: TubeCurrents) -> None:
    """Mean and range of the current against z, the head up."""
    z = np.array(currents.z_mm)
    if z.size == 1:  # one place: a short bar
        z = z[0] + np.array([-0.5, 0.5]) * plan.collimation_mm
    low, mean, high = (
        np.broadcast_to(values, z.shape)
        for values in (currents.z_min_ma, currents.z_mean_ma, currents.z_max_ma)
    )
    axes.fill_betweenx(
        z, low, high, color=LINE_COLOUR, alpha=0.25, linewidth=0, label="least to greatest at this z"
    )
    axes.plot(mean, z, color=LINE_COLOUR, linewidth=1.3, label="mean at this z")
    for end in (plan.z_start_mm, plan.z_end_mm):
        axes.axhline(end, color="black", linewidth=0.7, linestyle="--")
    axes.axvline(currents.mean_ma, color="0.4", linewidth=0.7, linestyle=":", label="mean of the scan")
    axes.set_xlim(left=0.0)
    _dress(axes, "tube current (mA)", "z (mm), towards the head")
    title = f"{plan.name} on {plan.body}: {currents.min_ma:.3g} to {currents.max_ma:.3g} mA"
    title += f", mean {currents.mean_ma:.4g} mA"
    axes.set_title(title, fontsize=SIZE_PT + 1, loc="left", parse_math=False)


def _around(figure: Figure, axes: Axes, plan: Plan, currents: TubeCurrents) -> None:
    """Current of every piece at its angle and z, as a rectangle each."""
    from matplotlib.collections import PolyCollection

    first = [(p, ma) for p, ma in zip(plan.pieces, currents.pieces_ma, strict=True) if p.beam == 0]
    corners = [_rectangle(plan, piece) for piece, _ in first]
    heights = [z for rectangle in corners for _, z in rectangle]
    drawn = axes.add_collection(
        PolyCollection(
            corners,
            array=np.array([ma for _, ma in first]),
            cmap="viridis",
            edgecolors="face",
            linewidths=0.1,
        )
    )
    axes.set_ylim(min(heights) - 5.0, max(heights) + 5.0)
    for end in (plan.z_start_mm, plan.z_end_mm):
        axes.axhline(end, color="black", linewidth=0.7, linestyle="--")
    axes.set_xlim(0, 360)
    axes.set_xticks([0, 90, 180, 270, 360], ["front", "left", "back", "right", "front"])
    _dress(axes, "where the tube is", "")
    bar = figure.colorbar(drawn, ax=axes, fraction=0.05, pad=0.03)
    bar.set_label("mA", fontsize=SIZE_PT)
    bar.ax.tick_params(labelsize=SIZE_PT)


def _rectangle(plan: Plan, piece: ViewPiece) -> list[tuple[float, float]]:
    """Corners of a piece in angle (deg, its middle from 0 to 360) and z (mm); as high as what it stands for."""
    span = abs(np.degrees(piece.angle_span_rad))
    middle = np.degrees(piece.angle_start_rad + piece.angle_span_rad / 2.0) % 360.0
    z, way = (piece.z_start_mm + piece.z_end_mm) / 2.0, abs(piece.z_end_mm - piece.z_start_mm)
    if way == 0.0:
        way = plan.collimation_mm
    elif not piece.angle_is_random:  # the next turn comes by after the table's feed
        way = max(way, plan.feed_mm_per_rotation)
    left, right, low, high = middle - span / 2.0, middle + span / 2.0, z - way / 2.0, z + way / 2.0
    return [(left, low), (right, low), (right, high), (left, high)]


def _dress(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=SIZE_PT)
    axes.set_ylabel(y, fontsize=SIZE_PT)
    axes.tick_params(labelsize=SIZE_PT)
