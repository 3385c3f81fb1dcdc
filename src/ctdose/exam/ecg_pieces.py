"""A helical scan whose current follows the heart: its pieces cut where the current changes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.exam.acquisition import Acquisition
from ctdose.exam.beam_choice import FIRST_TUBE
from ctdose.exam.ecg import Ecg
from ctdose.exam.exposure import resolve_exposure
from ctdose.exam.modulation import tube_limits_ma
from ctdose.exam.modulation_level import keeps_open_mas, states_mean
from ctdose.exam.tube_load import tube_loads
from ctdose.exam.view_pieces import ViewPiece
from ctdose.scanner.model import Scanner

if TYPE_CHECKING:
    from ctdose.exam.plan import Plan

SAME = 1e-9


class PhaseError(CtdoseError):
    """A known phase that does not go with the length of the scan: why, and what would be right."""

    def __init__(self, percent: float, why: str, right: str) -> None:
        super().__init__(f"start_phase_percent={percent:g} ({why}). {right}")
        self.percent, self.why, self.right = percent, why, right


def follow_heart(plan: Plan, acquisition: Acquisition, scanner: Scanner) -> Plan:
    """Let the current of a helical plan follow the heart; other plans come back as they are.

    With the phase at beam-on averaged over, the expected current does not depend on time, so the pieces stay as they
    are. With a known phase the mean over the whole beam-on, or the stated CTDI_vol, is kept if the exam states it
    (`output_is: mean`); else the current in the window is kept, and the mean over this beam-on follows.

    Parameters
    ----------
    plan : Plan
        Its mAs is the mean over the beam-on. Another modulation may have varied it along z and angle before: the two
        factors multiply.
    acquisition : Acquisition
    scanner : Scanner
        Gives the limits of the tube.

    Raises
    ------
    PhaseError
        No current flows: the scan ends before the window begins. Or so little of the scan lies in the window that the
        stated mean takes more current than the tube gives.
    """
    ecg = acquisition.ecg
    if ecg is None or plan.mode != "helical" or ecg.start_phase_percent == "averaged":
        return plan
    if ecg.mean_fraction == 1.0:
        return plan
    pieces, parents = _pulsed(plan.pieces, plan.beam_on_time_s, ecg, float(ecg.start_phase_percent))
    total = math.fsum(piece.mas for piece in pieces)
    if total <= 0.0:
        why = f"{plan.name} lasts {plan.beam_on_time_s:.3g} s and the window does not begin in that time"
        raise PhaseError(float(ecg.start_phase_percent), why, "Write averaged.")
    if ecg.output_is == "full":
        scale = 1.0 / ecg.mean_fraction
    elif keeps_open_mas(acquisition):
        scale = _open_mas(plan.pieces) / _open_mas(pieces)
    else:
        scale = plan.total_mas / total
    _check_limits(acquisition, scanner, ecg, ecg.mean_fraction * scale)
    pulsed = replace(plan, pieces=tuple(replace(piece, mas=piece.mas * scale) for piece in pieces))
    if plan.modulation is not None:  # its currents are those in the window
        pulsed = replace(pulsed, modulation=plan.modulation.cut(parents, ecg.mean_fraction * scale))
    return _with_mean(pulsed, total * scale / plan.total_mas)


def _check_limits(acquisition: Acquisition, scanner: Scanner, ecg: Ecg, factor: float) -> None:
    """Check the current in the window, which is `factor` times that of a scan of whole heart cycles.

    That of whole cycles was checked with the exam's keys. The peaks of another modulation count by their mean.
    """
    for load in tube_loads(acquisition, resolve_exposure(acquisition, scanner)):
        most, needed = tube_limits_ma(scanner, load.tube_voltage_kv)[1], factor * load.current_ma
        if factor > 1.0 and states_mean(acquisition) and needed > most * (1.0 + SAME):
            given = f"{scanner.scanner} gives {most:.4g}"
            why = f"little of the scan is in the window: it takes {needed:.4g} mA there, {given}"
            raise PhaseError(float(ecg.start_phase_percent), why, "Write averaged, or a lower output.")


def _open_mas(pieces: Sequence[ViewPiece]) -> float:
    """Each mAs times the part of the beam that moving blades leave open."""
    return math.fsum(piece.mas * piece.open_share for piece in pieces)


def _with_mean(plan: Plan, factor: float) -> Plan:
    """The plan with another mean current: that of its pieces, `factor` on the mAs of both tubes."""
    assert plan.mas_per_rotation is not None
    assert plan.effective_mas is not None
    of_first = math.fsum(p.mas for p in plan.pieces if plan.beams[p.beam].tube == FIRST_TUBE)
    return replace(
        plan,
        tube_current_ma=of_first / plan.beam_on_time_s,
        mas_per_rotation=plan.mas_per_rotation * factor,
        effective_mas=plan.effective_mas * factor,
        total_mas=plan.total_mas * factor,
    )


def _pulsed(
    pieces: tuple[ViewPiece, ...], seconds: float, ecg: Ecg, phase: float
) -> tuple[list[ViewPiece], list[int]]:
    """Cut the pieces where the current changes, and multiply their mAs with it. Time is linear in z.

    With the number of the piece that each was cut from.
    """
    first, last = pieces[0].z_start_mm, pieces[-1].z_end_mm
    changes = ecg.changes_s(seconds, phase)
    found: list[ViewPiece] = []
    parents: list[int] = []
    for number, piece in enumerate(pieces):
        begin, end = ((z - first) / (last - first) * seconds for z in (piece.z_start_mm, piece.z_end_mm))
        cuts = [0.0, *((t - begin) / (end - begin) for t in changes if begin < t < end), 1.0]
        ends = [(a, b) for a, b in itertools.pairwise(cuts) if b - a > SAME]
        parts = [piece.part(a, b) for a, b in ends]
        middles = np.array([begin + (end - begin) * (a + b) / 2 for a, b in ends])
        factors = ecg.relative_current(middles, phase).tolist()
        found += [replace(part, mas=part.mas * factor) for part, factor in zip(parts, factors, strict=True)]
        parents += [number] * len(parts)
    return found, parents
