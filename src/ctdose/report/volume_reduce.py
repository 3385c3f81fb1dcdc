"""Arrays made smaller for a page: the part that is shown, and means of blocks of voxels."""

from __future__ import annotations

import math

import numpy as np

from ctdose.results.result import Grid
from ctdose.results.sections import AIR_G_CM3

Crop = tuple[slice, slice, slice]
Steps = tuple[int, int, int]
FILLS = 2
"""Blocks beyond the skin that take the dose of their neighbours, so that interpolation does not darken the skin."""


def shown_part(grid: Grid, shown_mm: tuple[float, float]) -> Crop:
    """The voxels within a z range, and in x and y those around everything solid there.

    Parameters
    ----------
    grid : Grid
    shown_mm : (float, float)
        Lower and upper z.
    """
    count, first, step = len(grid.organ_index), grid.origin_mm[2], grid.spacing_mm[2]
    low = int(np.clip(np.ceil((shown_mm[0] - first) / step), 0, count - 1))
    high = int(np.clip(np.floor((shown_mm[1] - first) / step), low, count - 1))
    z = slice(low, high + 1)
    there = np.zeros(grid.organ_index.shape[1:], bool)
    solid = grid.density_g_cm3 > AIR_G_CM3
    for plane in grid.material_index[z]:
        there |= solid[plane]
    return z, _span(np.asarray(there.any(axis=1))), _span(np.asarray(there.any(axis=0)))


def _span(there: np.ndarray) -> slice:
    """From the first to the last, one more on either side; all where there is none."""
    found = np.flatnonzero(there)
    if found.size == 0:
        return slice(0, there.size)
    return slice(max(0, int(found[0]) - 1), min(there.size, int(found[-1]) + 2))


def step_of(spacing_mm: tuple[float, float, float], size_mm: float) -> Steps:
    """How many voxels make one of about this size, [z, y, x]."""
    x, y, z = (max(1, round(size_mm / spacing)) for spacing in spacing_mm)
    return z, y, x


def voxel_count(crop: Crop, steps: Steps) -> int:
    """How many voxels are left of a part if so many become one along each axis."""
    return math.prod(-(-(part.stop - part.start) // step) for part, step in zip(crop, steps))


def block_means(dose: np.ndarray, solid: np.ndarray, steps: Steps) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the solid voxels of each block, slab by slab to spare memory.

    Parameters
    ----------
    dose : float32 ndarray [z, y, x]
    solid : bool ndarray [z, y, x]
    steps : (int, int, int)
        Voxels of a block, [z, y, x]; blocks at the upper ends may be cut.

    Returns
    -------
    float64 ndarray, bool ndarray
        Means, 0 where nothing is solid; where something is.
    """
    shape = tuple(-(-size // step) for size, step in zip(dose.shape, steps))
    means, known = np.zeros(shape), np.zeros(shape, bool)
    for k in range(shape[0]):
        part = slice(k * steps[0], (k + 1) * steps[0])
        there = solid[part]
        slab = np.nan_to_num(dose[part], nan=0.0, posinf=0.0, neginf=0.0)  # nobody vouches for a file
        total = _sums(np.where(there, slab, 0.0).clip(min=0.0).sum(axis=0, dtype=np.float64), steps)
        number = _sums(there.sum(axis=0), steps)
        known[k] = number > 0
        np.divide(total, number, out=means[k], where=known[k])
    return means, known


def _sums(plane: np.ndarray, steps: Steps) -> np.ndarray:
    rows = np.add.reduceat(plane, np.arange(0, plane.shape[0], steps[1]), axis=0)
    return np.add.reduceat(rows, np.arange(0, plane.shape[1], steps[2]), axis=1)


def filled(means: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The means with the blocks around them filled from their neighbours."""
    values, there = means.copy(), known.copy()
    for _ in range(FILLS):
        total, number = np.zeros_like(values), np.zeros(values.shape, np.int64)
        for axis in range(3):
            for shift in (-1, 1):
                near = _shifted(there, axis, shift)
                total += np.where(near, _shifted(values, axis, shift), 0.0)
                number += near
        new = ~there & (number > 0)
        values[new] = total[new] / number[new]
        there |= new
    return values


def _shifted(array: np.ndarray, axis: int, shift: int) -> np.ndarray:
    """The neighbours along an axis; nothing beyond the ends."""
    result = np.zeros_like(array)
    source: list[slice] = [slice(None)] * 3
    target: list[slice] = [slice(None)] * 3
    source[axis], target[axis] = (
        (slice(1, None), slice(None, -1)) if shift > 0 else (slice(None, -1), slice(1, None))
    )
    result[tuple(target)] = array[tuple(source)]
    return result
