"""Where sections and legend of one body stand: beside a tall body the transverse section and the legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctdose.results.sections import Section

Box = tuple[float, float, float, float]
WIDTH_IN = 5.6
"""Of all pictures: a phone shows them whole, and the text stays legible."""
LEFT_IN, RIGHT_IN, GAP_IN, TICKS_IN = 0.42, 0.1, 0.14, 0.34
HEAD_IN, TITLE_IN, TITLE_LINES_IN, BELOW_IN = 0.24, 0.2, 0.3, 0.28
PAD_IN = 0.15
"""Black above and below the phantom, for the letters of the directions."""
SIDE_IN = 2.75  # for transverse section and legend
TALLEST_IN, TALL = 7.0, 1.5
LEAST_IN = 0.05


@dataclass(frozen=True)
class Block:
    """One body on the picture; boxes are (left, top, width, height) in inches from the upper left corner; `PAD_IN`
    above and below the phantom is part of them.

    Attributes
    ----------
    top : float
        Where the body's name stands.
    coronal, sagittal, transverse : Box
    legend_left, legend_top, legend_width : float
    bottom : float
        Lower end of the sections; the legend may end lower.
    """

    top: float
    coronal: Box
    sagittal: Box
    transverse: Box
    legend_left: float
    legend_top: float
    legend_width: float
    bottom: float


def lay_out_body(row: Sequence[Section], top: float) -> Block:
    """Place the three sections of a body, coronal and sagittal on one scale.

    Parameters
    ----------
    row : (coronal, sagittal, transverse)
    top : float
        Where the block begins, inches.
    """
    width, height = row[0].size_mm
    return _tall(row, top) if height > TALL * width else _compact(row, top)


def _tall(row: Sequence[Section], top: float) -> Block:
    (cw, ch), (sw, _), (tw, th) = (plane.size_mm for plane in row)
    side = WIDTH_IN - RIGHT_IN - SIDE_IN
    scale = min((side - TICKS_IN - LEFT_IN - GAP_IN) / (cw + sw), TALLEST_IN / ch)
    y = top + HEAD_IN + TITLE_LINES_IN
    coronal = _box(LEFT_IN, y, cw * scale, ch * scale)
    sagittal = _box(LEFT_IN + coronal[2] + GAP_IN, y, sw * scale, ch * scale)
    across = min(SIDE_IN / tw, SIDE_IN / th)
    transverse = _box(side, y, tw * across, th * across)
    left = side - TICKS_IN + GAP_IN
    below = y + transverse[3] + BELOW_IN
    return Block(
        top, coronal, sagittal, transverse, left, below, WIDTH_IN - RIGHT_IN - left, y + coronal[3] + BELOW_IN
    )


def _compact(row: Sequence[Section], top: float) -> Block:
    (cw, ch), (sw, _), (_, th) = (plane.size_mm for plane in row)
    scale = min((WIDTH_IN - LEFT_IN - RIGHT_IN - GAP_IN) / (cw + sw), TALLEST_IN / (ch + th))
    y = top + HEAD_IN + TITLE_IN
    coronal = _box(LEFT_IN, y, cw * scale, ch * scale)
    sagittal = _box(LEFT_IN + coronal[2] + GAP_IN, y, sw * scale, ch * scale)
    below = y + coronal[3] + BELOW_IN + TITLE_IN
    transverse = _box(LEFT_IN, below, cw * scale, th * scale)
    left = LEFT_IN + coronal[2] + GAP_IN
    bottom = below + transverse[3] + BELOW_IN
    return Block(top, coronal, sagittal, transverse, left, below, WIDTH_IN - RIGHT_IN - left, bottom)


def _box(left: float, top: float, width: float, height: float) -> Box:
    """A section with its pads; a single slice is drawn all the same."""
    return left, top, max(width, LEAST_IN), max(height, LEAST_IN) + 2 * PAD_IN
