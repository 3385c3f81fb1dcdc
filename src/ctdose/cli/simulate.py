"""One run of `ctdose run`: checks, progress, Ctrl-C, the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.cli.display import make_display
from ctdose.cli.exam_name import check_exam_name
from ctdose.cli.interrupt import Interrupt, Stopped
from ctdose.cli.messages import say
from ctdose.cli.output_file import check_picture_path, check_result_path
from ctdose.cli.progress import CALIBRATION, ProgressReport

if TYPE_CHECKING:
    from ctdose.api import PreparedExam
    from ctdose.exam.model import Exam
    from ctdose.results.result import Result

SUFFIX = ".h5"
FEWEST_FOR_RATE = 10 * 2**16


@dataclass(frozen=True)
class Wanted:
    """What the command line changes of an exam's simulation; None leaves it as it is."""

    histories: int | None = None
    threads: int | None = None
    seed: int | None = None
    target: float | None = None
    dose_map: bool = True
    device: str = "cpu"


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
    from ctdose.api import prepare
    from ctdose.exam.library import load_exam

    exam = load_exam(check_exam_name(source)).with_simulation(
        histories=wanted.histories, seed=wanted.seed, target_relative_standard_error=wanted.target
    )
    path = check_result_path(
        output or Path(Path(source).name.removesuffix(".yaml").removesuffix(".yml") + SUFFIX),
        overwrite=overwrite,
    )
    if plot is not None:
        check_picture_path(plot, overwrite=overwrite)
    try:
        with Interrupt() as interrupt:
            result = _simulate(prepare(exam), wanted, interrupt)
            interrupt.keeping = True
            _tell_of_interruption(result, exam)
            _tell_of_target(result, exam)
            result.save(path, overwrite=overwrite)
    except Stopped:
        raise Stopped("Nothing was written.") from None
    say(f"Wrote {path}.")
    return result


def _simulate(ready: PreparedExam, wanted: Wanted, interrupt: Interrupt) -> Result:
    from ctdose.api import available_threads, simulate
    from ctdose.cli.rates import keep_rate
    from ctdose.simulation.compiled import is_compiled

    threads = wanted.threads or available_threads()
    display = make_display()
    report = ProgressReport(display, tuple(p.name for p in ready.phantoms), compiled=is_compiled())

    def progress(stage: str, done: int, batches: int) -> None:
        if not stage.startswith(CALIBRATION):
            interrupt.keeping = interrupt.keeping or done > 0
        interrupt.check()
        report(stage, done, batches)

    try:
        result = simulate(
            ready, threads=threads, dose_map=wanted.dose_map, device=wanted.device, progress=progress
        )
    except KeyboardInterrupt:
        raise Stopped from None
    finally:
        display.close()
    if wanted.device == "cpu" and report.rate and result.histories >= FEWEST_FOR_RATE:
        keep_rate(ready.exam.simulation.estimator, report.rate, threads)
    return result


def _tell_of_interruption(result: Result, exam: Exam) -> None:
    if not result.complete:
        say(
            f"Stopped by Ctrl-C: {result.histories:,} of {exam.most_histories:,} histories are kept; "
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
