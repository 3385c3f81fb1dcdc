"""The beams of an exam, each with its photons per mAs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ctdose.calibration.calibrate import Calibration
from ctdose.calibration.chosen_beam import build_chosen_beam, calibrate_chosen_beam
from ctdose.execution.prepared import PreparedExam
from ctdose.simulation.ct_beam import CTBeam

Progress = Callable[[str, int, int], None]
"""Called with the stage (``calibration 120 kV body``, ``adult-male``), the batches done and those wanted."""

_one_at_a_time = threading.Lock()
"""Exams that run side by side need the same ones: who waits finds it in the cache."""

EmittedBeams = list[list[tuple[CTBeam, Calibration]]]
"""By acquisition, then by beam."""


def calibrate_exam(ready: PreparedExam, threads: int, progress: Progress | None = None) -> EmittedBeams:
    """Build and calibrate every beam of an exam; a calibration that was made before is read from the cache.

    Raises
    ------
    CtdoseError
        If the scanner states no output for a beam.
    """
    scanner, off_focal = ready.resolved.scanner, ready.exam.simulation.off_focal
    emitted: EmittedBeams = []
    for plan in next(iter(ready.resolved.plans.values())):
        emitted.append([])
        for choice in plan.beams:
            report = stage_of(progress, f"calibration {choice.label}")
            with _one_at_a_time:
                calibration = calibrate_chosen_beam(
                    scanner,
                    choice,
                    plan.ctdi_phantom_cm,
                    off_focal=off_focal,
                    threads=threads,
                    progress=report,
                )
            emitted[-1].append((build_chosen_beam(scanner, choice, off_focal=off_focal), calibration))
    return emitted


def stage_of(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    """The progress of one stage."""
    if progress is None:
        return None
    return lambda done, wanted: progress(stage, done, wanted)
