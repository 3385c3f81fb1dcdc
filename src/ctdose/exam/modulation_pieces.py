"""A scan in pieces so short that the current is constant in each: at most 5 mm along z and 10 degrees around."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ctdose.exam.modulation_attenuation import ANGLE_BIN_DEG
from ctdose.exam.view_pieces import Blades, ViewPiece
from ctdose.kernels.tables import F64

Z_BIN_MM = 5.0
SAME = 1e-9


def z_step_mm(planned_mm: tuple[float, float]) -> float:
    """Distance of the cuts along z: the planned range in equal parts of at most 5 mm."""
    length = planned_mm[1] - planned_mm[0]
    return length / max(1, math.ceil(length / Z_BIN_MM - SAME)) if length > 0 else Z_BIN_MM


def cut_pieces(
    pieces: Sequence[ViewPiece], planned_mm: tuple[float, float], *, along_z: bool, around: bool
) -> list[ViewPiece]:
    """Cut the pieces of a scan; place, time and mAs of the whole stay the same.

    Parameters
    ----------
    pieces : sequence of ViewPiece
        In the order of time; so are those that come back.
    planned_mm : (float, float)
        The cuts along z fall on its ends and divide it evenly.
    along_z, around : bool
        Whether to cut along z into at most 5 mm, and at every 10 degrees.
    """
    step = z_step_mm(planned_mm)
    found: list[ViewPiece] = []
    for piece in pieces:
        z_cuts = _cuts(piece.z_start_mm, piece.z_end_mm, planned_mm[0], step) if along_z else []
        start, span = math.degrees(piece.angle_start_rad), math.degrees(piece.angle_span_rad)
        angle_cuts = _cuts(start, start + span, 0.0, ANGLE_BIN_DEG) if around else []
        if piece.angle_is_random:
            found += [
                _part(piece, z_part, angle_part)
                for z_part in _parts(z_cuts)
                for angle_part in _parts(angle_cuts)
            ]
        else:
            found += [_part(piece, part, part) for part in _parts(sorted({*z_cuts, *angle_cuts}))]
    return found


def multiplied(pieces: Sequence[ViewPiece], factors: F64) -> tuple[ViewPiece, ...]:
    """The same pieces with their mAs times a factor each, [pieces]."""
    return tuple(
        replace(piece, mas=piece.mas * factor) for piece, factor in zip(pieces, factors.tolist(), strict=True)
    )


def places(pieces: Sequence[ViewPiece]) -> tuple[F64, F64, F64]:
    """Middle of each piece along z (mm) and around (deg), and its angular width (deg), [pieces] each."""
    ends = np.array([(p.z_start_mm, p.z_end_mm, p.angle_start_rad, p.angle_span_rad) for p in pieces])
    span = np.degrees(ends[:, 3])
    return (ends[:, 0] + ends[:, 1]) / 2.0, np.degrees(ends[:, 2]) + span / 2.0, np.abs(span)


def _cuts(begin: float, end: float, origin: float, step: float) -> list[float]:
    """Fractions of the way from begin to end at which origin + k · step is passed, without the ends."""
    low, high = sorted((begin, end))
    if high - low < SAME:
        return []
    first, last = math.ceil((low - origin) / step), math.floor((high - origin) / step)
    fractions = ((origin + k * step - begin) / (end - begin) for k in range(first, last + 1))
    return sorted(f for f in fractions if 1e-6 < f < 1.0 - 1e-6)


def _parts(cuts: Sequence[float]) -> Iterator[tuple[float, float]]:
    ends = [0.0, *cuts, 1.0]
    return pairwise(ends)


def _part(piece: ViewPiece, z_part: tuple[float, float], angle_part: tuple[float, float]) -> ViewPiece:
    """A part of a piece: from and to fractions of its z, and of its angle; random angles are independent of z."""
    way = piece.z_end_mm - piece.z_start_mm
    share = z_part[1] - z_part[0]
    if piece.angle_is_random:
        share *= angle_part[1] - angle_part[0]
    return replace(
        piece,
        z_start_mm=piece.z_start_mm + way * z_part[0],
        z_end_mm=piece.z_start_mm + way * z_part[1],
        angle_start_rad=piece.angle_start_rad + piece.angle_span_rad * angle_part[0],
        angle_span_rad=piece.angle_span_rad * (angle_part[1] - angle_part[0]),
        mas=piece.mas * share,
        blades=_blades(piece, z_part),
    )


def _blades(piece: ViewPiece, z_part: tuple[float, float]) -> Blades:
    """Collimator blades that move in the piece, cut likewise."""
    low, high, low_end, high_end = piece.blades
    a, b = z_part
    lows, highs = (
        [begin + (end - begin) * f for f in (a, b)] for begin, end in ((low, low_end), (high, high_end))
    )
    return lows[0], highs[0], lows[1], highs[1]
