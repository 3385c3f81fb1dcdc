"""The phantom file: HDF5, ``format = "ctdose-phantom"``, version 1.0, or 1.1 where an organ is partial.

Layout: attributes ``format``, ``format_version``, ``name``, ``spacing_mm``, ``origin_mm``, ``content_sha256``; grids
``material_index`` (uint8), ``region_index`` (uint16) and, if there are any, ``density_g_cm3`` (float32), all
[z, y, x] with dimension scales in mm; tables ``materials`` and ``organs`` (``partial``: from 1.1 on); the text
``anatomy`` (JSON). Only gzip, shuffle and fletcher32 are used, so that MATLAB, R and HDFView read it. Behind the end
of HDF5 stands the seal of `ctdose.seal`. docs/phantom-file.md describes all of it.
"""

from __future__ import annotations

import os
from os.path import exists, isfile  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import Any

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.leftovers import LOCKS, hold, part_path, remove_leftovers
from ctdose.phantoms.phantom_hdf5 import phantom_bytes
from ctdose.phantoms.phantom_parts import (
    GRIDS,
    TABLES,
    check_format,
    check_grids,
    check_table,
    fault,
    part_of,
)
from ctdose.phantoms.phantom_tables import anatomy_of, content_sha256, materials_of, organs_of
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.seal import is_intact, seal_of

SIGNATURE = b"\x89HDF\r\n\x1a\n"


def save_phantom(phantom: VoxelPhantom, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a phantom to a file; under a temporary name, renamed when whole.

    Parameters
    ----------
    phantom : VoxelPhantom
        What to write.
    path : str or Path
        The file.
    overwrite : bool
        Replace a file of that name.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CtdoseError
        If the file exists and `overwrite` is not set, or cannot be written.
    """
    target = Path(path)
    if exists(target) and not overwrite:
        raise CtdoseError(f"path={target} (exists). Choose another name, or set overwrite.")
    try:
        _write_whole(phantom_bytes(phantom), target)
    except OSError as error:
        raise CtdoseError(
            f"path={target} (cannot be written: {_one_line(error)}). Check the folder."
        ) from None
    return target


def _write_whole(data: bytes, target: Path) -> None:
    """Write and seal under a hidden name; what a killed process left of this file is removed."""
    remove_leftovers(target)
    part = part_path(target)
    try:
        with part.open("xb") as file:
            hold(file)
            file.write(data)
            file.write(seal_of(data))
            file.flush()
            os.fsync(file.fileno())
            if LOCKS:  # so long as it is held nobody takes it for left
                os.replace(part, target)
        if not LOCKS:  # Windows does not rename an open file
            os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def load_phantom(path: str | Path) -> VoxelPhantom:
    """Read a phantom file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    VoxelPhantom

    Raises
    ------
    CtdoseError
        If it is missing, no phantom file, of an unknown version, damaged, or refers to other files.
    """
    import h5py

    source = Path(path)
    if not isfile(source):
        raise fault(source, "not a file" if exists(source) else "no such file", "Check the path")
    _check_seal(source)
    try:
        with h5py.File(source, "r") as file:
            return _read(file, source)
    except CtdoseError:
        raise
    except (
        OSError,
        RuntimeError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        ArithmeticError,
        MemoryError,
    ) as error:
        raise fault(source, f"damaged: {_one_line(error)}", "Write it again") from None


def _check_seal(path: Path) -> None:
    """Check the seal, if there is one, before HDF5 is made to read what a flipped bit may have made of the file."""
    try:
        with path.open("rb") as file:
            start = file.read(len(SIGNATURE))
        intact = start != SIGNATURE or is_intact(path)
    except OSError as error:
        raise fault(path, f"cannot be read: {_one_line(error)}", "Check its permissions") from None
    if start != SIGNATURE:
        raise fault(path, "not an HDF5 file", "Give a phantom file, for instance of save_phantom")
    if not intact:
        raise fault(path, "damaged: its content does not match its checksum", "Write it again")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__


def _read(file: Any, path: Path) -> VoxelPhantom:
    check_format(file, path)
    grids = {name: part_of(file, name, path) for name in GRIDS}
    check_grids({name: grid for name, grid in grids.items() if grid is not None}, path)
    tables = {name: part_of(file, name, path) for name in TABLES}
    for name, table in tables.items():
        check_table(name, table, path)
    arrays = {name: grid[()] for name, grid in grids.items() if grid is not None}
    texts = {name: np.asarray(table[()]) for name, table in tables.items() if table is not None}
    name, spacing, origin = (file.attrs[key] for key in ("name", "spacing_mm", "origin_mm"))
    if np.shape(spacing) != (3,) or np.shape(origin) != (3,):
        raise fault(path, "spacing_mm and origin_mm are not three numbers each", "Write it again")
    if content_sha256(str(name), spacing, origin, arrays, texts) != file.attrs["content_sha256"]:
        raise fault(path, "damaged: its content does not have the SHA-256 that it states", "Write it again")
    return VoxelPhantom(
        arrays["material_index"],
        materials_of(texts["materials"]),
        tuple(float(v) for v in spacing),  # type: ignore[arg-type]
        tuple(float(v) for v in origin),  # type: ignore[arg-type]
        arrays["region_index"],
        arrays.get("density_g_cm3"),
        name=str(name),
        organs=organs_of(texts["organs"]),
        anatomy=anatomy_of(texts.get("anatomy")),
    )
