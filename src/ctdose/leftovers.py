"""What a killed process leaves while it writes a file: a hidden part, which the next one to write that file removes.

A part bears the name of its file as a hash, and its writer holds an advisory lock on it (`flock`), which ends with the
process however it ends. `filelock` cannot be used here: it empties what it locks.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCKS = fcntl is not None
OLD_SECONDS = 3600.0  # where nothing says whether somebody still writes it
YOUNG_SECONDS = 60.0  # its writer may be about to lock it


def part_path(path: Path) -> Path:
    """A new name, hidden and beside the file, under which it is written before it has its own."""
    return path.with_name(f".ctdose-{_mark(path)}-{secrets.token_hex(6)}.part")


def hold(part: BinaryIO) -> None:
    """Lock a part until it is closed; where that cannot be done, its age protects it for an hour."""
    if LOCKS:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(part.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def remove_leftovers(path: Path) -> None:
    """Remove the parts of a file that nobody writes any more; what cannot be removed stays."""
    with suppress(OSError):
        for part in list(path.parent.glob(f".ctdose-{_mark(path)}-*.part")):
            with suppress(OSError):
                if _is_left(part):
                    part.unlink()


def _mark(path: Path) -> str:
    """Of a fixed length: names may be as long as the file system allows."""
    return hashlib.sha256(path.name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _is_left(part: Path) -> bool:
    """Whether nobody writes a part.

    Raises
    ------
    OSError
        Somebody does, or it cannot be told.
    """
    about = part.stat()
    age = time.time() - about.st_mtime
    if not LOCKS:
        return age > OLD_SECONDS
    with part.open("r+b") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    return about.st_size > 0 or age > YOUNG_SECONDS  # a writer locks it before the first byte
