"""The PMMA cylinder of case 4 on a grid: in air, long, with scoring rods.

A voxel that the surface cuts has the density of its share of PMMA, so that mass and mean depth are those of the circle.
A rod consists of the voxels nearest its axis, as many as its area holds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.validation.reference import load_reference

RADIUS_MM = 160.0
PARTS = 16  # of a cut voxel's side, for its share


@dataclass(frozen=True)
class Grid:
    """A grid around the cylinder's axis (the z axis).

    Parameters
    ----------
    x_mm, y_mm : (float, float)
        Extent, whole multiples of `spacing_mm`.
    spacing_mm : float
        In the plane.
    layers : int
        Odd; the middle one is centred on z = 0.
    layer_mm : float
    """

    x_mm: tuple[float, float]
    y_mm: tuple[float, float]
    spacing_mm: float
    layers: int
    layer_mm: float

    def centres(self, axis: int) -> np.ndarray:
        """Voxel centres along x (0) or y (1), mm."""
        low, high = (self.x_mm, self.y_mm)[axis]
        count = round((high - low) / self.spacing_mm)
        return low + (np.arange(count) + 0.5) * self.spacing_mm

    def distance(self, x: float = 0.0, y: float = 0.0) -> np.ndarray:
        """Distance of the voxel centres from an axis at (x, y), mm, [y, x]."""
        return np.hypot(self.centres(1)[:, None] - y, self.centres(0)[None, :] - x)


def share_in_circle(grid: Grid, radius_mm: float) -> np.ndarray:
    """Share of each voxel's area that lies in the circle, [y, x]."""
    distance, step = grid.distance(), grid.spacing_mm
    share = (distance <= radius_mm).astype(np.float64)
    y, x = np.nonzero(np.abs(distance - radius_mm) < step)
    inner = ((np.arange(PARTS) + 0.5) / PARTS - 0.5) * step
    part_x = grid.centres(0)[x][:, None, None] + inner[None, None, :]
    part_y = grid.centres(1)[y][:, None, None] + inner[None, :, None]
    share[y, x] = (np.hypot(part_x, part_y) <= radius_mm).mean(axis=(1, 2))
    return share


def rod_voxels(grid: Grid, x: float, y: float, radius_mm: float) -> np.ndarray:
    """Flat indices [y, x] of the voxels nearest to a rod's axis that make up its area."""
    count = round(math.pi * (radius_mm / grid.spacing_mm) ** 2)
    return np.argsort(grid.distance(x, y).ravel(), kind="stable")[:count]


def build_cylinder(
    grid: Grid, section: np.ndarray, layer_region: Sequence[int] | None = None
) -> VoxelPhantom:
    """The cylinder over the whole length of the grid.

    Parameters
    ----------
    grid : Grid
    section : uint16 ndarray [y, x]
        Region of each voxel of the plane; air is made region 0.
    layer_region : sequence of int, optional
        Region of each layer instead; None: those of `section` in the middle layer, elsewhere 1.
    """
    reference = load_reference()
    air, pmma = reference.material("air"), reference.material("PMMA")
    share = share_in_circle(grid, RADIUS_MM)
    inside = share > 0.0
    plane = np.where(inside, np.maximum(share * pmma.density_g_cm3, air.density_g_cm3), air.density_g_cm3)
    shape = (grid.layers, *share.shape)
    if layer_region is None:
        region = np.broadcast_to(inside.astype(np.uint16), shape).copy()
        region[grid.layers // 2] = np.where(inside, section, 0)
    else:
        region = np.asarray(layer_region, np.uint16)[:, None, None] * inside.astype(np.uint16)
    return VoxelPhantom(
        np.broadcast_to(inside.astype(np.uint8), shape),
        (air, pmma),
        spacing_mm=(grid.spacing_mm, grid.spacing_mm, grid.layer_mm),
        origin_mm=(grid.centres(0)[0], grid.centres(1)[0], -(grid.layers // 2) * grid.layer_mm),
        region_index=region,
        density_g_cm3=np.broadcast_to(plane.astype(np.float32), shape),
    )
