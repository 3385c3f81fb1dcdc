"""A helical scan whose current follows the heart: its pieces cut where the current changes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.ecg import Ecg
from ctdose.exam.view_pieces import ViewPiece

if TYPE_CHECKING:
    from ctdose.exam.plan import Plan

SAME = 1e-9


def follow_heart(plan: Plan, acquisition: Acquisition) -> Plan:
    """Let the current of a helical plan follow the heart; other plans come back as they are.

    The total mAs, a time-weighted mean over the whole beam-on, is kept. With the phase at beam-on averaged over, the
    expected current does not depend on time, so the pieces stay as they are.

    Parameters
    ----------
    plan : Plan
        Its mAs is the mean over the beam-on. Another modulation may have varied it along z and angle before: the two
        factors multiply.
    acquisition : Acquisition
    """
    ecg = acquisition.ecg
    if ecg is None or plan.mode != "helical" or ecg.start_phase_percent == "averaged":
        return plan
    if ecg.mean_fraction == 1.0:
        return plan
    pieces = _pulsed(plan.pieces, plan.beam_on_time_s, ecg, float(ecg.start_phase_percent))
    scale = plan.total_mas / math.fsum(piece.mas for piece in pieces)
    return replace(plan, pieces=tuple(replace(piece, mas=piece.mas * scale) for piece in pieces))


def _pulsed(pieces: tuple[ViewPiece, ...], seconds: float, ecg: Ecg, phase: float) -> list[ViewPiece]:
    """Cut the pieces where the current changes, and multiply their mAs with it. Time is linear in z."""
    first, last = pieces[0].z_start_mm, pieces[-1].z_end_mm
    changes = np.array(ecg.changes_s(seconds, phase))
    found: list[ViewPiece] = []
    for piece in pieces:
        begin, end = ((z - first) / (last - first) * seconds for z in (piece.z_start_mm, piece.z_end_mm))
        cuts = [0.0, *((t - begin) / (end - begin) for t in changes if begin < t < end), 1.0]
        parts = [piece.part(a, b) for a, b in itertools.pairwise(cuts) if b - a > SAME]
        middles = [begin + (end - begin) * (a + b) / 2 for a, b in itertools.pairwise(cuts) if b - a > SAME]
        factors = ecg.relative_current(np.array(middles), phase).tolist()
        found += [replace(part, mas=part.mas * factor) for part, factor in zip(parts, factors, strict=True)]
    return found
