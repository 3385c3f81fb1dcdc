"""Writing an exam file: never over another kind of file, and whole or not at all."""

from __future__ import annotations

import os
import tempfile
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
    """Write the exam under a temporary name, then rename: a stop leaves no half file."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
