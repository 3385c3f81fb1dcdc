"""Writes a phantom as HDF5, with what other programs need: units, dimension scales, filters that all of them have."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.phantom_parts import FORMAT, FORMAT_VERSION, GRIDS
from ctdose.phantoms.phantom_tables import content_sha256, tables_of
from ctdose.phantoms.voxel_phantom import VoxelPhantom

VERSION_WITH_PARTIAL = "1.1"
FILTERS = {"compression": "gzip", "compression_opts": 2, "shuffle": True, "fletcher32": True}


def phantom_bytes(phantom: VoxelPhantom) -> bytes:
    """The HDF5 file of a phantom, without its seal: made in memory, so that no half of it has a name."""
    import h5py

    # HDF5 takes two files in memory for one if their names are equal.
    with h5py.File(secrets.token_hex(8), "w", driver="core", backing_store=False, libver="earliest") as file:
        _write(file, phantom)
        file.flush()
        image: bytes = file.id.get_file_image()
        return image


def _write(file: Any, phantom: VoxelPhantom) -> None:
    grids = {n: getattr(phantom, n) for n in GRIDS if getattr(phantom, n) is not None}
    tables = tables_of(phantom)
    _write_axes(file, phantom)
    for name, array in grids.items():
        _write_grid(file, name, array)
    for name, table in tables.items():
        file.create_dataset(name, data=table).attrs["units"] = "1"
    version = VERSION_WITH_PARTIAL if any(o.partial for o in phantom.organs) else FORMAT_VERSION
    file.attrs.update(format=FORMAT, format_version=version, name=phantom.name)
    file.attrs.update(spacing_mm=phantom.spacing_mm, origin_mm=phantom.origin_mm)
    file.attrs["coordinates"] = "DICOM patient coordinates (LPS), mm; origin_mm: centre of voxel [0, 0, 0]"
    file.attrs["content_sha256"] = content_sha256(
        phantom.name, phantom.spacing_mm, phantom.origin_mm, grids, tables
    )


def _write_axes(file: Any, phantom: VoxelPhantom) -> None:
    for axis, count, i in zip("zyx", phantom.shape, (2, 1, 0)):
        centres = phantom.origin_mm[i] + np.arange(count) * phantom.spacing_mm[i]
        scale = file.create_dataset(axis, data=centres)
        scale.attrs["units"] = "mm"
        scale.make_scale(axis)


def _write_grid(file: Any, name: str, array: NDArray[Any]) -> None:
    dataset = file.create_dataset(
        name, data=array, chunks=(min(16, array.shape[0]), *array.shape[1:]), **FILTERS
    )
    dataset.attrs["units"] = "g/cm3" if name == "density_g_cm3" else "1"
    for i, axis in enumerate("zyx"):
        dataset.dims[i].label = axis
        dataset.dims[i].attach_scale(file[axis])
