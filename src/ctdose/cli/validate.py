"""`ctdose validate`: the published benchmark cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.interrupt import Interrupt, Stopped
from ctdose.cli.messages import say
from ctdose.cli.table import print_table
from ctdose.cli.typed_numbers import parse_number, parse_seed, parse_threads
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.validation.job import Job
    from ctdose.validation.row import Row

DEFAULT_SCALE = "0.01"


def validate(
    cases: Annotated[
        list[str] | None,
        typer.Argument(metavar="CASE", help="1, 2, 4.1, 4.2, 5, or a part as 5/120 kVp/90. [default: all]"),
    ] = None,
    scale: Annotated[
        str,
        typer.Option(
            metavar="S",
            help="Factor on the histories; 1 gives standard errors of 0.5 %, and takes some ten minutes.",
        ),
    ] = DEFAULT_SCALE,
    seed: Annotated[str, typer.Option(metavar="N", help="Seed of the random numbers.")] = "1",
    threads: Annotated[
        str | None,
        typer.Option(metavar="N", help="The result does not depend on it. [default: all processors]"),
    ] = None,
    volume: Annotated[
        Path | None, typer.Option(metavar="FILE", help="case5world.tar.gz of the report, which case 5 needs.")
    ] = None,
) -> int:
    """Run the cases of AAPM Report 195 and compare with what four Monte Carlo codes found.

    A row for each figure: ours and its standard error, mean and range of the codes, the difference, and what
    is allowed: half the codes' range or 1 %, whichever is more, and two standard errors. The exit code is 1 if
    a row lies outside. Case 5 is left out where its volume is not at hand.

    \b
    Examples:
      ctdose validate 1 2
      ctdose validate --scale 1 > table.tsv
    """
    from ctdose.api import available_threads
    from ctdose.validation.case_5 import read_volume
    from ctdose.validation.run import CASES, plan_jobs

    share = parse_number("scale", scale, 1e-6, 100.0, "1 takes the histories of the published table.")
    workers = available_threads() if threads is None else parse_threads(threads)
    number = parse_seed(seed)
    try:
        jobs = plan_jobs(cases or (), volume)
    except ValueError as error:
        raise CtdoseError(str(error)) from None
    if volume is not None:
        read_volume(volume)  # kept for the runs; a wrong file is found before the first of them
    if not cases and all(job.case != CASES[-1] for job in jobs):
        say("Case 5 is left out: give its volume with --volume, or set CTDOSE_REFERENCE.")
    rows = _run(jobs, share, number, workers)
    return 0 if rows and all(row.ok for row in rows) else 1


def _run(jobs: list[Job], scale: float, seed: int, threads: int) -> list[Row]:
    """Run the jobs; Ctrl-C ends them, and the rows of those that are done are shown."""
    from ctdose.kernels.tables import BATCH_HISTORIES
    from ctdose.simulation.runner import batches_for

    rows: list[Row] = []
    stopped = False
    try:
        with Interrupt() as interrupt:
            for number, job in enumerate(jobs, start=1):
                histories = batches_for(max(1, round(job.histories * scale))) * BATCH_HISTORIES
                say(f"{number} of {len(jobs)}: {job.name}, {histories:,} histories …")
                rows += job.run(scale=scale, seed=seed, threads=threads)
    except Stopped:
        stopped = True
    _show(rows)
    if stopped:
        say(f"Stopped by {interrupt.by} after {len(rows)} figures; the other runs are missing.")
        raise typer.Exit(1)
    return rows


def _show(rows: list[Row]) -> None:
    from ctdose.validation import format_table, summarize

    lines = [line.split("\t") for line in format_table(rows).splitlines()]
    print_table(lines[0], lines[1:], numbers=range(4, len(lines[0]) - 1))
    for case in summarize(rows):
        say(
            f"Case {case.case}: {case.rows - case.outside} of {case.rows} figures agree; median |difference| "
            f"{case.median_percent:.2f} %, mean difference {case.mean_percent:+.2f} %."
        )
