"""One run of an exam: body after body, from what a checkpoint holds to what was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ctdose.dosimetry.precision import largest_relative_error
from ctdose.errors import CtdoseError
from ctdose.exam.phantom_checks import body_name
from ctdose.execution.assembled import assemble_result
from ctdose.execution.body_setup import BodySetup, set_up_body
from ctdose.execution.calibrated import Progress, calibrate_exam, stage_of
from ctdose.execution.checkpoint import Checkpoint
from ctdose.execution.identity import exam_identity
from ctdose.execution.prepared import PreparedExam
from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.results.result import BodyResult, Result
from ctdose.simulation.ledger import Executor, Ledger, keep_nothing
from ctdose.simulation.rounds import run_rounds
from ctdose.simulation.sums import Sums


def run_exam(
    ready: PreparedExam,
    executor: Executor,
    *,
    threads: int = 1,
    dose_map: bool = True,
    device: str = "cpu",
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
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
    complete = True
    for phantom in ready.phantoms:
        if executor.interrupted and not _is_stored(checkpoint, body_name(phantom)):
            complete = False
            continue
        setup = set_up_body(ready, phantom, emitted, dose_map=dose_map)
        sums, whole = _run_body(setup, executor, checkpoint, progress)
        complete = complete and whole
        if sums is not None:
            bodies[setup.job.body] = setup.result(sums)
    if not bodies:
        raise KeyboardInterrupt
    seconds = checkpoint.elapsed if checkpoint else time.monotonic() - begin
    return assemble_result(ready, bodies, emitted, complete=complete, device=device, seconds=seconds)


def run_batches(
    ready: PreparedExam,
    executor: Executor,
    batches: range,
    *,
    threads: int = 1,
    dose_map: bool = True,
    checkpoint: Checkpoint,
    progress: Progress | None = None,
) -> bool:
    """Simulate some batches of each body and leave their sums in the checkpoint, which is written at the end.

    Parameters
    ----------
    ready : PreparedExam
        Without a target.
    executor : Executor
    batches : range
    threads, dose_map, checkpoint, progress
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
        job = set_up_body(ready, phantom, emitted, dose_map=dose_map).job
        ledger = Ledger(job, executor, checkpoint.start(job), checkpoint.keep)
        _refuse_surplus(ledger, batches, checkpoint)
        ledger.fill(batches, stage_of(progress, job.body))
        complete = complete and not ledger.missing(batches)
    if not checkpoint.histories:
        raise KeyboardInterrupt
    checkpoint.write()
    return complete


def _is_stored(checkpoint: Checkpoint | None, name: str) -> bool:
    return checkpoint is not None and name in checkpoint.numbers()


def _run_body(
    setup: BodySetup, executor: Executor, checkpoint: Checkpoint | None, progress: Progress | None
) -> tuple[Sums | None, bool]:
    """Sums of all that is done of a body, and whether that is all that was asked for."""
    start = None if checkpoint is None else checkpoint.start(setup.job)
    keep = keep_nothing if checkpoint is None else checkpoint.keep
    ledger = Ledger(setup.job, executor, start, keep)
    most = range(setup.most_batches)
    _refuse_surplus(ledger, most, checkpoint)
    report = stage_of(progress, setup.job.body)
    target = setup.ready.exam.simulation.target_relative_standard_error
    if target is None:
        return ledger.fill(most, report), not ledger.missing(most)
    needed = run_rounds(ledger, _excess(setup.concerned, target), len(most), report)
    if needed is not None:
        _refuse_surplus(ledger, range(needed), checkpoint)
    return ledger.sums, needed is not None


def _excess(rows: dict[str, int], target: float) -> Callable[[Sums], float]:
    return lambda sums: largest_relative_error(sums, rows)[1] / target


def _refuse_surplus(ledger: Ledger, batches: Iterable[int], checkpoint: Checkpoint | None) -> None:
    """Refuse what cannot be taken away again: the map holds the sums of all batches together."""
    asked = list(batches)
    surplus = ledger.surplus(asked)
    if surplus and checkpoint is not None:
        raise CtdoseError(
            f"{checkpoint.path} (holds {surplus * BATCH_HISTORIES:,} histories on {ledger.job.body} beyond the "
            f"{len(asked) * BATCH_HISTORIES:,} that are asked for). Ask for more, or begin anew with --fresh."
        )
