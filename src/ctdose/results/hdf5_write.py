"""Writes a file: whole, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Protocol

from ctdose.errors import CtdoseError
from ctdose.faults import one_line
from ctdose.leftovers import LOCKS, hold, part_path, remove_leftovers
from ctdose.seal import seal_with


class Image(Protocol):
    """Content of a file that is not one piece of memory."""

    @property
    def nbytes(self) -> int:
        """Size of the file."""
        ...

    def pieces(self) -> Iterator[memoryview]:
        """Its bytes, in order."""
        ...


def check_target(path: Path, *, overwrite: bool) -> None:
    """Refuse a name under which nothing can be written, before any work is done.

    Raises
    ------
    CtdoseError
        If the file exists and may not be replaced, is a folder, or its folder does not exist.
    """
    try:
        if "\0" in str(path):
            raise ValueError("a null byte in its name")
        if path.is_dir():
            raise CtdoseError(
                f"{path} (a folder). Give the name of a file, for example {path / 'result.h5'}."
            )
        if not overwrite and path.exists():
            raise _exists(path)
        if path.exists() and not path.is_file():
            raise CtdoseError(f"{path} (not an ordinary file). Give the name of a file.")
        if not path.parent.is_dir():
            raise CtdoseError(f"{path} (there is no folder {path.parent}). Make the folder, or give another.")
    except (OSError, ValueError) as fault:  # ValueError: a null byte in the name
        reason = getattr(fault, "strerror", None) or str(fault)
        raise CtdoseError(one_line(f"{path} (cannot be written: {reason}). Give another name.")) from None


def write_file(
    path: Path, data: bytes | Image, *, overwrite: bool, temporary: Path | None = None, seal: bool = False
) -> None:
    """Write bytes under a temporary name in the same folder and give them their name when they are on the disk.

    Parameters
    ----------
    path : Path
    data : bytes or Image
    overwrite : bool
        Replace an existing file.
    temporary : Path, optional
        The temporary name, where nobody else writes: what a killed process left there is replaced. Default: a name that
        nobody else has.
    seal : bool
        Put a seal behind the data (`ctdose.seal`).

    Raises
    ------
    CtdoseError
        If the file exists and may not be replaced, or cannot be written; then nothing is left behind.
    """
    check_target(path, overwrite=overwrite)
    size = len(data) if isinstance(data, bytes) else data.nbytes
    part = temporary or part_path(path)
    try:
        remove_leftovers(path)
        try:
            part.unlink(missing_ok=True)
            with part.open("xb") as file:
                hold(file)
                _write_synced(file, data, seal=seal)
                if LOCKS:  # so long as it is held nobody takes it for left
                    _rename(part, path, overwrite=overwrite)
            if not LOCKS:  # Windows does not rename an open file
                _rename(part, path, overwrite=overwrite)
        finally:
            part.unlink(missing_ok=True)
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise CtdoseError(
            f"{path} (cannot be written: {reason}). Give a file in a folder that exists, may be written and has "
            f"{size / 1e6:.0f} MB free."
        ) from None
    _sync_folder(path.parent)


def _write_synced(file: BinaryIO, data: bytes | Image, *, seal: bool) -> None:
    """Write data and, if wanted, its seal, which is computed meanwhile: a stopped run has a second for both."""
    digest = hashlib.sha256()
    hashed: Future[None] | None = None
    with ThreadPoolExecutor(1) as other:
        for piece in (data,) if isinstance(data, bytes) else data.pieces():
            if hashed is not None:
                hashed.result()
            hashed = other.submit(digest.update, piece) if seal else None
            file.write(piece)
    if seal:
        file.write(seal_with(digest.hexdigest()))
    file.flush()
    os.fsync(file.fileno())


def _rename(part: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        os.replace(part, path)
        return
    try:
        os.link(part, path)  # unlike a rename, it never replaces a file that came into being meanwhile
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without hard links
        if path.exists():
            raise _exists(path) from None
        os.rename(part, path)


def _exists(path: Path) -> CtdoseError:
    return CtdoseError(f"{path} (exists already). Give another name, or allow to overwrite it.")


def _sync_folder(folder: Path) -> None:
    """Make the name last; where folders cannot be synced (Windows, some networks), nothing is lost but time."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
