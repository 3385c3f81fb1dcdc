"""`ctdose show RESULT --records FILE.md`: the RECORDS checklist of a result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.results.result import Result

SUFFIX = ".md"


def check_records_path(path: Path, *, overwrite: bool) -> None:
    """Check that a checklist can be written to a path, before the result is read.

    Raises
    ------
    CtdoseError
        Another suffix; the file exists; its folder is missing or cannot be written.
    """
    from ctdose.cli.output_file import check_place

    if path.suffix.lower() != SUFFIX:
        raise CtdoseError(f"records={path} (not a Markdown file). Name a file that ends with {SUFFIX}.")
    check_place("records", path)
    if path.exists() and not overwrite:
        raise CtdoseError(f"records={path} (exists). Add --overwrite, or name another file.")


def write_records(result: Result, path: Path) -> None:
    """Write the checklist, whole or not at all."""
    from ctdose.cli.exam_output import write_exam
    from ctdose.cli.messages import say
    from ctdose.results.records import records_markdown

    write_exam(records_markdown(result), path)
    say(f"Wrote {path}.")
