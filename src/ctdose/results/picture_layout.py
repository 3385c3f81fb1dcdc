"""Where the sections stand on a picture: coronal beside sagittal, transverse below; bodies side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctdose.results.sections import Section

Rectangle = tuple[float, float, float, float]
GAP_IN = 0.12
TITLE_IN = 0.24
BLOCK_GAP_IN = 0.3


@dataclass(frozen=True)
class Layout:
    """Sizes of a picture.

    Attributes
    ----------
    width_in, height_in : float
        Of the whole picture.
    rectangles : tuple of tuples of (left, bottom, width, height)
        For each body and each of its sections, as fractions of the picture.
    """

    width_in: float
    height_in: float
    rectangles: tuple[tuple[Rectangle, ...], ...]


def lay_out(
    rows: Sequence[Sequence[Section]], *, width_in: float, height_in: float, header_in: float, right_in: float
) -> Layout:
    """Place the coronal, sagittal and transverse sections of each body, upright ones on one scale.

    Parameters
    ----------
    rows : sequence of (coronal, sagittal, transverse)
        One for each body.
    width_in, height_in : float
        At most for all sections together.
    header_in, right_in : float
        Left free above and at the right.
    """
    wide = sum(c.size_mm[0] + s.size_mm[0] for c, s, _ in rows)
    tall = max(c.size_mm[1] for c, _, _ in rows)
    free = width_in - len(rows) * GAP_IN - (len(rows) - 1) * BLOCK_GAP_IN
    scale = min(free / wide, (height_in - 2 * TITLE_IN) / (tall + max(_below_mm(row) for row in rows)))
    below = max(_below_mm(row) for row in rows) * scale
    height = header_in + tall * scale + below + 2 * TITLE_IN + GAP_IN / 2
    width = wide * scale + 2 * GAP_IN + len(rows) * GAP_IN + (len(rows) - 1) * BLOCK_GAP_IN + right_in
    left, found = GAP_IN, []
    for row in rows:
        found.append(_block(row, left, GAP_IN / 2 + below + TITLE_IN, scale, (width, height)))
        left += (row[0].size_mm[0] + row[1].size_mm[0]) * scale + GAP_IN + BLOCK_GAP_IN
    return Layout(width, height, tuple(found))


def _below_mm(row: Sequence[Section]) -> float:
    """Height of the transverse section when it is as wide as the two above it, on their scale."""
    across, down = row[2].size_mm
    return down * (row[0].size_mm[0] + row[1].size_mm[0]) / across


def _block(
    row: Sequence[Section], left: float, bottom: float, scale: float, whole: tuple[float, float]
) -> tuple[Rectangle, ...]:
    (cw, ch), (sw, sh), _ = (plane.size_mm for plane in row)
    below = _below_mm(row) * scale

    def rectangle(x: float, y: float, width: float, height: float) -> Rectangle:
        return x / whole[0], y / whole[1], width / whole[0], height / whole[1]

    return (
        rectangle(left, bottom, cw * scale, ch * scale),
        rectangle(left + cw * scale + GAP_IN, bottom, sw * scale, sh * scale),
        rectangle(left + GAP_IN / 2, bottom - TITLE_IN - below, (cw + sw) * scale, below),
    )
