"""Beams and calibrations of the members of a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ctdose.calibration.calibrate import Calibration
from ctdose.calibration.chosen_beam import build_chosen_beam, calibrate_chosen_beam
from ctdose.exam.beam_choice import BeamChoice
from ctdose.simulation.ct_beam import CTBeam

if TYPE_CHECKING:
    from ctdose.api import PreparedExam

Progress = Callable[[str, int, int], None]
"""Called with the stage, the batches done and those wanted."""
Emitted = tuple[tuple[tuple[CTBeam, Calibration], ...], ...]
"""Of one member: by acquisition, then by beam."""


def calibrate_members(
    exams: Sequence[PreparedExam], threads: int, progress: Progress | None
) -> list[Emitted]:
    """Build and calibrate all beams; equal ones are calibrated once.

    Parameters
    ----------
    exams : sequence of PreparedExam
    threads : int
    progress : callable or None
    """
    return [_emitted(exam, threads, progress) for exam in exams]


def _emitted(exam: PreparedExam, threads: int, progress: Progress | None) -> Emitted:
    plans = next(iter(exam.resolved.plans.values()))
    return tuple(
        tuple(_beam(exam, choice, plan.ctdi_phantom_cm, threads, progress) for choice in plan.beams)
        for plan in plans
    )


def _beam(
    exam: PreparedExam, choice: BeamChoice, phantom_cm: int, threads: int, progress: Progress | None
) -> tuple[CTBeam, Calibration]:
    scanner, off_focal = exam.resolved.scanner, exam.exam.simulation.off_focal
    report = stage_of(progress, f"calibration {choice.label}")
    calibration = calibrate_chosen_beam(
        scanner, choice, phantom_cm, off_focal=off_focal, threads=threads, progress=report
    )
    return build_chosen_beam(scanner, choice, off_focal=off_focal), calibration


def stage_of(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    """Name the stage in the reports of a runner."""
    return None if progress is None else lambda done, wanted: progress(stage, done, wanted)
