"""How many voxels of each region lie in each plane of a phantom: extents of organs, and where they are seen best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Profiles = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def region_profiles(region_index: NDArray[np.uint16]) -> Profiles:
    """Count the voxels of each region in each plane across z, y and x.

    Parameters
    ----------
    region_index : array of int, [z, y, x]

    Returns
    -------
    tuple of arrays of int
        ``[regions, nz]``, ``[regions, ny]`` and ``[regions, nx]``; regions: the highest and 1.
    """
    nz, ny, nx = region_index.shape
    regions = int(region_index.max()) + 1
    along_z = np.empty((regions, nz), np.int64)
    along_y, along_x = np.zeros(regions * ny, np.int64), np.zeros(regions * nx, np.int64)
    y, x = np.arange(ny)[:, None], np.arange(nx)
    for k in range(nz):  # slice by slice: a copy of a whole patient as int64 may not fit the memory
        slab = region_index[k].astype(np.int64)
        along_z[:, k] = np.bincount(slab.ravel(), minlength=regions)
        along_y += np.bincount((slab * ny + y).ravel(), minlength=along_y.size)
        along_x += np.bincount((slab * nx + x).ravel(), minlength=along_x.size)
    return along_z, along_y.reshape(regions, ny), along_x.reshape(regions, nx)


def z_range_mm(along_z: NDArray[np.int64], first_mm: float, step_mm: float) -> tuple[float, float] | None:
    """Give the outer edges of the lowest and highest voxel of a region, mm; None where it has no voxel.

    Parameters
    ----------
    along_z : array of int, [z]
        Its voxels in each slice: a row of `region_profiles`.
    first_mm, step_mm : float
        Centre of the first slice, and distance of slices.
    """
    there = np.flatnonzero(along_z)
    if not there.size:
        return None
    return first_mm + (float(there[0]) - 0.5) * step_mm, first_mm + (float(there[-1]) + 0.5) * step_mm
