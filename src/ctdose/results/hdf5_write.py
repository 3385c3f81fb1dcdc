"""Writes a tree as an HDF5 file: whole, or not at all."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.faults import one_line
from ctdose.leftovers import LOCKS, hold, part_path, remove_leftovers
from ctdose.results.hdf5_tree import Tree
from ctdose.seal import seal_of

if TYPE_CHECKING:
    import h5py

SMALLEST_CHUNK_BYTES = 1 << 16
GZIP_LEVEL = 1  # noise does not compress: higher levels take three times as long for a few percent
# HDF5 1.8 is what every MATLAB, R and HDFView reads; unlike the format before it, its headers carry checksums.
LIBVER = ("v108", "v108")


def tree_bytes(tree: Tree, *, packed: bool = True) -> bytes:
    """The HDF5 file of a tree, without its seal.

    It is made in memory: HDF5 does not recover from a disk that is full while it closes a file.

    Parameters
    ----------
    tree : Tree
    packed : bool
        Compress arrays. Without it a file is larger and written sooner.
    """
    import h5py

    # HDF5 takes two files in memory for one if their names are equal: threads write too.
    unique = secrets.token_hex(8)
    with h5py.File(unique, "w", driver="core", backing_store=False, libver=LIBVER) as file:
        for path, data in tree.datasets.items():
            _write_dataset(file, path, data, packed=packed)
        for path, attributes in tree.attributes.items():
            place = file[path] if path in tree.datasets or path == "/" else file.require_group(path)
            for name, value in attributes.items():
                _write_attribute(place, name, value)
        _attach_scales(file, tree)
        file.flush()
        image: bytes = file.id.get_file_image()
        return image


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
    path: Path, data: bytes, *, overwrite: bool, temporary: Path | None = None, seal: bool = False
) -> None:
    """Write bytes under a temporary name in the same folder and give them their name when they are on the disk.

    Parameters
    ----------
    path : Path
    data : bytes
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
            f"{len(data) / 1e6:.0f} MB free."
        ) from None
    _sync_folder(path.parent)


def _write_synced(file: BinaryIO, data: bytes, *, seal: bool) -> None:
    """Write data and, if wanted, its seal, which is computed meanwhile: a stopped run has a second for both."""
    with ThreadPoolExecutor(1) as other:
        end = other.submit(seal_of, data) if seal else None
        file.write(data)
        if end is not None:
            file.write(end.result())
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
