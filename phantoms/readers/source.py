"""Where the files of a foreign phantom lie: a folder, a .zip or a .tar.gz.

Files are read into memory, by their base names; nothing is unpacked to disk, so a path inside an archive leads nowhere.
What an archive may grow into is bounded before it is read.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from ctdose.errors import CtdoseError

MAX_FILES = 20_000
MAX_FILE_BYTES = 1 << 30
MAX_TOTAL_BYTES = 2 << 30
FREE_BYTES, MAX_RATIO = 64 << 20, 200  # text of organ numbers shrinks by some 30; a bomb by 1000

Wanted = Callable[[str], bool]
_BROKEN = (OSError, EOFError, RuntimeError, ValueError, NotImplementedError, zlib.error)
_DAMAGED = (*_BROKEN, tarfile.TarError, zipfile.BadZipFile)


def file_names(path: Path) -> list[str]:
    """Base names of all files in a folder or archive.

    Raises
    ------
    CtdoseError
        There is no such folder or archive, it is damaged, or too large.
    """
    return [name for name, _ in _entries(path, lambda name: False)]


def read_files(path: Path, wanted: Wanted) -> dict[str, bytes]:
    """Read files of a folder or archive.

    Parameters
    ----------
    path : Path
        A folder (searched with all below it), a .zip, .tar.gz or .tgz.
    wanted : callable
        Whether a base name is wanted.

    Returns
    -------
    dict of str to bytes
        By base name in lower case.

    Raises
    ------
    CtdoseError
        There is no such folder or archive, it is damaged or too large, or a wanted name stands twice in it.
    """
    found: dict[str, bytes] = {}
    total = 0
    for name, content in _entries(path, wanted):
        if content is None:
            continue
        if name.lower() in found:
            raise _fault(path, f"{name} stands twice in it", "Keep one")
        found[name.lower()] = content
        total += len(content)
        if total > MAX_TOTAL_BYTES:
            raise _fault(path, f"its files are larger than {MAX_TOTAL_BYTES >> 20} MiB", "Give one phantom")
    return found


def read_file(path: Path) -> bytes:
    """Read one file, of at most `MAX_FILE_BYTES`.

    Raises
    ------
    CtdoseError
        It is missing, no ordinary file, too large or cannot be read.
    """
    if not path.is_file():
        raise _fault(path, "a folder, not a file" if path.is_dir() else "no such file", "Check the path")
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _fault(path, f"larger than {MAX_FILE_BYTES} bytes", "Give a file of one phantom")
        with path.open("rb") as file:
            return _limited(file, path, path.name)
    except OSError as error:
        raise _fault(path, f"cannot be read: {error.strerror}", "Check its permissions") from None


def _fault(path: Path, why: str, right: str) -> CtdoseError:
    return CtdoseError(f"{path}: ({why}). {right}.")


def _entries(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes | None]]:
    """Base name and, where it is wanted, content of every file."""
    reader = _reader(path)
    try:
        for count, entry in enumerate(reader(path, wanted)):
            if count >= MAX_FILES:
                raise _fault(path, f"more than {MAX_FILES} files", "Give a folder of one phantom")
            yield entry
    except CtdoseError:
        raise
    except _DAMAGED as error:
        reason = " ".join(str(error).split())[:120].rstrip(".") or type(error).__name__
        raise _fault(path, f"cannot be read: {reason}", "Copy or download it again") from None


def _reader(path: Path) -> Callable[[Path, Wanted], Iterator[tuple[str, bytes | None]]]:
    if path.is_dir():
        return _of_folder
    if not path.is_file():
        raise _fault(path, "no such folder or archive", "Check the path")
    name = path.name.lower()
    for endings, reader in (((".zip",), _of_zip), ((".tar.gz", ".tgz"), _of_tar)):
        if name.endswith(endings):
            return reader
    raise _fault(path, "neither a folder nor an archive", "Give the folder of the files, a .zip or a .tar.gz")


def _of_folder(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes | None]]:
    for folder, below, names in os.walk(path, followlinks=False):
        below.sort()
        for name in sorted(names):
            file = Path(folder) / name
            yield name, read_file(file) if wanted(name) else None


def _of_zip(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes | None]]:
    budget = _budget(path)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = _base(info.filename)
            if info.is_dir() or not name:
                continue
            if not wanted(name):
                yield name, None
                continue
            budget -= info.file_size
            if budget < 0 or info.file_size > MAX_FILE_BYTES:
                raise _too_large(path, name)
            with archive.open(info) as file:
                yield name, _limited(file, path, name, info.file_size)


def _of_tar(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes | None]]:
    with gzip.open(path) as raw:
        bounded = _Bounded(raw, path)
        with tarfile.open(fileobj=cast(IO[bytes], bounded), mode="r|") as archive:
            for info in archive:
                name = _base(info.name)
                if not info.isreg() or not name:
                    continue
                file = archive.extractfile(info) if wanted(name) else None
                if file is not None and info.size > MAX_FILE_BYTES:
                    raise _too_large(path, name)
                yield name, None if file is None else file.read()
        while bounded.read():  # to gzip's checksum, which stands at the end
            pass


class _Bounded(io.RawIOBase):
    """What comes out of gzip, until it is more than such an archive can hold."""

    def __init__(self, raw: gzip.GzipFile, path: Path) -> None:
        self._raw, self._path, self._left = raw, path, _budget(path)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        part = self._raw.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        self._left -= len(part)
        if self._left < 0:
            raise _too_large(self._path, "its content")
        return part


def _budget(path: Path) -> int:
    return min(MAX_TOTAL_BYTES, FREE_BYTES + MAX_RATIO * path.stat().st_size)


def _too_large(path: Path, name: str) -> CtdoseError:
    return _fault(path, f"{name} unpacks to more than a phantom needs", "Give the archive of one phantom")


def _base(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _limited(file: IO[bytes], path: Path, name: str, declared: int | None = None) -> bytes:
    limit = MAX_FILE_BYTES if declared is None else declared
    content = file.read(limit + 1)
    if len(content) > limit:
        raise _fault(path, f"{name} is larger than {limit} bytes", "Give a file of one phantom")
    return content
