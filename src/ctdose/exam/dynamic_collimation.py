"""Dynamic collimation: blades that keep the beam of a helical scan off what no image needs.

A helical scan begins before its planned range and ends behind it (over-ranging), with a part of the beam outside the
range. A blade on either side covers that part: it opens as the beam comes in and closes as the beam goes out. Its edge,
seen at the isocentre, never stands farther out than the planned end plus a margin m.

What reconstruction needs is m = h r/R at the least, h being half the beam width at the isocentre, R the distance of the
focal spot from the axis, r the radius of the scanned circle: a voxel of the last slice at the distance R - r from the
tube is met by the outermost ray when the beam's central plane is h (R - r)/R inside the range, and that ray passes the
isocentre h r/R outside of it; at R + r, with the tube outside the range, the same. Real blades leave more open. How
much less radiation there is in air at the isocentre was measured: 27 and 3 % (pitch 0.5, scans of 20 and 500 mm), 46
and 8 % (pitch 1.5) [1]. Two lengths at one pitch give what is blocked, and the over-ranging: 16 of 40 mm, 46 of 81 mm;
with a beam of 41 mm (64 x 0.6 mm and its penumbra: ours, the abstract does not say it) m is 0.72 and 0.85 of h. Here:

    m = 0.8 h                                                                                                 (1)

The blades of [1] may be faster or slower than those of another scanner: [2] found more than half of the over-ranged
dose blocked at all pitches on one, and 10 % at the highest pitch on the one before it.

[1] J. A. Christner et al., AJR 194 (2010) W49-W55, doi:10.2214/AJR.09.2878 (abstract).
[2] R. Booij, M. L. Dijkshoorn, M. van Straten, Eur. Radiol. 27 (2017), doi:10.1007/s00330-017-4745-8 (abstract).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ctdose.exam.view_pieces import ViewPiece

MARGIN = 0.8  # of half the beam width
SAME_MM = 1e-6  # knots closer than this to an end of a piece do not cut it


def blade_margin_mm(beam_width_mm: float) -> float:
    """How far outside the planned range a blade's edge may stand, at the isocentre, mm: (1)."""
    return MARGIN * beam_width_mm / 2.0


def with_blades(
    pieces: Sequence[ViewPiece], z_range_mm: tuple[float, float], beam_width_mm: float, margin_mm: float
) -> tuple[ViewPiece, ...]:
    """Let blades cover what of the beam is farther than a margin outside the planned range.

    Parameters
    ----------
    pieces : sequence of ViewPiece
        Of a helical scan, blades out of the beam.
    z_range_mm : tuple of float
        Planned range, lower z first.
    beam_width_mm : float
        At the isocentre, along z.
    margin_mm : float
        From `blade_margin_mm`.

    Returns
    -------
    tuple of ViewPiece
        Cut where a blade begins or ends to move: its edge stands still at the isocentre while the beam travels, so that
        it moves evenly in between.
    """
    half = beam_width_mm / 2.0
    low, high = z_range_mm[0] - margin_mm, z_range_mm[1] + margin_mm
    knots = (low - half, low + half, high - half, high + half)

    def blades_at(z: float) -> tuple[float, float]:
        return _within((low - z) / half), _within((high - z) / half)

    cut = itertools.chain.from_iterable(_cut(piece, knots) for piece in pieces)
    return tuple(replace(p, blades=(*blades_at(p.z_start_mm), *blades_at(p.z_end_mm))) for p in cut)


def open_share(pieces: Sequence[ViewPiece]) -> float:
    """Mean part of the opening between the blades over the travel of helical pieces."""
    travel = [abs(piece.z_end_mm - piece.z_start_mm) for piece in pieces]
    return math.fsum(t * p.open_share for t, p in zip(travel, pieces, strict=True)) / math.fsum(travel)


def _within(blade: float) -> float:
    return min(max(blade, -1.0), 1.0)


def _cut(piece: ViewPiece, knots: Sequence[float]) -> Iterator[ViewPiece]:
    """Cut a piece where its z passes a knot."""
    first, last = piece.z_start_mm, piece.z_end_mm
    inside = [z for z in knots if min(first, last) + SAME_MM < z < max(first, last) - SAME_MM]
    places = [0.0, *sorted((z - first) / (last - first) for z in inside), 1.0]
    for begin, end in itertools.pairwise(places):
        yield piece.part(begin, end)
