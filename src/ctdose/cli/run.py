"""`ctdose run`: simulate an exam."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli import options
from ctdose.cli.messages import say
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.cli.wanted import Wanted
    from ctdose.results.result import Result


def run(
    exam: Annotated[
        str, typer.Argument(metavar="EXAM", help="An exam's file, or a name of `ctdose exam list`.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="The result. [default: EXAM.h5 in the current folder]"
        ),
    ] = None,
    histories: options.Histories = None,
    target_error: options.TargetError = None,
    threads: options.Threads = None,
    scheduler: options.Scheduler = None,
    workers: options.Workers = None,
    seed: options.Seed = None,
    device: options.Device = "cpu",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier result.")] = False,
    no_dose_map: options.NoDoseMap = False,
    checkpoint_every: options.CheckpointEvery = options.EVERY,
    keep_checkpoint: Annotated[
        bool, typer.Option("--keep-checkpoint", help="Keep it after the end, to add histories later.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, even if there is a checkpoint.")
    ] = False,
    batches: Annotated[
        str | None,
        typer.Option(
            metavar="A:B|I/N", help="Only these batches, or the I-th of N shares: for ctdose merge."
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the dose map on the anatomy (.png, .pdf, .svg).")
    ] = None,
) -> int:
    """Simulate an exam: organ doses and effective dose, and dose maps in an HDF5 file.

    The table goes to standard output, progress to standard error. Ctrl-C or SIGTERM stop within a second and
    keep what was simulated: the file is written, marked incomplete, and the exit code is 1. The same command
    goes on from there, to the same bits; so it does after a crash, from the checkpoint FILE.part.

    \b
    Examples:
      ctdose run chest
      ctdose run mine.yaml -o mine.h5 --histories 1e8 --plot mine.png
      ctdose run chest --target-error 0.01
      ctdose run chest --histories 1e9 --scheduler tcp://10.0.0.5:8786
      ctdose run chest --histories 1e9 --batches 3/16 -o chest.3.part
    """
    from ctdose.cli.wanted import typed

    wanted = typed(
        histories=histories,
        target_error=target_error,
        threads=threads,
        scheduler=scheduler,
        workers=workers,
        seed=seed,
        device=device,
        dose_map=not no_dose_map,
        checkpoint_every=checkpoint_every,
        keep_checkpoint=keep_checkpoint,
        fresh=fresh,
    )
    if plot is not None:
        _check_plot(wanted, batches)
    if batches is not None:
        return _run_part(exam, output, wanted, batches)
    return _run(exam, output, wanted, overwrite=overwrite, plot=plot)


def _check_plot(wanted: Wanted, batches: str | None) -> None:
    if not wanted.dose_map:
        raise CtdoseError("--plot (there is nothing to draw with --no-dose-map). Leave one of them out.")
    if batches is not None:
        raise CtdoseError("--plot (a part of a run has no dose map yet). Draw it after ctdose merge.")


def _run_part(exam: str, output: Path | None, wanted: Wanted, batches: str) -> int:
    from ctdose.cli.run_part import parse_share, run_part

    return run_part(exam, output, wanted, parse_share(batches))


def _run(exam: str, output: Path | None, wanted: Wanted, *, overwrite: bool, plot: Path | None) -> int:
    from ctdose.cli.simulate import simulate_and_save
    from ctdose.cli.summary import print_result

    result = simulate_and_save(exam, output, wanted, overwrite=overwrite, plot=plot)
    print_result(result)
    if plot is not None:
        _draw(result, plot)
    return 0 if result.complete else 1


def _draw(result: Result, path: Path) -> None:
    if not result.has_map:  # of a large body, stopped: its checkpoint has them
        say("No picture: it is drawn when the run has ended.")
        return
    from ctdose.results.plots import plot_dose

    plot_dose(result, path)
    say(f"Wrote {path}.")
