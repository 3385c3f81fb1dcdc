"""Voxels of a tetrahedral mesh: a voxel is of the tetrahedron that its centre lies in.

Line by line: along x, a tetrahedron (four half spaces) cuts one interval out of a row of voxel centres. So the work
goes with the rows that a tetrahedron crosses, and the thin layers of reference meshes, which hardly hold a centre, cost
next to nothing. Rows, and the voxels in them, are handled some at a time, so that memory does not grow with the mesh.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

ROWS_AT_A_TIME = 500_000
VOXELS_AT_A_TIME = 4_000_000
TETRAHEDRA_AT_A_TIME = 200_000
TOLERANCE = 1e-9  # in barycentric coordinates: a centre on a face belongs to a tetrahedron, not to none

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def voxelise(
    nodes_mm: F64,
    corners: NDArray[np.int32],
    organs: NDArray[np.integer],
    *,
    spacing_mm: tuple[float, float, float],
    origin_mm: tuple[float, float, float],
    shape: tuple[int, int, int],
) -> NDArray[np.int32]:
    """Give each voxel the organ number of the tetrahedron that its centre lies in.

    Parameters
    ----------
    nodes_mm : array of float, [nodes, 3]
    corners : array of int, [tetrahedra, 4]
        Nodes of each.
    organs : array of int, [tetrahedra]
        Organ number of each, above 0.
    spacing_mm, origin_mm : (float, float, float)
        Voxel size and centre of voxel [0, 0, 0], x, y, z.
    shape : (int, int, int)
        Voxels along z, y, x.

    Returns
    -------
    array of int32, [z, y, x]
        0 where there is no tetrahedron. A centre on the face of two is of the later one.
    """
    grid = np.zeros(shape, np.int32)
    flat = grid.reshape(-1)
    scaled = (nodes_mm - np.asarray(origin_mm)) / np.asarray(spacing_mm)
    for start in range(0, len(corners), TETRAHEDRA_AT_A_TIME):
        part = slice(start, start + TETRAHEDRA_AT_A_TIME)
        _fill(flat, scaled[corners[part]], organs[part], shape)
    return grid


def _fill(
    flat: NDArray[np.int32], points: F64, organs: NDArray[np.integer], shape: tuple[int, int, int]
) -> None:
    """Fill one part of the mesh; points in voxels, [tetrahedra, 4, 3]."""
    size = np.array(shape[::-1])
    low = np.maximum(np.ceil(points.min(axis=1) - 1e-6), 0).astype(np.int64)
    high = np.minimum(np.floor(points.max(axis=1) + 1e-6), size - 1).astype(np.int64)
    kept = (low <= high).all(axis=1)
    slope, offset, sound = _half_spaces(points[kept])
    low, high, numbers = (each[kept][sound] for each in (low, high, organs))
    slope, offset = slope[sound], offset[sound]
    ny, nz = (high - low + 1)[:, 1], (high - low + 1)[:, 2]
    for chosen, row in _chunks(ny * nz):
        y = low[chosen, 1] + row % ny[chosen]
        z = low[chosen, 2] + row // ny[chosen]
        x0, x1 = _interval(slope[chosen], offset[chosen], y, z, low[chosen, 0], high[chosen, 0])
        _fill_rows(flat, (z * shape[1] + y) * shape[2], x0, x1, numbers[chosen])


def _half_spaces(points: F64) -> tuple[F64, F64, NDArray[np.bool_]]:
    """Barycentric coordinates as linear functions, slope [n, 4, 3] and offset [n, 4]; whether not flat, [n]."""
    edges = points[:, 1:] - points[:, :1]
    volume = np.linalg.det(edges)
    longest = np.abs(edges).max(axis=(1, 2), initial=0.0)
    sound = np.abs(volume) > 1e-12 * np.maximum(longest, 1e-300) ** 3
    edges[~sound] = np.eye(3)
    inverse = np.linalg.inv(edges).transpose(0, 2, 1)  # rows: gradients of the coordinates of corners 1, 2, 3
    slope = np.concatenate([-inverse.sum(axis=1, keepdims=True), inverse], axis=1)
    offset = -np.einsum("nij,nj->ni", slope, points[:, 0])
    offset[:, 0] += 1.0
    return slope, offset, sound


def _chunks(rows: I64) -> Iterator[tuple[I64, I64]]:
    """Tetrahedron and row within it, `ROWS_AT_A_TIME` of them at a time."""
    ends = np.cumsum(rows)
    total = int(ends[-1]) if ends.size else 0
    for start in range(0, total, ROWS_AT_A_TIME):
        index = np.arange(start, min(start + ROWS_AT_A_TIME, total))
        chosen = np.searchsorted(ends, index, side="right")
        yield chosen, index - (ends[chosen] - rows[chosen])


def _interval(slope: F64, offset: F64, y: I64, z: I64, low: I64, high: I64) -> tuple[I64, I64]:
    """First and last voxel of each row inside; last < first where there is none."""
    rest = slope[:, :, 1] * y[:, None] + slope[:, :, 2] * z[:, None] + offset + TOLERANCE
    ax = slope[:, :, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        cut = -rest / ax
    first = np.where(ax > 0, cut, -np.inf).max(axis=1)
    last = np.where(ax < 0, cut, np.inf).min(axis=1)
    outside = ((ax == 0) & (rest < 0)).any(axis=1)
    x0 = np.maximum(np.ceil(np.maximum(first, -1.0)), low).astype(np.int64)
    x1 = np.minimum(np.floor(np.minimum(last, high + 1.0)), high).astype(np.int64)
    return x0, np.where(outside, x0 - 1, x1)


def _fill_rows(flat: NDArray[np.int32], base: I64, x0: I64, x1: I64, organs: NDArray[np.integer]) -> None:
    length = np.maximum(x1 - x0 + 1, 0)
    hit = np.flatnonzero(length)
    ends = np.cumsum(length[hit])
    start = 0
    while start < hit.size:
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + VOXELS_AT_A_TIME, side="right")))
        rows = hit[start:stop]
        n = length[rows]
        step = np.arange(int(n.sum())) - np.repeat(np.cumsum(n) - n, n)
        flat[np.repeat(base[rows] + x0[rows], n) + step] = np.repeat(organs[rows], n)
        start = stop
