"""`ctdose run`: simulate an exam."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.messages import say
from ctdose.cli.typed_numbers import parse_histories, parse_number, parse_seed, parse_threads
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.results.result import Result

TARGET = "For example 0.01."


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
    histories: Annotated[
        str | None, typer.Option(metavar="N", help="Instead of the exam's: 10_000_000, 1e7 or 10M.")
    ] = None,
    target_error: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Until organs in range are known so well: 0.01 is 1 %."),
    ] = None,
    threads: Annotated[
        str | None,
        typer.Option(metavar="N", help="The result does not depend on it. [default: all processors]"),
    ] = None,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Instead of the exam's.")] = None,
    device: Annotated[
        str, typer.Option(metavar="cpu|cuda", help="cuda: an NVIDIA GPU. The result does not depend on it.")
    ] = "cpu",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier result.")] = False,
    no_dose_map: Annotated[
        bool, typer.Option("--no-dose-map", help="Organ doses only; a smaller file.")
    ] = False,
    checkpoint_seconds: Annotated[
        str, typer.Option("--checkpoint-every", metavar="SECONDS", help="Write FILE.part so often; 0: never.")
    ] = "30",
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
      ctdose run chest --histories 1e9 --batches 3/16 -o chest.3.part
    """
    from ctdose.cli.run_part import parse_share, run_part
    from ctdose.cli.simulate import Wanted, simulate_and_save
    from ctdose.cli.summary import print_result
    from ctdose.simulation.cuda_device import check_device

    wanted = Wanted(
        histories=None if histories is None else parse_histories(histories),
        threads=None if threads is None else parse_threads(threads),
        seed=None if seed is None else parse_seed(seed),
        target=None
        if target_error is None
        else parse_number("target_error", target_error, 1e-5, 0.5, TARGET),
        dose_map=not no_dose_map,
        device=device,
        checkpoint_seconds=_seconds(checkpoint_seconds),
        keep_checkpoint=keep_checkpoint,
        fresh=fresh,
    )
    check_device(device)
    if plot is not None and no_dose_map:
        raise CtdoseError("--plot (there is nothing to draw with --no-dose-map). Leave one of them out.")
    if batches is not None:
        if plot is not None:
            raise CtdoseError("--plot (a part of a run has no dose map yet). Draw it after ctdose merge.")
        return run_part(exam, output, wanted, parse_share(batches))
    result = simulate_and_save(exam, output, wanted, overwrite=overwrite, plot=plot)
    print_result(result)
    if plot is not None:
        _draw(result, plot)
    return 0 if result.complete else 1


def _seconds(text: str) -> float:
    """Interval of the checkpoints; infinite for none."""
    seconds = parse_number("checkpoint_every", text, 0.0, 86400.0, "30, or 0 for none.")
    return seconds or math.inf


def _draw(result: Result, path: Path) -> None:
    from ctdose.results.plots import plot_dose

    plot_dose(result, path)
    say(f"Wrote {path}.")
