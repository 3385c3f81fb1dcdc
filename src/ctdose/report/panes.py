"""A pane of the page for each plane of a body: picture, lines on it, and the slider's places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ctdose.report.still import ACROSS, ENDS, KINDS, WAYS, size_mm
from ctdose.report.volume import Volume
from ctdose.results.plots import beam_mm
from ctdose.results.result import Result

TALLEST_PX, WIDEST_PX, LARGEST_PX_PER_MM = 620.0, 915.0, 1.0


@dataclass(frozen=True)
class Line:
    """A level across a pane.

    Attributes
    ----------
    style : str
        ``planned`` or ``beam``.
    y : float
        mm below the upper edge.
    """

    style: str
    y: float


@dataclass(frozen=True)
class Pane:
    """One plane.

    Attributes
    ----------
    kind, way : str
        Coronal, sagittal or transverse; the direction the slider moves in: y, x or z.
    width_mm, height_mm : float
    width_px, height_px : int
        On a wide screen: all panes of a body have one scale.
    index, last : int
        Where the slider stands, and its end.
    position_mm : float
        Of the plane at `index`.
    ends : str
        Letters at the left, right, top and bottom.
    lines : tuple of Line
    still : str
        Its picture, as a data URL.
    alternative : str
        The picture in words.
    """

    kind: str
    way: str
    width_mm: float
    height_mm: float
    width_px: int
    height_px: int
    index: int
    last: int
    position_mm: float
    ends: str
    lines: tuple[Line, ...]
    still: str
    alternative: str


def panes_of(result: Result, volume: Volume, still: Callable[[str, int], str]) -> tuple[Pane, ...]:
    """The panes of a body: through the middle of what was scanned.

    Parameters
    ----------
    result : Result
    volume : Volume
    still : callable
        Gives the picture of a plane at an index.
    """
    sizes = {kind: size_mm(volume, kind) for kind in KINDS}
    wide = sum(width for width, _ in sizes.values())
    px_per_mm = min(TALLEST_PX / sizes["coronal"][1], WIDEST_PX / wide, LARGEST_PX_PER_MM)
    middle = _middle(result, volume)
    return tuple(_pane(result, volume, kind, middle, px_per_mm, still) for kind in KINDS)


def _middle(result: Result, volume: Volume) -> tuple[int, int, int]:
    """Index [z, y, x] of the voxel in the middle of the beam and of the body."""
    nz, ny, nx = volume.labels.shape
    low, high = beam_mm(result, result.bodies[volume.body])
    z = round(((low + high) / 2.0 - volume.origin_mm[2]) / volume.spacing_mm[2])
    return min(max(z, 0), nz - 1), ny // 2, nx // 2


def _pane(
    result: Result,
    volume: Volume,
    kind: str,
    middle: tuple[int, int, int],
    px_per_mm: float,
    still: Callable[[str, int], str],
) -> Pane:
    axis, (width, height) = ACROSS[kind], size_mm(volume, kind)
    index, way = middle[axis], WAYS[kind]
    position = volume.origin_mm[2 - axis] + index * volume.spacing_mm[2 - axis]
    return Pane(
        kind=kind,
        way=way,
        width_mm=round(width, 3),
        height_mm=round(height, 3),
        width_px=round(width * px_per_mm),
        height_px=round(height * px_per_mm),
        index=index,
        last=volume.labels.shape[axis] - 1,
        position_mm=position,
        ends=ENDS[kind],
        lines=() if kind == "transverse" else _lines(result, volume),
        still=still(kind, index),
        alternative=f"{kind} section of {volume.body} at {way} = {position:.0f} mm, absorbed dose in colours "
        "on the anatomy in grey",
    )


def _lines(result: Result, volume: Volume) -> tuple[Line, ...]:
    """The planned ranges and the outer edges of the beam, where they are within the picture."""
    top = volume.origin_mm[2] + (volume.labels.shape[0] - 0.5) * volume.spacing_mm[2]
    height = volume.labels.shape[0] * volume.spacing_mm[2]
    planned = [("planned", z) for each in result.acquisitions for z in each.on_body[volume.body].planned_mm]
    beam = [("beam", z) for z in beam_mm(result, result.bodies[volume.body])]
    below = [(style, round(top - z, 3)) for style, z in dict.fromkeys([*planned, *beam])]
    return tuple(Line(style, y) for style, y in below if 0.0 <= y <= height)
