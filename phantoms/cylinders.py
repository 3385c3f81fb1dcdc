"""Cylinders of one material along z."""

from __future__ import annotations

import math

import numpy as np

from ctdose.phantoms.organs import Organ
from ctdose.phantoms.rank import disc
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material

OUTSIDE, CYLINDER = 0, 1
MAX_PIXELS = 20_000


def grid_centres(size_mm: float, voxel_mm: float) -> np.ndarray:
    """Centres of the voxels that cover `size_mm` symmetrically about 0; an even number of them.

    Parameters
    ----------
    size_mm, voxel_mm : float
        What is to be covered, and the voxel size.

    Returns
    -------
    array of float, [n]
    """
    half = math.ceil(size_mm / (2.0 * voxel_mm) - 1e-9)
    return (np.arange(-half, half) + 0.5) * voxel_mm


def check_length(value: float, name: str) -> float:
    """Return a positive, finite length.

    Raises
    ------
    TypeError, ValueError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating | np.integer):
        raise TypeError(f"{name}={value!r} (not a number). Give a length in mm.")
    if not (math.isfinite(value) and value > 0.0):
        raise ValueError(f"{name}={value} (must be positive). Give a length in mm.")
    return float(value)


def build_cylinder(
    material: Material | str = "water",
    *,
    diameter_mm: float = 300.0,
    length_mm: float = 300.0,
    voxel_mm: float = 2.0,
    name: str | None = None,
) -> VoxelPhantom:
    """Build a cylinder along z, centred on the origin, in air.

    Parameters
    ----------
    material : Material or str
        What it is made of, or the name of it.
    diameter_mm, length_mm : float
        Its size. The cross-section's area is right to a few pixels; the length is exact.
    voxel_mm : float
        In-plane voxel size; along z voxels are as near to it as the length allows.
    name : str, optional
        Name of the phantom; default: material and ``-cylinder``.

    Returns
    -------
    VoxelPhantom
        Region 0 is the air around, region 1 the cylinder.

    Raises
    ------
    ValueError
        If a length is not positive, or the voxels are too many or larger than the cylinder.
    TypeError
        If a length is not a number.
    """
    made_of = Material(material) if isinstance(material, str) else material
    diameter, length = check_length(diameter_mm, "diameter_mm"), check_length(length_mm, "length_mm")
    voxel = check_length(voxel_mm, "voxel_mm")
    if not diameter / MAX_PIXELS < voxel <= diameter:
        raise ValueError(f"voxel_mm={voxel:g} (a poor fit to diameter_mm={diameter:g}). Take 1/100 of it.")
    centres = grid_centres(diameter, voxel)
    inside = disc(centres, centres, (0.0, 0.0), math.pi / 4.0 * diameter**2)
    slices = max(1, round(length / voxel))
    index = np.repeat(inside[None].astype(np.uint8), slices, axis=0)
    dz = length / slices
    return VoxelPhantom(
        index,
        (Material("air"), made_of),
        (voxel, voxel, dz),
        (float(centres[0]), float(centres[0]), (dz - length) / 2.0),
        name=name or f"{made_of.name}-cylinder",
        organs=(Organ(CYLINDER, made_of.name),),
    )
