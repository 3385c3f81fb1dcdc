"""One run of an exam: body after body, from what a checkpoint holds to what was asked for."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace

from ctdose.exam.phantom_checks import body_name
from ctdose.execution.assembled import assemble_result
from ctdose.execution.body_run import BodyRuns, Breakable, refuse_surplus
from ctdose.execution.body_setup import set_up_body
from ctdose.execution.calibrated import Progress, calibrate_exam, stage_of
from ctdose.execution.checkpoint import Checkpoint
from ctdose.execution.identity import exam_identity
from ctdose.execution.prepared import PreparedExam
from ctdose.results.result import BodyResult, Result
from ctdose.simulation.ledger import Executor, Ledger


def run_exam(
    ready: PreparedExam,
    executor: Executor,
    *,
    threads: int = 1,
    dose_map: bool = True,
    device: str = "cpu",
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
    breakable: Breakable | None = None,
) -> Result:
    """Simulate what is missing of an exam, and assemble its result.

    Parameters
    ----------
    ready : PreparedExam
    executor : Executor
        Runs the batches.
    threads : int
        Of the calibration.
    dose_map : bool
    device : str
        What the result says it was made on.
    checkpoint : Checkpoint, optional
        What it holds is not run again, and what is done is kept in it.
    progress : callable, optional
    breakable : callable, optional
        Given where a stop has to be quick: work between the batches may be broken off, and dose maps of more than two
        million voxels are left to the checkpoint.

    Returns
    -------
    Result
        With `complete` False if it was interrupted.

    Raises
    ------
    CtdoseError
        If the exam is wrong, or the checkpoint is that of another run or holds more than is asked for.
    KeyboardInterrupt
        If it was interrupted before anything was done.
    """
    begin = time.monotonic()
    if checkpoint is not None:
        checkpoint.check(exam_identity(ready, dose_map=dose_map))
    emitted = calibrate_exam(ready, threads, progress)
    bodies: dict[str, BodyResult] = {}
    voxels = sum(phantom.material_index.size for phantom in ready.phantoms)
    runs = BodyRuns(executor, checkpoint, progress, breakable, voxels)
    for phantom in ready.phantoms:
        if (runs.stopped or executor.interrupted) and not _is_stored(checkpoint, body_name(phantom)):
            runs.complete = False
            continue
        found = runs.body(set_up_body(ready, phantom, emitted, dose_map=dose_map))
        if found is not None:
            bodies[found.name] = found
    if not bodies:
        raise KeyboardInterrupt
    if runs.maps_stay:
        bodies = {name: replace(body, map=None) for name, body in bodies.items()}
    seconds = checkpoint.elapsed if checkpoint else time.monotonic() - begin
    return assemble_result(ready, bodies, emitted, complete=runs.complete, device=device, seconds=seconds)


def run_batches(
    ready: PreparedExam,
    executor: Executor,
    batches: range,
    *,
    threads: int = 1,
    dose_map: bool = True,
    checkpoint: Checkpoint,
    progress: Progress | None = None,
    breakable: Breakable = nullcontext,
) -> bool:
    """Simulate some batches of each body and leave their sums in the checkpoint, which is written at the end.

    Parameters
    ----------
    ready : PreparedExam
        Without a target.
    executor : Executor
    batches : range
    threads, dose_map, checkpoint, progress, breakable
        As for `run_exam`.

    Returns
    -------
    bool
        Whether all of them are done: False if it was interrupted.

    Raises
    ------
    CtdoseError
        If the checkpoint is that of another run, holds other batches, or cannot be written.
    """
    checkpoint.check(exam_identity(ready, dose_map=dose_map))
    emitted = calibrate_exam(ready, threads, progress)
    complete = True
    for phantom in ready.phantoms:
        if executor.interrupted:
            complete = False
            break
        try:
            with breakable():
                job = set_up_body(ready, phantom, emitted, dose_map=dose_map).job
        except KeyboardInterrupt:
            complete = False
            break
        ledger = Ledger(job, executor, checkpoint.start(job), checkpoint.keep)
        refuse_surplus(ledger, batches, checkpoint)
        ledger.fill(batches, stage_of(progress, job.body))
        complete = complete and not ledger.missing(batches)
    if not checkpoint.histories:
        raise KeyboardInterrupt
    checkpoint.write()
    return complete


def _is_stored(checkpoint: Checkpoint | None, name: str) -> bool:
    return checkpoint is not None and name in checkpoint.numbers()
