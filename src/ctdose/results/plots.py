"""Pictures of a result: the dose map on the anatomy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdose.errors import CtdoseError, nearest
from ctdose.results.canvas import (
    add_axes,
    check_picture_path,
    draw_range,
    dress,
    new_figure,
    save_figure,
)
from ctdose.results.phantom_plot import plot_phantom
from ctdose.results.picture_layout import GAP_IN, lay_out
from ctdose.results.report_lines import effective_dose_lines
from ctdose.results.result import BodyResult, Result
from ctdose.results.sections import AIR_G_CM3, Section, sections

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN_MM = 160.0  # shown beyond the beam, where scattered photons go
OPACITY = 0.85  # of the dose on the anatomy
SLAB_MM = 10.0  # dose is averaged over it, across the section: single voxels are noisy
BONE_G_CM3 = 1.25
FAINT = 0.15  # of the colour scale: the anatomy shines through lower doses
GREY = ((0.0, 0.3, 0.9, 1.1, 1.9), (0.0, 0.12, 0.38, 0.6, 1.0))
"""Density, g/cm3, and its brightness: soft tissues are told apart."""
WIDTH_IN, HEIGHT_IN, HEADER_IN, RIGHT_IN = 10.0, 9.0, 0.65, 0.85

__all__ = ["plot_dose", "plot_phantom"]


def plot_dose(result: Result, path: str | Path, body: str | None = None) -> None:
    """Draw coronal, sagittal and transverse sections of the dose map on the anatomy.

    Parameters
    ----------
    result : Result
    path : str or Path
        PNG, PDF, SVG, JPEG or TIFF, by its ending; an existing picture is replaced.
    body : str, optional
        One body; default: all of them, one below the other, with one colour scale.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    CtdoseError
        If the result holds no dose map or no such body, or the picture cannot be written.
    """
    place = check_picture_path(path)
    bodies = _chosen(result, body)
    planes = [_planes(result, each) for each in bodies]
    layout = lay_out(planes, width_in=WIDTH_IN, height_in=HEIGHT_IN, header_in=HEADER_IN, right_in=RIGHT_IN)
    figure = new_figure(layout.width_in, layout.height_in)
    limit = scale_end_mgy(result, bodies)
    for axes, each, row in zip(add_axes(figure, layout), bodies, planes):
        drawn = _draw_body(axes, result, each, row, limit)
    _title(figure, result)
    _colour_bar(figure, drawn)
    save_figure(figure, place)


def _chosen(result: Result, body: str | None) -> list[BodyResult]:
    if body is not None and body not in result.bodies:
        raise CtdoseError(f"body={body} (not in the result). {nearest(body, list(result.bodies))}")
    bodies = [each for name, each in result.bodies.items() if body in (None, name)]
    if any(each.map is None for each in bodies):
        right = "Run the exam with its dose map; of a stopped run, ctdose merge its checkpoint."
        raise CtdoseError(f"dose map (the result holds none). {right}")
    return bodies


def beam_mm(result: Result, body: BodyResult) -> tuple[float, float]:
    """Outer edges of the beam over all acquisitions on a body, mm."""
    edges = [each.on_body[body.name].beam_edges_mm for each in result.acquisitions]
    return min(low for low, _ in edges), max(high for _, high in edges)


def _planes(result: Result, body: BodyResult) -> tuple[Section, ...]:
    low, high = beam = beam_mm(result, body)
    shown = (low - MARGIN_MM, high + MARGIN_MM)
    grid = body.grid
    return sections(_solid(body), grid.origin_mm, grid.spacing_mm, shown, beam)


def _solid(body: BodyResult) -> np.ndarray:
    return (body.grid.density_g_cm3 > AIR_G_CM3)[body.grid.material_index]


def scale_end_mgy(result: Result, bodies: Sequence[BodyResult]) -> float:
    """Dose at the end of the colour scale, mGy: soft tissue in the beam fills it, bone may go beyond.

    Parameters
    ----------
    result : Result
    bodies : sequence of BodyResult
        All with a dose map; they share the scale.
    """
    ends = [0.0]
    for body in bodies:
        assert body.map is not None
        z = body.grid.origin_mm[2] + body.grid.spacing_mm[2] * np.arange(len(body.map.absorbed_dose_mgy))
        low, high = beam_mm(result, body)
        within = (z >= low) & (z <= high)
        density = body.grid.density_g_cm3
        soft = ((density > AIR_G_CM3) & (density < BONE_G_CM3))[body.grid.material_index[within]]
        dose = body.map.absorbed_dose_mgy[within][soft]
        ends.append(float(np.percentile(dose, 97.0)) if dose.size else 0.0)
    return max(ends) or 1.0


def _draw_body(
    axes: Sequence[Axes], result: Result, body: BodyResult, planes: Sequence[Section], limit: float
) -> Any:
    assert body.map is not None
    density = body.grid.density_g_cm3.astype(np.float32)[body.grid.material_index]
    solid = density > AIR_G_CM3
    for each, plane in zip(axes, planes):
        step = body.grid.spacing_mm[2 - plane.axis]
        dose = plane.mean_of(body.map.absorbed_dose_mgy, solid, round((SLAB_MM / step - 1) / 2))
        where: dict[str, Any] = {
            "extent": plane.extent_mm,
            "origin": plane.origin,
            "interpolation": "nearest",
        }
        each.imshow(np.interp(plane.of(density), *GREY), cmap="gray", vmin=0.0, vmax=1.0, **where)
        shown = np.ma.masked_invalid(np.where(dose > 0.0, dose, np.nan))
        opacity = OPACITY * np.clip(np.nan_to_num(dose) / (FAINT * limit), 0.0, 1.0)
        drawn = each.imshow(shown, cmap="inferno", vmin=0.0, vmax=limit, alpha=opacity, **where)
        for acquisition in result.acquisitions:
            draw_range(each, plane, acquisition.on_body[body.name].planned_mm, "--")
        draw_range(each, plane, beam_mm(result, body), ":")
        dress(each, plane, body.name)
    return drawn


def _title(figure: Figure, result: Result) -> None:
    height = figure.get_figheight()
    lines = (
        (0.18, 11, "black", result.exam),
        (0.38, 8, "0.2", effective_dose_lines(result)[0]),
        (0.54, 7, "0.4", f"{result.histories:,} histories; dashed: scan range, dotted: edges of the beam"),
    )
    for down, size, colour, text in lines:
        y = 1 - down / height
        figure.text(
            GAP_IN / figure.get_figwidth(),
            y,
            text,
            fontsize=size,
            va="center",
            color=colour,
            parse_math=False,
        )


def _colour_bar(figure: Figure, drawn: Any) -> None:
    from matplotlib.cm import ScalarMappable

    width = figure.get_figwidth()
    left = 1 - (RIGHT_IN - 0.05) / width
    # A mappable of its own: that of the picture has the opacity of each of its voxels.
    scale = ScalarMappable(norm=drawn.norm, cmap=drawn.cmap)
    bar = figure.colorbar(scale, cax=figure.add_axes((left, 0.2, 0.15 / width, 0.55)), extend="max")
    bar.set_label(f"absorbed dose, mean over {SLAB_MM:g} mm across (mGy)", fontsize=8)
    bar.ax.tick_params(labelsize=8)
