"""Drawing of a phantom's legend, in columns, on axes in inches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ctdose.results.phantom_layout import Block
from ctdose.results.phantom_legend import Entry, Seen, lines_of
from ctdose.results.scan_ranges import ScanRange

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

TEXT_PT, LINE_IN = 7.0, 0.135
SWATCH_IN, NUMBER_IN = (0.2, 0.095), 0.15
COLUMN_IN, MOST_CHARACTERS = 1.25, 60
MOST_RANGES = 6
INNER_NOTE = "second colour: contents"


def legend_height(block: Block, seen: Seen, ranges: Sequence[ScanRange]) -> float:
    """Height of what `draw_legend` draws, inches."""
    return LINE_IN * (len(_range_lines(ranges)) + max(map(len, _columns(block, seen)), default=0) + 2)


def draw_legend(page: Axes, block: Block, seen: Seen, ranges: Sequence[ScanRange]) -> None:
    """Draw the scan ranges and what is seen.

    Parameters
    ----------
    page : Axes
        In inches from the upper left corner of the whole picture.
    block : Block
        Where the legend stands.
    seen : Seen
    ranges : sequence of ScanRange
    """
    top = block.legend_top + LINE_IN / 2
    for text, style in _range_lines(ranges):
        _range_line(page, block, top, text, style)
        top += LINE_IN
    if ranges:
        top += LINE_IN / 2
    columns = _columns(block, seen)
    for i, column in enumerate(columns):
        left = block.legend_left + i * block.legend_width / len(columns)
        for k, line in enumerate(column):
            _line(page, left, top + k * LINE_IN, line, block.legend_width / len(columns))
    end = top + max(map(len, columns), default=0) * LINE_IN
    two = [entry.name for entry in seen.entries if len(entry.colours) > 1]
    notes = [INNER_NOTE + (" (breasts: fat)" if "breasts" in two else "")] if two else []
    notes += [f"and {seen.left_out} smaller ones"] if seen.left_out else []
    if notes:
        _text(page, block.legend_left, end, "; ".join(notes), color="0.3", fontsize=TEXT_PT - 0.5)


def _columns(block: Block, seen: Seen) -> list[list[str | Entry]]:
    """Lines of the legend in as many columns as there is width for; no heading stands last."""
    lines = lines_of(seen)
    count = max(1, int(block.legend_width / COLUMN_IN)) if len(lines) > 10 else 1
    columns: list[list[str | Entry]] = []
    rest = lines
    for left in range(count, 0, -1):
        cut = -(-len(rest) // left)
        while 0 < cut < len(rest) and isinstance(rest[cut - 1], str):
            cut += 1
        columns.append(rest[:cut])
        rest = rest[cut:]
    return columns


def _range_lines(ranges: Sequence[ScanRange]) -> list[tuple[str, Any]]:
    lines: list[tuple[str, Any]] = []
    for scan in ranges[:MOST_RANGES]:
        lines.append((f"scan range: {scan.name}" if scan.name else "scan range", None))
        lines += [(f"{word}, z = {low:.1f} to {high:.1f} mm", s) for word, (low, high), s in scan.lines()]
    if len(ranges) > MOST_RANGES:
        lines.append((f"and {len(ranges) - MOST_RANGES} more", None))
    return lines


def _range_line(page: Axes, block: Block, y: float, text: str, style: Any) -> None:
    left = block.legend_left
    if style is None:
        _name(page, left, y, text, block.legend_width, weight="bold")
        return
    page.plot([left, left + 0.32], [y, y], color="black", linewidth=1.3, linestyle=style)
    _text(page, left + 0.4, y, text)


def _line(page: Axes, left: float, y: float, line: str | Entry, room: float) -> None:
    from matplotlib.patches import Rectangle

    if isinstance(line, str):
        _text(page, left, y, line, weight="bold", fontsize=TEXT_PT - 0.5)
        return
    width, height = SWATCH_IN
    _text(page, left + NUMBER_IN - 0.03, y, str(line.number), ha="right")
    part = width / len(line.colours)
    for i, colour in enumerate(line.colours):
        corner = (left + NUMBER_IN + i * part, y - height / 2)
        page.add_patch(Rectangle(corner, part, height, facecolor=colour, edgecolor="none"))
    outline = Rectangle(
        (left + NUMBER_IN, y - height / 2), width, height, fill=False, edgecolor="0.35", linewidth=0.5
    )
    page.add_patch(outline)
    begin = NUMBER_IN + width + 0.06
    _name(page, left + begin, y, line.name, room - begin - 0.04)


def _name(page: Axes, x: float, y: float, name: str, room: float, **more: Any) -> None:
    """Write a name, cut to the width that there is."""
    text = _text(page, x, y, name, **more)
    most = room * page.transData.get_matrix()[0, 0]  # pixels
    for length in range(min(len(name), MOST_CHARACTERS), 1, -1):
        if text.get_window_extent().width <= most:
            return
        text.set_text(f"{name[: length - 1]}…")


def _text(page: Axes, x: float, y: float, text: str, **more: Any) -> Text:
    look = {"fontsize": TEXT_PT, "va": "center_baseline", "parse_math": False, **more}
    return page.text(x, y, text, **look)
