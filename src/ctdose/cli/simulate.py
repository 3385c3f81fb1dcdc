"""One run of `ctdose run`: checks, progress, Ctrl-C, checkpoint, the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.cli.connected import connected
from ctdose.cli.interrupt import Interrupt, Stopped, unveiled
from ctdose.cli.messages import say
from ctdose.cli.output_file import check_picture_path, check_place
from ctdose.cli.output_lock import locked
from ctdose.cli.resume import check_earlier_result, checkpoint_path, stored_part
from ctdose.cli.wanted import Wanted, default_output
from ctdose.cli.watched import Watched
from ctdose.errors import CtdoseError
from ctdose.execution.checkpoint import Checkpoint

if TYPE_CHECKING:
    from ctdose.api import PreparedExam
    from ctdose.exam.model import Exam
    from ctdose.results.result import Result

FEWEST_FOR_RATE = 10 * 2**16


def simulate_and_save(
    source: str, output: Path | None, wanted: Wanted, *, overwrite: bool = False, plot: Path | None = None
) -> Result:
    """Simulate an exam and write its result, having checked first that it can be written.

    Parameters
    ----------
    source : str
        Name or file of the exam.
    output : Path, optional
        Default: the exam's name in the current folder.
    wanted : Wanted
    overwrite : bool
        Replace an earlier result.
    plot : Path, optional
        Picture that will be drawn of it; here it is checked only.

    Returns
    -------
    Result
        Incomplete after Ctrl-C, and saved all the same.

    Raises
    ------
    CtdoseError
        The exam or one of the files is wrong; nothing was written.
    """
    exam = wanted.exam(source)
    path = output or default_output(source)
    check_place("output", path)
    if plot is not None:
        check_picture_path(plot, overwrite=overwrite)
    with locked(path):
        return _run(exam, path, wanted, overwrite=overwrite)


def _run(exam: Exam, path: Path, wanted: Wanted, *, overwrite: bool) -> Result:
    from ctdose.api import prepare

    kept = checkpoint_path(path)
    stored = stored_part(kept, fresh=wanted.fresh)
    check_earlier_result(path, stored, exam.most_histories, overwrite=overwrite)
    with Interrupt() as interrupt:
        try:
            with unveiled():
                ready = prepare(exam)
                checkpoint = wanted.checkpoint(kept, ready, stored)
                result = _simulate(ready, wanted, checkpoint, interrupt)
        except Stopped as stop:
            raise Stopped(_left(kept), stop.by) from None
        interrupt.keeping = True
        if not result.complete:
            say(_interruption(result, exam, interrupt.by))
        _tell_of_target(result, exam)
        _save(result, path, checkpoint, wanted)
    return result


def _left(checkpoint: Path) -> str:
    return f"The same command goes on from {checkpoint}." if checkpoint.exists() else "Nothing was written."


def _simulate(ready: PreparedExam, wanted: Wanted, checkpoint: Checkpoint, interrupt: Interrupt) -> Result:
    from ctdose.cli.rates import keep_rate
    from ctdose.execution.identity import exam_identity

    checkpoint.check(exam_identity(ready, dose_map=wanted.dose_map))
    if checkpoint.histories:
        say(f"Going on from {checkpoint.path}: {checkpoint.histories:,} histories are done.")
    with (
        connected(wanted) as connection,
        Watched(ready, checkpoint, interrupt, wanted, connection) as watched,
    ):
        result = watched.run()
    rate = watched.report.rate
    if connection is None and wanted.device == "cpu" and rate and result.histories >= FEWEST_FOR_RATE:
        keep_rate(ready.exam.simulation.estimator, rate, watched.threads)
    return result


def _save(result: Result, path: Path, checkpoint: Checkpoint, wanted: Wanted) -> None:
    """Write the result; the checkpoint goes once nothing is left to go on with, or stays if that fails."""
    stays = wanted.keep_checkpoint or not result.complete
    if stays:
        checkpoint.try_to_write()
    try:
        result.save(path, overwrite=True)
    except CtdoseError as fault:
        if stays or checkpoint.try_to_write():
            raise CtdoseError(f"{fault} What was simulated is in {checkpoint.path}.") from None
        if checkpoint.path.exists():
            raise CtdoseError(f"{fault} {checkpoint.path} has what was done until it was written.") from None
        raise
    say(f"Wrote {path}.")
    if stays and checkpoint.path.exists():
        say(f"The same command goes on from {checkpoint.path}, with a larger --histories beyond it.")
        if wanted.dose_map and not result.has_map:
            say(f"It has the dose maps too: ctdose merge {checkpoint.path} -o FILE makes a result with them.")
    elif not stays:
        checkpoint.remove()


def _interruption(result: Result, exam: Exam, by: str) -> str:
    return (
        f"Stopped by {by}: {result.histories:,} of {exam.most_histories:,} histories are kept; "
        "the result is marked incomplete."
    )


def _tell_of_target(result: Result, exam: Exam) -> None:
    """Name the organ that is known worst, of each body, if there is a target."""
    from ctdose.dosimetry.precision import worst_of

    target = exam.simulation.target_relative_standard_error
    if target is None:
        return
    for name, body in result.bodies.items():
        worst = worst_of(body.organs, body.groups, exam.simulation.target_organs)
        if worst is None:
            continue
        reached = worst.relative_standard_error
        verdict = "reached" if reached <= target else "NOT reached"
        say(
            f"Target of {target:.3g} {verdict} on {name}: {worst.name} is known to {reached:.3g}, the worst of all."
        )
