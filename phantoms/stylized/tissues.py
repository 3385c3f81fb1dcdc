"""What fills the body around the organs: skin, fat, muscle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.rank import take_lowest
from ctdose.phantoms.stylized.cavity import Cavity
from ctdose.phantoms.stylized.frame import F32, Grid
from ctdose.phantoms.stylized.painter import FREE, OUTSIDE
from ctdose.phantoms.stylized.shapes import read_shape

INNER_FAT_WITHIN, WALL_TO = 0.95, 1.09  # of the cavity's radius: between the two lies the muscular wall
SPINE_MUSCLE_X_MM, SPINE_MUSCLE_Y_MM = 30.0, 45.0


def fill_body(distance: F32, voxels: int) -> tuple[NDArray[np.uint16], float]:
    """Take the voxels that lie deepest inside the drawn surface.

    Parameters
    ----------
    distance : array of float32, [z, y, x]
        From the drawn surface, mm, negative inside.
    voxels : int
        How many.

    Returns
    -------
    array of uint16, [z, y, x]
        `FREE` in the body, `OUTSIDE` around it.
    float
        Distance, mm, by which the drawn surface moved outwards.
    """
    flat = distance.ravel()
    chosen = take_lowest(flat, voxels)
    region = np.full(distance.shape, OUTSIDE, np.uint16)
    region.ravel()[chosen] = FREE
    return region, float(flat[chosen].max())


def skin_voxels(region: NDArray[np.uint16], target: float) -> NDArray[np.bool_]:
    """Mark the outermost voxels of the body, as many layers as it takes to hold the skin.

    Parameters
    ----------
    region : array of uint16, [z, y, x]
        `OUTSIDE` around the body.
    target : float
        Voxels that the skin's volume takes: the marked ones are at least as many.

    Returns
    -------
    array of bool, [z, y, x]
    """
    from scipy import ndimage

    body = region != OUTSIDE
    inner = body
    while True:
        inner = ndimage.binary_erosion(inner)
        skin = body & ~inner
        if np.count_nonzero(skin) >= target:
            return skin


def paint_fat_and_muscle(
    grid: Grid,
    region: NDArray[np.uint16],
    depth_mm: F32,
    cavity: Cavity,
    shapes: Mapping[str, Any],
    fat_rows: Sequence[Sequence[float]],
    *,
    fat: tuple[int, int],
    muscle: int,
) -> None:
    """Fill what is free: fat within the cavity, then under the skin to its mass; muscle is the rest.

    Parameters
    ----------
    grid : Grid
        Of the body.
    region : array of uint16, [z, y, x]
        Painted in place.
    depth_mm : array of float32, [z, y, x]
        Depth below the surface.
    cavity : Cavity
        Of the trunk.
    shapes : mapping
        Of data/adult_shapes.yaml; its ``psoas`` is muscle within the cavity.
    fat_rows : sequence of (z, in front, behind)
        Relative thickness of the fat under the skin.
    fat : (int, int)
        Region number of fat and its voxels.
    muscle : int
        Region number of muscle.
    """
    places = np.flatnonzero(region.ravel() == FREE)
    iz, iy, _ = np.unravel_index(places, grid.shape)
    table = np.asarray(fat_rows, np.float64)
    thickness = np.stack([np.interp(grid.frame_z, table[:, 0], table[:, i]) for i in (1, 2)])
    behind = np.clip(0.5 + grid.y[iy] / (120.0 * grid.size[iz]), 0.0, 1.0)
    key = depth_mm.ravel()[places] / ((1.0 - behind) * thickness[0, iz] + behind * thickness[1, iz])
    inner, wall = (each.ravel()[places] for each in _inner_fat_and_wall(grid, cavity, shapes["psoas"]))
    key = np.where(inner, -1.0, np.where(wall, 1e6, np.maximum(key, 0.0))).astype(np.float32)
    region.ravel()[places] = muscle
    region.ravel()[places[take_lowest(key, fat[1])]] = fat[0]


def _inner_fat_and_wall(
    grid: Grid, cavity: Cavity, psoas: Mapping[str, Any]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    inner, wall = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
    box = grid.box((-200.0, 200.0, -150.0, 150.0, cavity.z_low, cavity.z_high))
    points = grid.points(box)
    along_spine = (np.abs(points.x) < SPINE_MUSCLE_X_MM) & (points.y > SPINE_MUSCLE_Y_MM)
    radius = cavity.radius(points)
    inner[box] = (radius < INNER_FAT_WITHIN) & ~along_spine
    wall[box] = (radius < WALL_TO) & ~inner[box]
    shape, _ = read_shape(psoas)
    _, x1, *rest = shape.bounds(1.0)
    box = grid.box((-x1, x1, *rest))  # type: ignore[arg-type]
    points = grid.points(box)
    folded = type(points)(np.abs(points.x), points.y, points.z)
    is_psoas = shape.rank(folded, cavity) <= 1.0
    wall[box] |= inner[box] & is_psoas
    inner[box] &= ~is_psoas
    return inner, wall
