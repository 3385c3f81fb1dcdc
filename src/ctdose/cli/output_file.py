"""Checks of a file that is to be written, made before anything is simulated."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from ctdose.errors import CtdoseError, MissingExtraError
from ctdose.faults import one_line, shortened

RESULT_FORMAT = "ctdose-result"


def check_result_path(path: Path, *, overwrite: bool) -> Path:
    """Check that a result can be written to a path.

    Parameters
    ----------
    path : Path
    overwrite : bool
        Whether an earlier result may be replaced. Another kind of file never is.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    CtdoseError
        The file exists, or its folder does not or cannot be written.
    """
    check_place("output", path)
    if path.exists():
        if not overwrite:
            raise CtdoseError(f"output={path} (exists). Add --overwrite, or name another file with -o.")
        if format_of(path) != RESULT_FORMAT:
            why = "exists and is not a ctdose result, so it is not overwritten"
            raise CtdoseError(f"output={path} ({why}). Name another file with -o.")
    return path


def check_picture_path(path: Path, *, overwrite: bool) -> Path:
    """Check that a picture can be drawn and written to a path.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    CtdoseError
        Another suffix; the file exists; its folder does not or cannot be written.
    """
    from importlib.util import find_spec

    from ctdose.results.canvas import check_picture_path as check_kind

    check_kind(path)
    if find_spec("matplotlib") is None:
        raise MissingExtraError("A plot", "plot")
    check_place("plot", path)
    if path.exists() and not overwrite:
        raise CtdoseError(f"plot={path} (exists). Add --overwrite, or name another file.")
    return path


def check_place(name: str, path: Path) -> None:
    """Check that a file can be written to a path; whether it exists is the caller's business.

    Raises
    ------
    CtdoseError
        No system accepts its name; it is a folder, or its folder is missing or cannot be written.
    """
    check_name(name, path)
    folder = path.parent
    if path.is_dir():
        raise CtdoseError(f"{name}={path} (a folder). Name a file in it.")
    if not folder.exists():
        raise CtdoseError(f"{name}={path} (no folder {folder}). Make it first.")
    if not folder.is_dir():
        raise CtdoseError(f"{name}={path} ({folder} is a file). Name a folder that exists.")
    try:
        # Permission bits lie on network and read-only file systems: only a written file proves it.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = f"its folder cannot be written: {error.strerror}"
        right = "Choose another folder with -o." if name == "output" else "Name a file in another folder."
        raise CtdoseError(f"{name}={path} ({why}). {right}") from None
    if path.exists() and not os.access(path, os.W_OK):
        raise CtdoseError(f"{name}={path} (exists and is read-only). Name another file.")


def check_name(name: str, path: Path) -> None:
    """Refuse a name that no system accepts, or not with what is put around it for a lock or a checkpoint.

    Raises
    ------
    CtdoseError
    """
    try:
        (path.with_name(f".{path.name}.lock") if path.name else path).exists()
    except (OSError, ValueError) as fault:  # ValueError: a null byte
        shown = one_line(f"{name}={shortened(str(path))}")
        if getattr(fault, "errno", None) == errno.ENAMETOOLONG:
            raise CtdoseError(f"{shown} (a name that is too long). Give a shorter one.") from None
        reason = getattr(fault, "strerror", None) or str(fault)
        raise CtdoseError(f"{shown} (cannot be written: {reason}). Name another file.") from None


def format_of(path: Path) -> str:
    """What an HDF5 file says it is, for example ``ctdose-result``; empty if it is none, damaged or says nothing."""
    from ctdose.results.hdf5_root import root_attributes

    found = root_attributes(path).get("format", "")
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)
