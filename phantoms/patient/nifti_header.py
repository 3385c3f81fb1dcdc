"""What a NIfTI file declares of its sizes, checked before a library allocates them; and gzip's own checksum."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import IO, cast

HEADER_BYTES, MARK_BYTES = 348, 4
OFFSET_AT, MAGIC_AT = 108, 344
MOST_EXTENSION_BYTES = 16 << 20
MOST_BEHIND_BYTES = 1 << 20  # behind the pixels
BLOCK_BYTES = 1 << 20


def check_nifti_header(path: Path) -> None:
    """Check that a file begins as NIfTI-1 and that its extensions are as long as they say.

    A negative or huge length would make a reader unpack the whole of a small gzip file into memory.

    Raises
    ------
    ValueError, OSError, EOFError, struct.error, zlib.error
        It is none, or damaged.
    """
    packed = path.name.lower().endswith(".gz")
    with cast(IO[bytes], gzip.open(path) if packed else path.open("rb")) as file:
        head = file.read(HEADER_BYTES + MARK_BYTES)
        order = "<" if struct.unpack("<i", head[:4])[0] == HEADER_BYTES else ">"
        if struct.unpack(f"{order}i", head[:4])[0] != HEADER_BYTES or head[MAGIC_AT:HEADER_BYTES] != b"n+1\0":
            raise ValueError("no single-file NIfTI-1")
        (offset,) = struct.unpack_from(f"{order}f", head, OFFSET_AT)
        left = int(offset) - HEADER_BYTES - MARK_BYTES
        if not 0 <= left <= MOST_EXTENSION_BYTES:
            raise ValueError("pixels begin at an impossible place")
        while head[HEADER_BYTES] and left >= 16:
            (length,) = struct.unpack(f"{order}i", file.read(4))
            if not 8 <= length <= left:
                raise ValueError("an extension of an impossible length")
            if len(file.read(length - 4)) != length - 4:
                raise EOFError
            left -= length


def check_gzip(path: Path, used_bytes: int) -> None:
    """Unpack a file to its end, where gzip's checksum stands: a reader that stops behind the last pixel misses it.

    Parameters
    ----------
    path : Path
    used_bytes : int
        What the header declares; not much more is unpacked.

    Raises
    ------
    OSError, EOFError, zlib.error
        Damaged, truncated, or much longer than declared.
    """
    with gzip.open(path) as file:
        left = used_bytes + MOST_BEHIND_BYTES
        while part := file.read(BLOCK_BYTES):
            left -= len(part)
            if left < 0:
                raise OSError("longer than its header declares")
