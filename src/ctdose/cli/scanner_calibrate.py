"""`ctdose scanner calibrate`: an equivalent source from what a physicist measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.messages import say
from ctdose.cli.table import print_table
from ctdose.cli.typed_numbers import parse_threads
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.calibration.calibrate_source import SourceCalibration

SUFFIXES = (".yaml", ".yml")


def calibrate(
    measurements: Annotated[
        Path, typer.Argument(metavar="MEASUREMENTS.yaml", help="What was measured; keys: docs/scanners.md.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the scanner here. [default: nowhere]"),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the fit (.png, .pdf, .svg).")
    ] = None,
    threads: Annotated[
        str | None, typer.Option(metavar="N", help="The result does not depend on it. [default: all]")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier files.")] = False,
) -> None:
    """Fit filtration and bowtie of a scanner to half-value layers, air kerma, CTDI and bowtie profiles.

    Prints each reading with its error, what the fitted source gives and their difference in sigma; then each parameter,
    and which of them the measurements determine. What they cannot determine is said, and taken from the base scanner.
    A source that does not fit its measurements is not written. Errors are one sigma.

    \b
    Examples:
      ctdose scanner calibrate measurements.yaml
      ctdose scanner calibrate measurements.yaml -o ct-room-3.yaml --plot fit.png
      ctdose scanner keys --measurements
    """
    from ctdose.api import available_threads
    from ctdose.calibration.calibrate_source import calibrate_source
    from ctdose.cli.exam_output import write_exam
    from ctdose.cli.output_file import check_picture_path

    if output is not None:
        check_scanner_path(output, measurements, overwrite=overwrite)
    if plot is not None:
        check_picture_path(plot, overwrite=overwrite)
    workers = available_threads() if threads is None else parse_threads(threads)
    found = calibrate_source(measurements, threads=workers, progress=_simulating())
    _show(found)
    found.check_fit()
    if plot is not None:
        from ctdose.results.source_plot import plot_source

        plot_source(found, plot)
        say(f"Wrote {plot}.")
    if output is None:
        say("No scanner was written: name a file with -o.")
    else:
        write_exam(found.scanner.to_yaml(), output)
        say(f"Wrote {output}. See ctdose scanner show {output}.")


def check_scanner_path(path: Path, measurements: Path, *, overwrite: bool) -> None:
    """Check that a scanner's file can be written to a path.

    Raises
    ------
    CtdoseError
        Another suffix; the file exists, or is that of the measurements; its folder does not or cannot be written.
    """
    from ctdose.cli.output_file import check_place

    if path.suffix not in SUFFIXES:
        raise CtdoseError(f"output={path} (not the name of a scanner's file). End it in .yaml.")
    check_place("output", path)
    if path.exists() and measurements.exists() and path.samefile(measurements):
        raise CtdoseError(f"output={path} (holds the measurements). Name another file with -o.")
    if path.exists() and not overwrite:
        raise CtdoseError(f"output={path} (exists). Add --overwrite, or name another file with -o.")


def _simulating():
    """Say once for each phantom that it is simulated."""
    said: set[str] = set()

    def progress(case: str, done: int, wanted: int) -> None:
        if case not in said:
            said.add(case)
            say(f"Simulating the {case} once (about a minute); kept in the cache for later fits.")

    return progress


def _show(found: SourceCalibration) -> None:
    from ctdose.results.source_text import (
        PARAMETER_HEADINGS,
        READING_HEADINGS,
        fit_line,
        parameter_rows,
        reading_rows,
        undetermined,
    )

    measurements = found.file.measurements
    print(
        f"# {measurements.scanner}: measurements of {measurements.date}, base scanner {measurements.base}, "
        f"CTDI at nT {found.file.collimation_mm:g} mm"
    )
    print_table(READING_HEADINGS, reading_rows(found), numbers=(2, 3, 4))
    print(f"# {fit_line(found)}")
    print()
    print_table(PARAMETER_HEADINGS, parameter_rows(found), numbers=(2, 3))
    for line in undetermined(found):
        print(f"# {line}")
