"""One run of `ctdose compare`: progress, Ctrl-C, the files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.cli.display import make_display
from ctdose.cli.interrupt import CTRL_C, Interrupt, Stopped
from ctdose.cli.messages import say
from ctdose.cli.progress import ProgressReport

if TYPE_CHECKING:
    from ctdose.study.parse import StudyFile
    from ctdose.study.prepared import PreparedStudy
    from ctdose.study.result import StudyResult


@dataclass(frozen=True)
class Wanted:
    """What the command line changes of a study; None leaves it as it is."""

    histories: int | None = None
    threads: int | None = None
    seed: int | None = None
    target_error: float | None = None


@dataclass(frozen=True)
class Files:
    """What is to be written, checked by `check_study_paths`."""

    result: Path
    csv: Path | None
    plot: Path | None
    overwrite: bool


def compare_and_save(file: StudyFile, wanted: Wanted, files: Files) -> StudyResult:
    """Run a study and write its files.

    Raises
    ------
    CtdoseError
        The study does not fit its bodies or its scanner; nothing was written.
    Stopped
        Ctrl-C: a part of a study is none, so nothing was written; or what was is complete.
    """
    from ctdose.study.prepared import prepare_study

    try:
        with Interrupt() as interrupt:
            ready = prepare_study(
                file, histories=wanted.histories, seed=wanted.seed, target_error=wanted.target_error
            )
            result = _run(ready, wanted.threads, interrupt)
    except (Stopped, KeyboardInterrupt) as stop:
        raise Stopped("Nothing was written.", getattr(stop, "by", CTRL_C)) from None
    _tell_of_target(result, wanted.target_error)
    try:
        with Interrupt() as interrupt:
            interrupt.keeping = True  # a file that was begun is finished
            _write(result, files, interrupt)
    except (Stopped, KeyboardInterrupt) as stop:
        text = "The files named above are complete, the others were not written."
        raise Stopped(text, getattr(stop, "by", CTRL_C)) from None
    return result


def _run(ready: PreparedStudy, threads: int | None, interrupt: Interrupt) -> StudyResult:
    from ctdose.api import available_threads
    from ctdose.exam.phantom_checks import body_name
    from ctdose.simulation.compiled import is_compiled
    from ctdose.study.run import run_study

    display = make_display()
    bodies = tuple(body_name(phantom) for phantom in ready.exams[0].phantoms)
    report = ProgressReport(display, bodies, compiled=is_compiled())

    def progress(stage: str, done: int, batches: int) -> None:
        interrupt.check()
        report(stage, done, batches)

    try:
        return run_study(ready, threads=threads or available_threads(), progress=progress)
    finally:
        display.close()


def _tell_of_target(result: StudyResult, target: float | None) -> None:
    """Name the variant whose ratio is known worst, if there is a target."""
    from ctdose.study.ratio import relative_error

    if target is None or not result.quantities:
        return
    worst, name = max(
        (relative_error(*result.ratio(i, result.quantities[0])), member.name)
        for i, member in enumerate(result.members[1:], 1)
    )
    verdict = "reached" if worst <= target else "NOT reached"
    dose = result.quantities[0].replace("_", " ")
    known = f"is known to {worst:.2g}, the worst of all" if math.isfinite(worst) else "is 0, with no error"
    say(f"Target of {target:.3g} {verdict}: the ratio of {dose} of {name} {known}.")


def _write(result: StudyResult, files: Files, interrupt: Interrupt) -> None:
    from ctdose.results.hdf5_write import write_file
    from ctdose.results.tables import to_csv
    from ctdose.study.plots import plot_study
    from ctdose.study.study_file import save_study
    from ctdose.study.tables import DoseRow, dose_rows

    save_study(result, files.result, overwrite=files.overwrite)
    say(f"Wrote {files.result}.")
    interrupt.check()
    if files.csv is not None:
        write_file(files.csv, to_csv(dose_rows(result), DoseRow).encode(), overwrite=files.overwrite)
        say(f"Wrote {files.csv}.")
        interrupt.check()
    if files.plot is not None:
        files.plot.mkdir(exist_ok=True)
        for picture in plot_study(result, files.plot):
            say(f"Wrote {picture}.")
            interrupt.check()
