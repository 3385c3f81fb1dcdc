"""Filling by rank: the voxels that lie deepest in a shape are taken until its size is right.

A voxel either belongs to a shape or does not, so the shape's size on a grid is wrong by what its surface cuts.
Ranking the voxels by how deep they lie, and taking as many as the size asks for, makes the size right for every
voxel size; the surface moves by a fraction of a voxel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def take_lowest(values: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Choose the `count` lowest values; ties in the order of the array, so that all machines agree.

    Parameters
    ----------
    values : array of float, [n]
        Rank values without NaN.
    count : int
        How many; all of them if there are fewer.

    Returns
    -------
    array of int, [min(count, n)]
        Their indices, ascending.
    """
    if count <= 0:
        return np.zeros(0, np.intp)
    if count >= values.size:
        return np.arange(values.size)
    limit = np.partition(values, count - 1)[count - 1]
    chosen = values < limit
    ties = np.flatnonzero(values == limit)
    chosen[ties[: count - int(np.count_nonzero(chosen))]] = True
    return np.flatnonzero(chosen)


def disc(
    x_mm: NDArray[np.float64], y_mm: NDArray[np.float64], centre_mm: tuple[float, float], area_mm2: float
) -> NDArray[np.bool_]:
    """Mark the pixels of a disc: its area as nearly right as symmetry allows.

    Parameters
    ----------
    x_mm, y_mm : array of float, [nx], [ny]
        Centres of the pixels, evenly spaced.
    centre_mm : (float, float)
        Centre of the disc.
    area_mm2 : float
        Its area.

    Returns
    -------
    array of bool, [ny, nx]
        Pixels equally far from the centre are in together or out together.
    """
    pixel = float(x_mm[1] - x_mm[0]) * float(y_mm[1] - y_mm[0])
    # Rounded, so that pixels that are equally far compare equal.
    squared = np.round((x_mm - centre_mm[0])[None, :] ** 2 + (y_mm - centre_mm[1])[:, None] ** 2, 6)
    radii, counts = np.unique(squared, return_counts=True)
    reached = np.cumsum(counts) * pixel
    last = int(np.abs(reached - area_mm2).argmin())
    return squared <= radii[last]
