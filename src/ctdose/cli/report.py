"""`ctdose report`: a result or a study as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.messages import say
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.results.result import Result
    from ctdose.study.result import StudyResult

SUFFIX = ".html"
STUDY_FORMAT = "ctdose-study"
HEAD_BYTES = 4096
"""Where a page names its generator."""


def report(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="A file that `ctdose run` or `ctdose compare` wrote.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The page. [default: RESULT.html here]"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier report.")] = False,
) -> None:
    """Write a result, or a study, as one HTML page to read, print and pass on; it loads nothing.

    \b
    Examples:
      ctdose report chest.h5
      ctdose report chest-voltage.h5 -o voltage.html --overwrite
    """
    from ctdose.report.page import report_html
    from ctdose.results.hdf5_write import write_file

    path = output or Path(result.name).with_suffix(SUFFIX) if result.name else Path(f"report{SUFFIX}")
    _check_target(path, overwrite=overwrite)
    page = report_html(_load(result)).encode()
    write_file(path, page, overwrite=overwrite)
    say(f"Wrote {path} ({len(page) / 1e6:.1f} MB).")


def _load(path: Path) -> Result | StudyResult:
    from ctdose.cli.output_file import RESULT_FORMAT, format_of
    from ctdose.results.result_file import load_result
    from ctdose.study.study_file import load_study_result

    kind = format_of(path)
    if kind == STUDY_FORMAT:
        return load_study_result(path)
    if kind and kind != RESULT_FORMAT:
        right = "Give a file that ctdose run or ctdose compare wrote."
        raise CtdoseError(f"{path}: format={kind} (neither a result nor a study). {right}")
    return load_result(path)


def _check_target(path: Path, *, overwrite: bool) -> None:
    """Refuse what could not be written, before anything is read."""
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
