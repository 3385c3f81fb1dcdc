"""What an HDF5 file declares of its parts, checked before anything is read or allocated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import h5py

MAX_BYTES = 1 << 36  # of all datasets together, unpacked
MAX_RANK = 4
MAX_CHUNK_BYTES = 1 << 28
GZIP_AT_MOST = 1040  # deflate packs no more than 1032 to 1
GZIP, SHUFFLE, FLETCHER32 = 1, 2, 3  # HDF5's numbers of its filters


class Unfit(Exception):
    """Something in the file is not as it should be: ``what (why). What would be right.``"""


@dataclass(frozen=True)
class Declared:
    """A dataset as the file declares it, nothing read yet."""

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def bytes(self) -> int:
        """Size in memory."""
        return math.prod(self.shape) * self.dtype.itemsize


def check_link(link: Any, path: str) -> None:
    """Refuse every link but one that is the part itself."""
    import h5py

    if isinstance(link, h5py.ExternalLink):
        raise Unfit(f"{path} (links to another file). Keep everything in one file.")
    if not isinstance(link, h5py.HardLink):
        raise Unfit(f"{path} (a soft link). Keep the part itself there.")


def declared_of(place: h5py.Dataset, path: str) -> Declared:
    """Check how a dataset is stored, without reading it."""
    import h5py

    plist = place.id.get_create_plist()
    if plist.get_layout() == h5py.h5d.VIRTUAL:
        raise Unfit(f"{path} (a virtual dataset). Keep the data in the file itself.")
    if plist.get_external_count():
        raise Unfit(f"{path} (stored in another file). Keep the data in the file itself.")
    filters = {plist.get_filter(i)[0] for i in range(plist.get_nfilters())}
    if not filters <= {GZIP, SHUFFLE, FLETCHER32}:
        raise Unfit(f"{path} (an unknown filter). Use gzip, shuffle and fletcher32 only.")
    if (
        place.shape is None
        or len(place.shape) > MAX_RANK
        or not is_plain(place.dtype, scalar=place.shape == ())
    ):
        raise Unfit(f"{path} (of a type or rank that no result has). Write it as documented.")
    declared = Declared(path, tuple(place.shape), place.dtype)
    stored = place.id.get_storage_size()
    if declared.bytes > stored * (GZIP_AT_MOST if GZIP in filters else 1):
        raise Unfit(f"{path} (declares {declared.bytes} bytes and holds {stored}). Use an undamaged copy.")
    if place.chunks and math.prod(place.chunks) * place.dtype.itemsize > MAX_CHUNK_BYTES:
        raise Unfit(f"{path} (in chunks larger than {MAX_CHUNK_BYTES} bytes). Write it in smaller ones.")
    if place.chunks and place.id.get_num_chunks() != math.prod(
        -(-n // c) for n, c in zip(place.shape, place.chunks)
    ):
        raise Unfit(f"{path} (parts of it are missing). Use an undamaged copy.")
    return declared


def is_plain(dtype: np.dtype, *, scalar: bool = False) -> bool:
    """Numbers, texts of fixed length and tables of them; a single text may have any length."""
    import h5py

    if dtype.names is not None:
        return len(dtype.names) <= 64 and all(
            dtype[n].names is None and is_plain(dtype[n]) for n in dtype.names
        )
    if dtype.kind == "O":
        return scalar and h5py.check_string_dtype(dtype) is not None
    return dtype.kind in "iufS" and dtype.itemsize <= 1 << 16 and dtype.subdtype is None


def check_sizes(declared: list[Declared], file_bytes: int) -> None:
    """Refuse more than a limit in all, or more than a file of that size can hold."""
    total = sum(each.bytes for each in declared)
    if total > min(MAX_BYTES, file_bytes * GZIP_AT_MOST):
        raise Unfit(
            f"datasets (declare {total} bytes in all, in a file of {file_bytes}). Use an undamaged copy."
        )
