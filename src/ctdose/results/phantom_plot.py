"""Pictures of a phantom: its organs in colours, and a scan range on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.canvas import (
    add_axes,
    check_picture_path,
    draw_range,
    dress,
    new_figure,
    save_figure,
)
from ctdose.results.organ_colours import Colours, colours_of
from ctdose.results.picture_layout import lay_out
from ctdose.results.sections import AIR_G_CM3, Section, sections

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RangeMm = tuple[float, float]
LEGEND_IN = 1.9
WIDTH_IN, HEIGHT_IN = 10.0, 10.0


def plot_phantom(
    phantom: VoxelPhantom | Sequence[VoxelPhantom],
    path: str | Path,
    scan_range: RangeMm | Mapping[str, RangeMm | Sequence[RangeMm]] | None = None,
) -> None:
    """Draw coronal, sagittal and transverse sections of a phantom, organs in colours.

    Parameters
    ----------
    phantom : VoxelPhantom or sequence of them
        Several are drawn side by side.
    path : str or Path
        PNG, PDF, SVG, JPEG or TIFF, by its ending; an existing picture is replaced.
    scan_range : (float, float) or mapping, optional
        Lower and upper z, mm, drawn as lines; or one or several such ranges by the name of the phantom. The transverse
        section is in the middle.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    CtdoseError
        If the picture cannot be written.
    """
    place = check_picture_path(path)
    phantoms = [phantom] if isinstance(phantom, VoxelPhantom) else list(phantom)
    ranges = {each.name: _ranges_of(each.name, scan_range) for each in phantoms}
    rows = [_planes(each, ranges[each.name]) for each in phantoms]
    colours = colours_of(phantoms, rows)
    layout = lay_out(rows, width_in=WIDTH_IN, height_in=HEIGHT_IN, header_in=0.0, right_in=LEGEND_IN)
    figure = new_figure(layout.width_in, max(layout.height_in, len(colours.legend) * 0.145))
    for axes, each, row in zip(add_axes(figure, layout), phantoms, rows):
        _draw(axes, each, row, ranges[each.name], colours)
    _legend(figure, colours)
    save_figure(figure, place)


def _ranges_of(name: str, given: RangeMm | Mapping | None) -> list[RangeMm]:
    found: Any = given.get(name) if isinstance(given, Mapping) else given
    if not found:
        return []
    return [(float(low), float(high)) for low, high in ([found] if np.ndim(found) == 1 else found)]


def _planes(phantom: VoxelPhantom, ranges: list[RangeMm]) -> tuple[Section, ...]:
    own = np.array([material.density_g_cm3 for material in phantom.materials])
    solid = (own > AIR_G_CM3)[phantom.material_index]
    middle = (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else None
    if middle is None and phantom.anatomy is not None:
        middle = phantom.anatomy.scan_ranges_mm.get("chest")
    return sections(solid, phantom.origin_mm, phantom.spacing_mm, None, middle)


def _draw(
    axes: Sequence[Axes],
    phantom: VoxelPhantom,
    planes: Sequence[Section],
    ranges: list[RangeMm],
    colours: Colours,
) -> None:
    table = colours.table(phantom)
    for each, plane in zip(axes, planes):
        picture = table[plane.of(phantom.region_index)]
        each.imshow(picture, extent=plane.extent_mm, origin=plane.origin, interpolation="nearest")
        for span in ranges:
            draw_range(each, plane, span, "-")
        dress(each, plane, phantom.name)


def _legend(figure: Figure, colours: Colours) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(facecolor=colour, edgecolor="0.5", label=name) for name, colour in colours.legend]
    legend = figure.legend(
        handles=patches, loc="center right", fontsize=6.5, frameon=False, handlelength=1.2, labelspacing=0.35
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
