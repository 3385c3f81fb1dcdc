"""The Python interface: load an exam, simulate it, keep the result."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.exam.library import load_exam
from ctdose.exam.phantom_checks import body_name
from ctdose.exam.resolved import resolve
from ctdose.execution.prepared import PreparedExam, on_table, prepare

if TYPE_CHECKING:
    from ctdose.exam.model import Exam
    from ctdose.execution.checkpoint import Checkpoint
    from ctdose.results.exam_change import AcquisitionChange
    from ctdose.results.result import Result
    from ctdose.results.what_if import WhatIf

Progress = Callable[[str, int, int], None]
"""Called with the stage (``calibration 120 kV body``, ``adult-male``), the batches done and those wanted."""


def available_threads() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def simulate(
    exam: Exam | PreparedExam | str | Path,
    *,
    threads: int | None = None,
    histories: int | None = None,
    seed: int | None = None,
    target_relative_standard_error: float | None = None,
    dose_map: bool = True,
    device: str = "cpu",
    checkpoint: str | Path | None = None,
    progress: Progress | None = None,
) -> Result:
    """Simulate an exam.

    Parameters
    ----------
    exam : Exam, PreparedExam, name or path
    threads : int, optional
        Default: all processors. The result does not depend on it.
    histories, seed : int, optional
        Instead of those of the exam. Histories are shared evenly among the bodies.
    target_relative_standard_error : float, optional
        Instead of the exam's: each body is simulated until its target organs are known so well.
    dose_map : bool
        Keep dose maps.
    device : str
        ``cpu``, or ``cuda`` for an NVIDIA GPU; the result does not depend on it. The calibration runs on the CPU.
    checkpoint : str or Path, optional
        A file that keeps what is done, every 30 s and at the end. If there is one of the same exam and seed, the run
        goes on from it: to the same bits, and with a larger `histories` beyond what it was for. One process at a time.
        If it cannot be written meanwhile, a warning says so, and the run goes on.
    progress : callable, optional

    Returns
    -------
    Result
        With `complete` False if Ctrl-C ended it early.

    Raises
    ------
    CtdoseError
        If the exam is wrong, the device is not there, or the checkpoint is damaged, of another run, or in no folder.
    """
    from ctdose.execution.checkpoint import EVERY_SECONDS
    from ctdose.execution.exam_run import run_exam
    from ctdose.simulation.cuda_device import check_device
    from ctdose.simulation.local_threads import LocalThreads

    check_device(device)
    ready = (exam if isinstance(exam, PreparedExam) else prepare(exam)).with_simulation(
        histories=histories, seed=seed, target_relative_standard_error=target_relative_standard_error
    )
    kept = None if checkpoint is None else _checkpoint(Path(checkpoint), ready, device)
    workers = threads or available_threads()
    executor = LocalThreads(workers, device, seconds=math.inf if kept is None else EVERY_SECONDS)
    result = run_exam(
        ready,
        executor,
        threads=workers,
        dose_map=dose_map,
        device=device,
        checkpoint=kept,
        progress=progress,
    )
    if kept is not None:
        kept.try_to_write()
    return result


def _checkpoint(path: Path, ready: PreparedExam, device: str) -> Checkpoint:
    """What keeps a run; a folder that is not there is found now, not after hours."""
    from ctdose.execution.checkpoint import Checkpoint
    from ctdose.results.hdf5_write import check_target
    from ctdose.results.part_file import load_part

    check_target(path, overwrite=True)
    stored = load_part(path) if path.exists() else None
    return Checkpoint(path, ready, stored, device=device, notice=_warn)


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=2)


def what_if(result: Result, changes: Sequence[AcquisitionChange]) -> WhatIf:
    """Doses of a changed exam from the views of a result, without a simulation.

    Parameters
    ----------
    result : Result
    changes : sequence of AcquisitionChange
        Other range, modulation or tube current of acquisitions; what is not named stays.

    Returns
    -------
    WhatIf
        With a row for each organ: `dose`, `standard_error`, `ratio` to the dose of the result.

    Raises
    ------
    CtdoseError
        If the views were not kept, the changed exam is wrong, or reaches beyond what was simulated.
    """
    from ctdose.phantoms.library import load_bodies
    from ctdose.results.exam_change import changed_exam, scanner_of
    from ctdose.results.what_if import reweighted

    exam, scanner = changed_exam(result, changes), scanner_of(result)
    phantoms = load_bodies(exam.phantom_source, exam.simulation.voxel_mm, folder=exam.folder)
    resolved = resolve(exam, scanner, phantoms)
    placed = {body_name(phantom): phantom for phantom in on_table(exam, scanner, phantoms)}
    return reweighted(result, resolved.plans, {name: p.sha256() for name, p in placed.items()})


def load_result(path: str | Path) -> Result:
    """Read a result file, all of it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Result
        Equal to the one that was saved.

    Raises
    ------
    CtdoseError
        If the file is missing, of another kind or of a newer major version, damaged, or refers to anything outside
        itself.
    """
    from ctdose.results.result_file import load_result as load

    return load(path)


__all__ = ["PreparedExam", "available_threads", "load_exam", "load_result", "prepare", "simulate", "what_if"]
