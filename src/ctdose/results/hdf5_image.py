"""Lays a tree out as an HDF5 file, in memory: HDF5 does not recover from a disk that is full while it closes a file.

Large arrays that are not compressed are no part of what HDF5 makes: it leaves gaps for them, and they go straight from
where they are into the file. A stopped run has a second for 200 MB, and copies of them took half of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdose.results.hdf5_tree import Stream, Tree
from ctdose.results.sparse_file import SparseFile

if TYPE_CHECKING:
    import h5py

SMALLEST_CHUNK_BYTES = 1 << 16
SMALLEST_GAP_BYTES = 1 << 20
PIECE_BYTES = 1 << 22
GZIP_LEVEL = 1  # noise does not compress: higher levels take three times as long for a few percent
# HDF5 1.8 is what every MATLAB, R and HDFView reads; unlike the format before it, its headers carry checksums.
LIBVER = ("v108", "v108")


@dataclass(frozen=True)
class FileImage:
    """A file that is about to be written: what HDF5 made, and the arrays that belong into its gaps.

    Parameters
    ----------
    made : SparseFile
    gaps : dict of int to Stream
        By the place of their first byte.
    """

    made: SparseFile
    gaps: dict[int, Stream]

    @property
    def nbytes(self) -> int:
        """Size of the file."""
        return self.made.size

    def pieces(self) -> Iterator[memoryview]:
        """Its bytes, in order."""
        filled = {place: (_nbytes(stream), _bytes_of(stream.pieces())) for place, stream in self.gaps.items()}
        return self.made.pieces(filled)


def tree_bytes(tree: Tree, *, packed: bool = True) -> bytes:
    """The bytes of `tree_image`, where they are few."""
    return b"".join(tree_image(tree, packed=packed).pieces())


def tree_image(tree: Tree, *, packed: bool = True) -> FileImage:
    """The HDF5 file of a tree, without its seal.

    Parameters
    ----------
    tree : Tree
        Its arrays must not change until the file is written.
    packed : bool
        Compress arrays. Without it a file is larger and written sooner.
    """
    with ThreadPoolExecutor(1) as other:  # no signal is handled there: see `SparseFile`
        return other.submit(_laid_out, tree, packed).result()


def _laid_out(tree: Tree, packed: bool) -> FileImage:
    import h5py

    made = SparseFile()
    gaps: dict[int, Stream] = {}
    with h5py.File(made, "w", libver=LIBVER) as file:
        for path, data in tree.datasets.items():
            if packed or not _is_large(data):
                _write_dataset(file, path, data, packed=packed)
        for path, stream in _streams(tree, packed).items():
            if (place := _gap(file, path, stream)) is not None:
                gaps[place] = stream
        for path, attributes in tree.attributes.items():
            place = file[path] if path in file else file.require_group(path)
            for name, value in attributes.items():
                _write_attribute(place, name, value)
        _attach_scales(file, tree)
    return FileImage(made, gaps)


def _is_large(data: str | np.ndarray) -> bool:
    return not isinstance(data, str) and data.nbytes >= SMALLEST_GAP_BYTES and data.dtype.kind in "iuf"


def _streams(tree: Tree, packed: bool) -> dict[str, Stream]:
    """What goes into gaps, by path."""
    found = dict(tree.streams)
    for path, data in tree.datasets.items():
        if isinstance(data, np.ndarray) and not packed and _is_large(data):
            found[path] = Stream(data.dtype, data.shape, partial(_whole, data))
    return found


def _whole(data: np.ndarray) -> list[np.ndarray]:
    return [data]


def _gap(file: h5py.File, path: str, stream: Stream) -> int | None:
    """Make a dataset that has its place in the file, but no content; where it begins, None for one without a value."""
    import h5py

    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_obj_track_times(False)
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    folder, _, name = path.rpartition("/")
    group = file.require_group(folder or "/")
    kind = h5py.h5t.py_create(stream.dtype, logical=True)
    space = h5py.h5s.create_simple(stream.shape)
    place = h5py.h5d.create(group.id, name.encode(), kind, space, plist).get_offset()
    assert place is not None or not _nbytes(stream), path
    return place  # type: ignore[no-any-return]


def _nbytes(stream: Stream) -> int:
    return prod(stream.shape) * stream.dtype.itemsize


def _bytes_of(pieces: Iterable[np.ndarray]) -> Iterator[memoryview]:
    """Pieces of a size at which one is hashed while the next is written."""
    for piece in pieces:
        if piece.size:
            view = np.ascontiguousarray(piece).data.cast("B")
            for start in range(0, view.nbytes, PIECE_BYTES):
                yield view[start : start + PIECE_BYTES]


def _write_dataset(file: h5py.File, path: str, data: str | np.ndarray, *, packed: bool) -> None:
    import h5py

    if isinstance(data, str):
        file.create_dataset(path, data=data, dtype=h5py.string_dtype("utf-8"))
        return
    options: dict[str, Any] = {}
    if data.size and packed:
        chunks = _chunks(data)
        options = {"chunks": chunks, "compression": "gzip", "compression_opts": GZIP_LEVEL}
        options |= {"shuffle": True, "fletcher32": True}
    if data.dtype.kind in "SV":
        data = data.view(_stored(data.dtype))  # HDF5 converts no text: it has to be UTF-8 on both sides
    file.create_dataset(path, data=data, **options)


def _stored(dtype: np.dtype) -> np.dtype:
    """The type with its texts marked as UTF-8."""
    import h5py

    if dtype.names is not None:
        return np.dtype([(name, _stored(dtype[name])) for name in dtype.names])
    if dtype.kind == "S":
        return h5py.string_dtype("utf-8", max(dtype.itemsize, 1))
    return dtype


def _chunks(data: np.ndarray) -> tuple[int, ...]:
    """Whole slices, as many as make a chunk worth having."""
    slice_bytes = data.dtype.itemsize * int(np.prod(data.shape[1:]))
    return (min(data.shape[0], -(-SMALLEST_CHUNK_BYTES // slice_bytes)), *data.shape[1:])


def _write_attribute(place: h5py.Group | h5py.Dataset, name: str, value: Any) -> None:
    place.attrs[name] = np.int64(value) if isinstance(value, int) else value


def _attach_scales(file: h5py.File, tree: Tree) -> None:
    for scale in dict.fromkeys(scale for scales in tree.scales.values() for scale in scales):
        file[scale].make_scale(scale.rsplit("/", 1)[-1])
    for path, scales in tree.scales.items():
        for dimension, scale in zip(file[path].dims, scales, strict=True):
            dimension.label = scale.rsplit("/", 1)[-1]
            dimension.attach_scale(file[scale])
