"""A checksum behind the end of a file, so that damage is noticed before any library is made to read it.

HDF5 checks its chunks and most of its headers, but a few flipped bits elsewhere can change a number, or keep the
library busy for ever. HDF5 files may be followed by other bytes, which readers leave alone. A program that changes
the file cuts the seal off: then there is none, and HDF5's own checks have to do.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

MARK = b"\nctdose sha256 "
SEAL_BYTES = len(MARK) + 64 + 1


def seal_of(data: bytes) -> bytes:
    """What stands behind the content of a file."""
    return seal_with(hashlib.sha256(data).hexdigest())


def seal_with(digest: str) -> bytes:
    """What stands behind the content of a file whose SHA-256 is known, in hexadecimal digits."""
    return MARK + digest.encode() + b"\n"


def is_intact(path: Path) -> bool:
    """Whether a file is what was sealed, or has no seal.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    size = path.stat().st_size - SEAL_BYTES
    if size < 0:
        return True
    with path.open("rb") as file:
        file.seek(size)
        seal = file.read()
        if not seal.startswith(MARK):
            return True
        file.seek(0)
        total = hashlib.sha256()
        while size > 0:
            block = file.read(min(size, 1 << 20))
            if not block:
                return False
            total.update(block)
            size -= len(block)
    return seal == seal_with(total.hexdigest())
