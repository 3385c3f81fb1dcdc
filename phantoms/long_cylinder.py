"""Long cylinders in which scatter comes to equilibrium: a line of small volumes on the axis, one below the surface.

AAPM Report 111 (2010) asks for a phantom of at least 450 mm, so that the dose in the middle of a long scan reaches its
limit; AAPM Report 200 (2020) uses one of polyethylene, 300 mm wide and 600 mm long.
"""

from __future__ import annotations

import math

import numpy as np

from ctdose.phantoms.ctdi import CHAMBER_DEPTH_MM, PMMA_DENSITY_G_CM3, PMMA_MASS_FRACTIONS
from ctdose.phantoms.cylinders import check_length, grid_centres
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.rank import disc
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material

BIN_MM = 10.0
SHORTEST_MM = 450.0
CENTER_RADIUS_MM = 10.0
RING_HALF_WIDTH_MM = 3.0
POLYETHYLENE_DENSITY_G_CM3 = 0.97  # of the phantom of AAPM Report 200
CYLINDER = 1
POSITIONS = ("center", "periphery")


def long_material(name: str) -> Material:
    """Material of a long phantom: ``pmma``, ``polyethylene``, or any name of a material."""
    if name == "pmma":
        return Material.from_mass_fractions("pmma", PMMA_MASS_FRACTIONS, density_g_cm3=PMMA_DENSITY_G_CM3)
    if name == "polyethylene":
        return Material(name).with_density(POLYETHYLENE_DENSITY_G_CM3)
    return Material(name)


def region_numbers(bins: int) -> dict[str, range]:
    """Region numbers of the small volumes from the lowest z, by position."""
    first = CYLINDER + 1
    return {name: range(first + i * bins, first + (i + 1) * bins) for i, name in enumerate(POSITIONS)}


def build_long_cylinder(
    material: str = "pmma", *, diameter_mm: float = 320.0, length_mm: float = 900.0, voxel_mm: float = 1.0
) -> VoxelPhantom:
    """Build a long cylinder along z, centred on the origin.

    Parameters
    ----------
    material : str
        ``pmma``, ``polyethylene``, ``water``, or another name of a material.
    diameter_mm, length_mm : float
        At least 40 mm and 450 mm; the length a multiple of 20 mm.
    voxel_mm : float
        In the plane; along z it is 10 mm.

    Returns
    -------
    VoxelPhantom
        Region 0 is the air around, 1 the cylinder, then `region_numbers`: in slices of 10 mm a disc of 10 mm radius on
        the axis, and the ring 7 to 13 mm below the surface. All around the rotation the dose depends on the
        distance from the axis alone, so the ring stands for a chamber anywhere in it. They are of the
        cylinder's own material: what is scored in them is fluence.

    Raises
    ------
    ValueError, TypeError
        If a length does not fit.
    """
    diameter, length = check_length(diameter_mm, "diameter_mm"), check_length(length_mm, "length_mm")
    voxel = check_length(voxel_mm, "voxel_mm")
    if diameter < 4.0 * CENTER_RADIUS_MM:
        raise ValueError(f"diameter_mm={diameter:g} (too thin). At least {4.0 * CENTER_RADIUS_MM:g} mm.")
    if length < SHORTEST_MM or abs(length / (2.0 * BIN_MM) - round(length / (2.0 * BIN_MM))) > 1e-9:
        right = f"A multiple of {2.0 * BIN_MM:g} mm from 460 mm on."
        raise ValueError(f"length_mm={length:g} (no length of a long phantom). {right}")
    if voxel > RING_HALF_WIDTH_MM:
        raise ValueError(f"voxel_mm={voxel:g} (too coarse for the ring). At most {RING_HALF_WIDTH_MM:g} mm.")
    bins = round(length / BIN_MM)
    plane = _round(diameter, diameter / 2.0, voxel).astype(np.uint8)
    first = float(grid_centres(diameter, voxel)[0])
    return VoxelPhantom(
        np.repeat(plane[None], bins, axis=0),
        (Material("air"), long_material(material)),
        (voxel, voxel, BIN_MM),
        (first, first, (BIN_MM - length) / 2.0),
        _regions(plane, diameter, voxel, bins),
        name=f"long-{material}-{diameter:g}",
        organs=(Organ(CYLINDER, material),),
    )


def _round(diameter: float, radius: float, voxel: float) -> np.ndarray:
    centres = grid_centres(diameter, voxel)
    return disc(centres, centres, (0.0, 0.0), math.pi * radius**2)


def _regions(plane: np.ndarray, diameter: float, voxel: float, bins: int) -> np.ndarray:
    middle = diameter / 2.0 - CHAMBER_DEPTH_MM
    outer, inner = (_round(diameter, middle + s * RING_HALF_WIDTH_MM, voxel) for s in (1.0, -1.0))
    places = {"center": _round(diameter, CENTER_RADIUS_MM, voxel), "periphery": outer & ~inner}
    region = np.repeat(plane[None].astype(np.uint16), bins, axis=0)
    for name, numbers in region_numbers(bins).items():
        region[:, places[name]] = np.array(numbers, np.uint16)[:, None]
    return region
