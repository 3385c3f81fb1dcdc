"""One process at a time writes an output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ctdose.errors import CtdoseError
from ctdose.results.part_layout import PART_SUFFIX


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from an output and its checkpoint; `path` need not exist, its folder has to.

    Both have one lock: ``chest.h5.part`` is locked as ``chest.h5``. It is a hidden file beside the output, which the
    end of the process frees in any case. It is removed at the end: that two processes get hold of it just then does no
    harm, because files are written whole or not at all.

    Raises
    ------
    CtdoseError
        Another process holds it, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    place = path.parent.resolve() / f".{path.name.removesuffix(PART_SUFFIX)}.lock"
    lock = FileLock(place)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise CtdoseError(
            f"output={path} (another ctdose is writing it). Wait until it has ended, or name another file with -o."
        ) from None
    except OSError as error:
        raise CtdoseError(
            f"output={path} (its folder cannot be written: {error.strerror}). Choose another folder with -o."
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):  # the folder has gone, or another process (Windows) waits for it
            place.unlink(missing_ok=True)
        lock.release()
