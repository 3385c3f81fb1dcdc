"""Puts a patient table under a phantom: more voxels below the body, of which the table is a region of its own.

Skins are thinner than a voxel. Each voxel has one material, with the mass that the table has in it: that of the
skins where they touch it, that of the core elsewhere. Straight down the mass is right, and so is the attenuation but
for the few hundredths of it that lie between the two materials' coefficients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.couch_shape import CouchShape, filled
from ctdose.phantoms.organs import MAX_REGION
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material

WALL, CORE = "couch_wall", "couch_core"
THIN_G_CM3 = 0.01  # thinner than any tissue, denser than air
LEAST_SHARE = 1e-3  # of a voxel; less is left out


@dataclass(frozen=True)
class _Grid:
    """The grid of the phantom and what is added to it: voxels at both sides (x) and behind (y)."""

    side: int
    behind: int
    shape: tuple[int, int, int]
    corner_mm: tuple[float, float]
    spacing_mm: tuple[float, float]

    def edges_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Edges of the voxels along x and y, mm."""
        _, ny, nx = self.shape
        (x, y), (dx, dy) = self.corner_mm, self.spacing_mm
        return x + dx * np.arange(nx + 1.0), y + dy * np.arange(ny + 1.0)


def add_couch(phantom: VoxelPhantom, shape: CouchShape) -> VoxelPhantom:
    """Put a table under a phantom.

    Its middle is below the phantom's isocentre; it is as high as it can be without cutting the body, which so lies
    on it, and as long as the grid.

    Parameters
    ----------
    phantom : VoxelPhantom
        The body; the back is at high y.
    shape : CouchShape

    Returns
    -------
    VoxelPhantom
        The same body on a larger grid. The table is a region without an organ (`couch_region`).

    Raises
    ------
    CtdoseError
        If the phantom has a table already, or no voxel of it lies above the table.
    """
    if has_couch(phantom):
        raise CtdoseError(f"{phantom.name} has a table already (region couch). Leave table out of the exam.")
    x = middle_x_mm(phantom)
    top = _top_mm(phantom, shape, x)
    grid = _grid(phantom, shape, x, top)
    wall, core = filled(shape, (x, top), *grid.edges_mm())
    return _with_couch(phantom, shape, grid, wall, core)


def has_couch(phantom: VoxelPhantom) -> bool:
    """Whether a table is in the phantom: that of a patient's CT, or one from `add_couch`."""
    return couch_region(phantom) is not None


def couch_region(phantom: VoxelPhantom) -> int | None:
    """Region number of the table in a phantom; None without a table.

    Whoever needs the body alone (water-equivalent diameter, lengths of a body) leaves this region out.
    """
    named = [organ.organ_id for organ in phantom.organs if organ.name == "couch"]
    if named:
        return named[0]
    made_of = [i for i, material in enumerate(phantom.materials) if material.name in (WALL, CORE)]
    if not made_of:
        return None
    found = phantom.region_index[0][np.isin(phantom.material_index[0], made_of)]  # as long as the grid
    return int(found[0]) if found.size else None


def middle_x_mm(phantom: VoxelPhantom) -> float:
    """Give x of the isocentre, or of the middle of the grid of a phantom without such a landmark, mm."""
    landmarks = {} if phantom.anatomy is None else phantom.anatomy.landmarks_mm
    if "isocentre" in landmarks:
        return landmarks["isocentre"][0]
    return phantom.corner_mm[0] + phantom.size_mm[0] / 2.0


def _thin(phantom: VoxelPhantom) -> NDArray[np.bool_]:
    """Which materials are thinner than any tissue."""
    return np.array([material.density_g_cm3 < THIN_G_CM3 for material in phantom.materials])


def _back_mm(phantom: VoxelPhantom) -> NDArray[np.float64]:
    """Where the body ends behind in each column, over all slices, mm, [nx]; -inf where there is no body."""
    solid = ~_thin(phantom)
    shadow = np.zeros(phantom.shape[1:], bool)
    for k in range(phantom.shape[0]):  # slice by slice, to spare memory
        shadow |= solid[phantom.material_index[k]]
    _, ny, _ = phantom.shape
    last = ny - shadow[::-1].argmax(axis=0)
    return np.where(shadow.any(axis=0), phantom.corner_mm[1] + last * phantom.spacing_mm[1], -np.inf)


def _top_mm(phantom: VoxelPhantom, shape: CouchShape, x_mm: float) -> float:
    """Give y of the middle of the table's top: the highest place at which no column of the body is cut."""
    edges = phantom.corner_mm[0] + phantom.spacing_mm[0] * np.arange(phantom.shape[2] + 1) - x_mm
    outer = np.maximum(np.abs(edges[:-1]), np.abs(edges[1:]))
    inner = np.where(edges[:-1] * edges[1:] < 0, 0.0, np.minimum(np.abs(edges[:-1]), np.abs(edges[1:])))
    lowest = _back_mm(phantom) + shape.rise_mm(outer)
    lowest = lowest[inner < shape.width_mm / 2.0]
    if not lowest.size or not np.isfinite(lowest.max()):
        raise CtdoseError(f"{phantom.name} (nothing of it lies above a table). Leave table out of the exam.")
    return float(lowest.max()) + shape.gap_mm


def _grid(phantom: VoxelPhantom, shape: CouchShape, x_mm: float, top_mm: float) -> _Grid:
    (x, y, _), (dx, dy, _), (nz, ny, nx) = phantom.corner_mm, phantom.spacing_mm, phantom.shape
    half = shape.width_mm / 2.0
    missing = max(x - (x_mm - half), x_mm + half - (x + nx * dx))
    side = max(0, math.ceil(missing / dx - 1e-9))
    behind = max(0, math.ceil((top_mm + shape.thickness_mm - (y + ny * dy)) / dy - 1e-9))
    return _Grid(side, behind, (nz, ny + behind, nx + 2 * side), (x - side * dx, y), (dx, dy))


def _with_couch(
    phantom: VoxelPhantom,
    shape: CouchShape,
    grid: _Grid,
    wall: NDArray[np.float64],
    core: NDArray[np.float64],
) -> VoxelPhantom:
    materials = [*phantom.materials, _renamed(shape.wall, WALL), _renamed(shape.core, CORE)]
    air_material, air_region = _surroundings(phantom, materials)
    region = _free_region(phantom, air_region)
    density = wall * shape.wall.density_g_cm3 + core * shape.core.density_g_cm3
    there = wall + core > LEAST_SHARE
    made_of = np.where(wall > LEAST_SHARE, len(phantom.materials), len(phantom.materials) + 1)
    own = np.array([material.density_g_cm3 for material in materials], np.float32)
    arrays = (
        np.full(grid.shape, air_material, np.uint8),
        np.full(grid.shape, air_region, np.uint16),
        np.empty(grid.shape, np.float32),
    )
    body = (slice(0, phantom.shape[1]), slice(grid.side, grid.side + phantom.shape[2]))
    for k in range(grid.shape[0]):
        index, regions, densities = (array[k] for array in arrays)
        index[body], regions[body] = phantom.material_index[k], phantom.region_index[k]
        densities[...] = own[index]
        if phantom.density_g_cm3 is not None:
            densities[body] = phantom.density_g_cm3[k]
        index[there], regions[there], densities[there] = made_of[there], region, density[there]
    for array in arrays:
        array.flags.writeable = False  # so that the phantom keeps them without a copy
    dx, dy, dz = phantom.spacing_mm
    return VoxelPhantom(
        arrays[0],
        tuple(materials),
        (dx, dy, dz),
        (phantom.origin_mm[0] - grid.side * dx, phantom.origin_mm[1], phantom.origin_mm[2]),
        arrays[1],
        arrays[2],
        name=phantom.name,
        organs=phantom.organs,
        anatomy=phantom.anatomy,
    )


def _renamed(material: Material, name: str) -> Material:
    return Material.from_mass_fractions(name, material.mass_fractions, density_g_cm3=material.density_g_cm3)


def _surroundings(phantom: VoxelPhantom, materials: list[Material]) -> tuple[int, int]:
    """Material and region of what is around the body: those of an upper corner, or air of a region of its own."""
    index, region = int(phantom.material_index[0, 0, 0]), int(phantom.region_index[0, 0, 0])
    if _thin(phantom)[index] and all(organ.organ_id != region for organ in phantom.organs):
        return index, region
    materials.append(Material("air"))
    return len(materials) - 1, _free_region(phantom)


def _free_region(phantom: VoxelPhantom, *taken: int) -> int:
    used = {int(phantom.region_index.max()), *(organ.organ_id for organ in phantom.organs), *taken}
    if max(used) < MAX_REGION:
        return max(used) + 1
    every = used | set(np.unique(phantom.region_index).tolist())
    free = next((number for number in range(MAX_REGION, -1, -1) if number not in every), None)
    if free is None:
        raise CtdoseError(f"{phantom.name} (all its region numbers are taken). Leave table out of the exam.")
    return free
