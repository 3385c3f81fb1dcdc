"""Writing an exam file: never over another kind of file, and whole or not at all."""

from __future__ import annotations

from pathlib import Path

from ctdose.cli.output_file import check_place
from ctdose.errors import CtdoseError

SUFFIXES = (".yaml", ".yml")


def check_exam_path(path: Path, *, overwrite: bool) -> None:
    """Check that an exam can be written to a path, before anything is read.

    Raises
    ------
    CtdoseError
        Another suffix; the file exists; its folder is missing or cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise CtdoseError(f"output={path} (not an exam file). Name a file that ends with .yaml.")
    check_place("output", path)
    if path.exists() and not overwrite:
        raise CtdoseError(f"output={path} (exists). Add --overwrite, or name another file with -o.")


def write_exam(text: str, path: Path) -> None:
    """Write the exam, whole or not at all.

    Raises
    ------
    CtdoseError
        If it cannot be written.
    """
    from ctdose.results.hdf5_write import write_file

    write_file(path, text.encode(), overwrite=True)
