"""Beams and calibrations of the members of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctdose.calibration.calibrate import Calibration, Simulated
from ctdose.calibration.chosen_beam import build_chosen_beam, calibrate_chosen_beam
from ctdose.exam.plan import Plan
from ctdose.execution.calibrated import Progress
from ctdose.simulation.ct_beam import CTBeam
from ctdose.study.calibration_error import of_doses, ratio_error
from ctdose.study.ctdi_measurements import Found, measure
from ctdose.study.ctdi_needed import Measurement, Needed, needed_by

if TYPE_CHECKING:
    from ctdose.api import PreparedExam

Emitted = tuple[tuple[tuple[CTBeam, Calibration], ...], ...]
"""Of one member: by acquisition, then by beam."""


@dataclass(frozen=True)
class Calibrated:
    """The members of a study with their beams.

    Parameters
    ----------
    emitted : tuple
        By member.
    ratio_errors : tuple of float
        By member: relative standard error that the calibrations leave in the ratio of its dose to that of the base, the
        larger one of those at equal mAs and at equal CTDI_vol.
    """

    emitted: tuple[Emitted, ...]
    ratio_errors: tuple[float, ...]


def calibrate_members(
    exams: Sequence[PreparedExam], imaged: int, threads: int, progress: Progress | None
) -> Calibrated:
    """Build and calibrate all beams; equal ones are calibrated once, and alike ones share their histories.

    Parameters
    ----------
    exams : sequence of PreparedExam
        The base first.
    imaged : int
        The acquisition whose CTDI_vol is made equal.
    threads : int
        The result does not depend on it.
    progress : callable or None

    Raises
    ------
    CtdoseError
        If a scanner states no output for a beam.
    """
    needed = [_needed(exam) for exam in exams]
    scanners = {exam.resolved.scanner.sha256: exam.resolved.scanner for exam in exams}
    found = measure(_measurements(needed[:1]), _measurements(needed[1:]), scanners, threads, progress)
    emitted = [_emitted(exam, of_exam, found) for exam, of_exam in zip(exams, needed, strict=True)]
    doses = [
        of_doses(_plans(exam), own, need, imaged)
        for exam, own, need in zip(exams, emitted, needed, strict=True)
    ]
    errors = [
        max(ratio_error(own, base, found) for own, base in zip(member, doses[0], strict=True))
        for member in doses
    ]
    return Calibrated(tuple(emitted), tuple(errors))


def _plans(exam: PreparedExam) -> tuple[Plan, ...]:
    """Those of its first body: beams and phantoms are the same on all."""
    return tuple(next(iter(exam.resolved.plans.values())))


def _needed(exam: PreparedExam) -> list[list[Needed]]:
    """By acquisition, then by beam."""
    return [[needed_by(exam, choice, plan.ctdi_phantom_cm) for choice in plan.beams] for plan in _plans(exam)]


def _measurements(needed: Sequence[Sequence[Sequence[Needed]]]) -> list[Measurement]:
    """All of some members."""
    return [
        each
        for of_member in needed
        for of_plan in of_member
        for beam in of_plan
        for each in (beam.stated, beam.own)
    ]


def _emitted(
    exam: PreparedExam, needed: Sequence[Sequence[Needed]], found: Mapping[Measurement, Found]
) -> Emitted:
    scanner, off_focal = exam.resolved.scanner, exam.exam.simulation.off_focal
    every = []
    for plan, of_plan in zip(_plans(exam), needed, strict=True):
        own = []
        for choice, each in zip(plan.beams, of_plan, strict=True):

            def measured(behind: str | None, each: Needed = each) -> Simulated:
                return found[each.stated._replace(filter=behind)].simulated

            calibration = calibrate_chosen_beam(
                scanner, choice, plan.ctdi_phantom_cm, off_focal=off_focal, measured=measured
            )
            own.append((build_chosen_beam(scanner, choice, off_focal=off_focal), calibration))
        every.append(tuple(own))
    return tuple(every)
