"""Pictures of a phantom: its organs in colours and by numbers, and the scan range of an exam on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.canvas import check_picture_path, new_figure, save_figure
from ctdose.results.legend_drawing import draw_legend, legend_height
from ctdose.results.organ_colours import colour_table, other_names
from ctdose.results.phantom_layout import WIDTH_IN, Block, Box, lay_out_body
from ctdose.results.phantom_legend import Seen, seen_regions, what_is_seen
from ctdose.results.scan_ranges import ScanRange, draw_ranges, near_lines, span_mm
from ctdose.results.section_choice import PointMm, RangeMm, choose_sections
from ctdose.results.section_dressing import ROOM_IN, dress_section, write_numbers
from ctdose.results.sections import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Ranges = RangeMm | Mapping[str, Sequence[ScanRange | RangeMm]]
DOTS_PER_INCH = 200
NOTE_IN, BETWEEN_IN = 0.5, 0.15
NOTE = (
    "R, L: the patient's right and left; A front, P back, H head, F feet.\n"
    "Radiological convention: in coronal and transverse sections the patient's right is on the left.\n"
    "Scales in mm: x to the patient's left, y to the back, z to the head."
)


def plot_phantom(
    phantom: VoxelPhantom | Sequence[VoxelPhantom],
    path: str | Path,
    scan_range: Ranges | None = None,
    at_mm: PointMm | None = None,
) -> None:
    """Draw coronal, sagittal and transverse sections of a phantom, organs in colours, with a legend.

    Parameters
    ----------
    phantom : VoxelPhantom or sequence of them
        Several are drawn one below the other.
    path : str or Path
        PNG, PDF, SVG, JPEG or TIFF, by its ending; an existing picture is replaced.
    scan_range : (float, float) or mapping, optional
        Lower and upper z, mm, drawn as lines; or such ranges, or those of `scan_ranges.scan_ranges`, by the name of
        the phantom. The transverse section is within them.
    at_mm : (float, float, float), optional
        Point (x, y, z) that the sections go through. Default: where the organs are seen best.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    CtdoseError
        If the point is outside a phantom or the picture cannot be written.
    """
    place = check_picture_path(path)
    phantoms = [phantom] if isinstance(phantom, VoxelPhantom) else list(phantom)
    figure = draw_phantoms(phantoms, {each.name: _ranges(each, scan_range) for each in phantoms}, at_mm)
    save_figure(figure, place, DOTS_PER_INCH)


def draw_phantoms(
    phantoms: Sequence[VoxelPhantom], ranges: Mapping[str, Sequence[ScanRange]], at_mm: PointMm | None = None
) -> Figure:
    """The figure that `plot_phantom` saves."""
    rows = [choose_sections(each, at_mm, span_mm(ranges[each.name])) for each in phantoms]
    others = other_names(phantoms)
    seen = what_is_seen(phantoms, rows)
    blocks, top = [], 0.0
    for each, row, legend in zip(phantoms, rows, seen):
        block = lay_out_body(row, top)
        blocks.append(block)
        end = block.legend_top + legend_height(block, legend, ranges[each.name])
        top = max(block.bottom, end) + BETWEEN_IN
    figure = new_figure(WIDTH_IN, top - BETWEEN_IN + NOTE_IN)
    page = _page(figure)
    for each, row, legend, block in zip(phantoms, rows, seen, blocks):
        _draw_body(figure, page, each, row, legend, block, ranges[each.name], colour_table(each, others))
    height = figure.get_figheight()
    page.text(0.1, height - 0.06, NOTE, fontsize=6.5, va="bottom", color="0.25", linespacing=1.25)
    return figure


def _ranges(phantom: VoxelPhantom, given: Ranges | None) -> list[ScanRange]:
    if given is None:
        return []
    if not isinstance(given, Mapping):
        return [ScanRange("", (float(given[0]), float(given[1])))]
    found = given.get(phantom.name, ())
    return [each if isinstance(each, ScanRange) else ScanRange("", each) for each in found]


def _page(figure: Figure) -> Axes:
    """Axes over the whole picture, in inches from its upper left corner."""
    page = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    page.set_xlim(0.0, figure.get_figwidth())
    page.set_ylim(figure.get_figheight(), 0.0)
    page.axis("off")
    return page


def _draw_body(
    figure: Figure,
    page: Axes,
    phantom: VoxelPhantom,
    row: Sequence[Section],
    seen: Seen,
    block: Block,
    ranges: Sequence[ScanRange],
    table: np.ndarray,
) -> None:
    name = phantom.name if len(phantom.name) <= 45 else phantom.name[:44] + "…"
    page.text(0.1, block.top + 0.12, name, fontsize=9.5, weight="bold", va="center", parse_math=False)
    boxes = (block.coronal, block.sagittal, block.transverse)
    for plane, box, numbers in zip(row, boxes, seen.numbers):
        axes, picture = _axes(figure, box), section_colours(phantom, plane, table)
        axes.imshow(
            picture,
            extent=plane.extent_mm,
            origin=plane.origin,
            aspect="auto",
            interpolation="nearest",
        )
        draw_ranges(axes, plane, ranges, words=plane.kind == "coronal")
        scale = box[2] / plane.size_mm[0]
        free = np.where(near_lines(plane, len(numbers), ranges, ROOM_IN / scale)[:, None], 0, numbers)
        write_numbers(axes, plane, free, seen.entries, picture, scale)
        dress_section(axes, plane, scale)
    draw_legend(page, block, seen, ranges)


def _axes(figure: Figure, box: Box) -> Axes:
    left, top, width, height = box
    wide, tall = figure.get_figwidth(), figure.get_figheight()
    return figure.add_axes((left / wide, 1 - (top + height) / tall, width / wide, height / tall))


def section_colours(phantom: VoxelPhantom, plane: Section, table: np.ndarray) -> np.ndarray:
    """Colours of a section, [rows, columns, 3], from those of the regions, [regions, 3]; air black."""
    return np.vstack([table, np.zeros(3)])[seen_regions(phantom, plane)]
