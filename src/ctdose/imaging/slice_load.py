"""The tube load that makes one slice, by gantry angle."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ctdose.exam.view_pieces import ViewPiece
from ctdose.kernels.tables import F64

TURN = 2.0 * math.pi
SHORT = 1e-9


def slice_load_mas(pieces: Sequence[ViewPiece], z_mm: float, collimation_mm: float, bins: int) -> F64:
    """Tube load per angle of the views in which the beam covers a slice, mAs, [bins].

    Parameters
    ----------
    pieces : sequence of ViewPiece
        Of one beam.
    z_mm : float
        Of the slice.
    collimation_mm : float
        nT: the slice is covered while the central plane is within half of it.
    bins : int
        Equal bins of the gantry angle, the first from 0 on.

    Returns
    -------
    float64 ndarray [bins]
        The load that the whole rotation would have if every angle were as this one: with a constant tube current
        and all angles covered alike, the effective mAs in every bin.
    """
    total = np.zeros(bins)
    for piece in pieces:
        begin, end = _covered(piece, z_mm, collimation_mm / 2.0)
        if end - begin <= SHORT:
            continue
        if piece.angle_is_random:
            start, span = piece.angle_start_rad, piece.angle_span_rad
        else:
            start = piece.angle_start_rad + piece.angle_span_rad * begin
            span = piece.angle_span_rad * (end - begin)
        total += piece.mas * (end - begin) * _spread(start, span, bins)
    return total * bins


def _covered(piece: ViewPiece, z_mm: float, half_mm: float) -> tuple[float, float]:
    """Fractions of a piece between which the beam covers a slice."""
    way = piece.z_end_mm - piece.z_start_mm
    if abs(way) < SHORT:
        return (0.0, 1.0) if abs(piece.z_start_mm - z_mm) <= half_mm else (0.0, 0.0)
    ends = sorted(((z_mm + side - piece.z_start_mm) / way) for side in (-half_mm, half_mm))
    return max(0.0, ends[0]), min(1.0, ends[1])


def _spread(start: float, span: float, bins: int) -> F64:
    """Share of an arc in each bin, [bins]; a sum of 1."""
    low, high = sorted((start, start + span))
    if high - low < SHORT:
        share = np.zeros(bins)
        share[int(low % TURN / TURN * bins) % bins] = 1.0
        return share
    edges = np.arange(bins + 1) / bins * TURN
    share = np.zeros(bins)
    for turn in range(math.floor(low / TURN), math.floor((high - SHORT) / TURN) + 1):
        inside = np.clip(edges + turn * TURN, low, high)
        share += np.diff(inside) / (high - low)
    return share
