"""`ctdose report FOLDER`: the page of a batch, and on request that of each of its exams."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from ctdose.cli.report import SUFFIX, check_page_path, load_subject, write_page

if TYPE_CHECKING:
    from ctdose.report.batch_page import Batch

RESULT_SUFFIX = ".h5"


def load_batch(folder: Path, page: Path, *, each: bool, overwrite: bool) -> Batch:
    """Read the summary of a batch, and find or write the pages of its exams.

    Parameters
    ----------
    folder : Path
        Of `ctdose batch`.
    page : Path
        Where the page of the batch will be: links are seen from there.
    each : bool
        Write a page for each result in the folder.
    overwrite : bool
        Replace earlier ones.

    Raises
    ------
    CtdoseError
        There is no summary; a result is damaged; a page is there already.
    """
    from ctdose.report.batch_page import Batch
    from ctdose.report.batch_summary import read_summary
    from ctdose.report.page import report_html

    rows = read_summary(folder)
    names = [row.name for row in rows if row.scans and _is_plain(row.name)]
    if each:
        wanted = {
            name: folder / f"{name}{SUFFIX}" for name in names if (folder / f"{name}{RESULT_SUFFIX}").exists()
        }
        for path in wanted.values():
            check_page_path(path, overwrite=overwrite)
        for name, path in wanted.items():
            write_page(
                report_html(load_subject(folder / f"{name}{RESULT_SUFFIX}")), path, overwrite=overwrite
            )
    there = _seen_from(folder, page)
    pages = {} if there is None else {n: quote(f"{there}{n}{SUFFIX}") for n in names if _is_page(folder, n)}
    return Batch(folder.resolve().name, rows, pages)


def _is_plain(name: str) -> bool:
    """Whether a name of the table, which anybody may have edited, stays in the folder on any system (``C:x``)."""
    return bool(name) and name not in (".", "..") and "\0" not in name and PureWindowsPath(name).name == name


def _is_page(folder: Path, name: str) -> bool:
    return (folder / f"{name}{SUFFIX}").is_file()


def _seen_from(folder: Path, page: Path) -> str | None:
    """The folder as the page's links name it; None if it does not lie beside or below: a path would be told."""
    relative = os.path.relpath(folder.resolve(), page.resolve().parent).replace(os.sep, "/")
    if relative == ".":
        return "./"
    return None if relative.startswith("..") or os.path.isabs(relative) else f"./{relative}/"
