"""What a phantom file declares of its parts, checked before anything is read or allocated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.faults import shortened

FORMAT, FORMAT_VERSION = "ctdose-phantom", "1.0"
GRIDS = {"material_index": np.uint8, "region_index": np.uint16, "density_g_cm3": np.float32}
TABLES = ("materials", "organs", "anatomy")
OPTIONAL = ("density_g_cm3", "anatomy")
ALLOWED_FILTERS = {1, 2, 3}  # HDF5's numbers of deflate, shuffle, fletcher32
DEFLATE_AT_MOST = 1040  # deflate packs no more than 1032 to 1
MAX_VOXELS = 1_000_000_000
MAX_ROWS = 1024
MAX_TEXT_BYTES = 1 << 20


def fault(path: Path, why: str, right: str) -> CtdoseError:
    """The error for a file that is no sound phantom file."""
    return CtdoseError(f"{path}: {why}. {right}.")


def check_format(file: Any, path: Path) -> None:
    """Check that an HDF5 file is a phantom file of a known major version."""
    found = file.attrs.get("format")
    if not isinstance(found, str) or found != FORMAT:
        what = f"format={shortened(repr(found))}" if isinstance(found, str) else "no format"
        raise fault(path, f"an HDF5 file, but no phantom ({what})", f"Its attribute must be {FORMAT!r}")
    version = file.attrs.get("format_version")
    if not isinstance(version, str) or version.split(".")[0] != FORMAT_VERSION.split(".")[0]:
        raise fault(
            path,
            f"format_version={shortened(repr(version))} is unknown",
            f"This ctdose reads {FORMAT_VERSION}",
        )


def part_of(file: Any, name: str, path: Path) -> Any:
    """The dataset of a name, unread; None if an optional one is missing. It lies in the file itself, plainly packed."""
    import h5py

    link = file.get(name, getlink=True)
    if link is None:
        if name in OPTIONAL:
            return None
        raise fault(path, f"{name} is missing", "Write it again")
    if not isinstance(link, h5py.HardLink):
        raise fault(path, f"{name} is a link to somewhere else", "A phantom file holds its data itself")
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise fault(path, f"{name} is not a dataset", "Write it again")
    if dataset.is_virtual or dataset.external:
        raise fault(path, f"{name} lies in another file", "A phantom file holds its data itself")
    plist = dataset.id.get_create_plist()
    if not {plist.get_filter(i)[0] for i in range(plist.get_nfilters())} <= ALLOWED_FILTERS:
        raise fault(path, f"{name} has a filter other than gzip, shuffle, fletcher32", "Write it again")
    return dataset


def check_grids(grids: Mapping[str, Any], path: Path) -> None:
    """Check types and shapes of the grids, and that the file can hold what they declare."""
    shape = grids["material_index"].shape
    for name, grid in grids.items():
        if grid.dtype != GRIDS[name]:
            raise fault(path, f"{name} has dtype {grid.dtype}", f"It must be {np.dtype(GRIDS[name])}")
        if grid.ndim != 3 or grid.shape != shape or min(shape) < 1:
            raise fault(path, f"{name} has shape {grid.shape}", "All grids are [z, y, x] and of one shape")
        if math.prod(grid.shape) > MAX_VOXELS:
            raise fault(path, f"{name} has shape {grid.shape}", f"At most {MAX_VOXELS} voxels are read")
        if grid.size * grid.dtype.itemsize > DEFLATE_AT_MOST * max(1, grid.id.get_storage_size()):
            raise fault(
                path, f"{name} declares {grid.size} voxels, more than the file can hold", "Write it again"
            )


def check_table(name: str, table: Any, path: Path) -> None:
    """Check that a table is of fixed types and of a bounded size."""
    if table is None:
        return
    fixed = not table.dtype.hasobject and table.dtype.itemsize <= MAX_TEXT_BYTES
    if not fixed or (name == "anatomy") != (table.ndim == 0) or table.size > MAX_ROWS:
        raise fault(path, f"{name} has dtype {table.dtype} and shape {table.shape}", "Write it again")
