"""`ctdose report`: a result, a study or a batch as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.messages import say
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.report.batch_page import Batch
    from ctdose.results.result import Result
    from ctdose.study.result import StudyResult

SUFFIX = ".html"
SUMMARY = "summary.csv"
"""In the folder of a batch, and taken for it."""
STUDY_FORMAT = "ctdose-study"
HEAD_BYTES = 4096
"""Where a page names its generator."""


def report(
    result: Annotated[
        Path,
        typer.Argument(
            metavar="RESULT",
            help="A file that `ctdose run`, `merge` or `compare` wrote, or the folder of a `ctdose batch`.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The page. [default: RESULT.html here]"),
    ] = None,
    each: Annotated[
        bool,
        typer.Option("--each", help="Of a batch: a page of each exam too, in its folder, and links to them."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier report.")] = False,
) -> None:
    """Write a result, a study or a batch as one HTML page to read, print and pass on; it loads nothing.

    \b
    Examples:
      ctdose report chest.h5
      ctdose report chest-voltage.h5 -o voltage.html --overwrite
      ctdose report patients --each
    """
    from ctdose.report.page import report_html

    if result.name == SUMMARY and result.is_file():
        result = result.parent
    path = output or _default_output(result)
    check_page_path(path, overwrite=overwrite)
    if result.is_dir():
        from ctdose.cli.report_batch import load_batch

        subject: Result | StudyResult | Batch = load_batch(result, path, each=each, overwrite=overwrite)
    elif each:
        raise CtdoseError(f"--each ({result} is not the folder of a batch). Leave it out.")
    else:
        subject = load_subject(result)
    write_page(report_html(subject), path, overwrite=overwrite)


def _default_output(source: Path) -> Path:
    """The name of the file or folder, here."""
    name = source.name if not source.is_dir() else f"{source.resolve().name}{SUFFIX}"
    return Path(name).with_suffix(SUFFIX) if name and name != SUFFIX else Path(f"report{SUFFIX}")


def write_page(page: str, path: Path, *, overwrite: bool) -> None:
    """Write a page and say so."""
    from ctdose.results.hdf5_write import write_file

    data = page.encode()
    write_file(path, data, overwrite=overwrite)
    say(
        f"Wrote {path} ({len(data) / 1e6:.1f} MB)."
        if len(data) > 99_999
        else f"Wrote {path} ({len(data) / 1e3:.0f} kB)."
    )


def load_subject(path: Path) -> Result | StudyResult:
    """Read a result or a study.

    Raises
    ------
    CtdoseError
        It is neither.
    """
    from ctdose.cli.output_file import format_of
    from ctdose.results.result_file import load_result
    from ctdose.study.study_file import load_study_result

    return load_study_result(path) if format_of(path) == STUDY_FORMAT else load_result(path)


def check_page_path(path: Path, *, overwrite: bool) -> None:
    """Refuse what could not be written, before anything is read.

    Raises
    ------
    CtdoseError
        Another suffix; something that is no report, or may not be replaced; the folder cannot be written.
    """
    from ctdose.cli.output_file import check_place

    if path.suffix.lower() not in (SUFFIX, ".htm"):
        raise CtdoseError(f"output={path} (not the name of a page). End it in {SUFFIX}.")
    check_place("output", path)
    if not path.exists():
        return
    if not overwrite:
        raise CtdoseError(f"output={path} (exists). Add --overwrite, or name another file with -o.")
    if not _is_report(path):
        why = "exists and is not a ctdose report, so it is not overwritten"
        raise CtdoseError(f"output={path} ({why}). Name another file with -o.")


def _is_report(path: Path) -> bool:
    from ctdose.report.page import GENERATOR

    try:
        with path.open("rb") as file:
            return f'name="generator" content="{GENERATOR}'.encode() in file.read(HEAD_BYTES)
    except OSError:
        return False
