"""A painted body as a phantom: its materials, its crop, its anatomy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.anatomy import Anatomy
from ctdose.phantoms.organ_groups import GROUPS
from ctdose.phantoms.scan_regions import landmarks_of, scan_ranges
from ctdose.phantoms.stylized.frame import Grid
from ctdose.phantoms.stylized.masses import Part, read_marrow_sites
from ctdose.phantoms.stylized.painter import OUTSIDE
from ctdose.phantoms.stylized.person import Person
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material

PAD_MM = 10.0  # of air below the soles and above the vertex, so that a margin of a scan range stays inside


def finished_phantom(
    grid: Grid, region: NDArray[np.uint16], parts: Mapping[str, Part], skin: int, person: Person, arms: str
) -> VoxelPhantom:
    """Make the phantom of a painted body.

    Parameters
    ----------
    grid : Grid
        Of the body.
    region : array of uint16, [z, y, x]
        Region numbers.
    parts : mapping of str to Part
        What was painted.
    skin : int
        Voxels of the skin: its density gives them its mass.
    person : Person
        Whom it stands for.
    arms : str
        ``raised`` or ``down``.

    Returns
    -------
    VoxelPhantom
        Cropped to the body, with some air below and above.
    """
    corner, region = _cropped(grid, region)
    skin_mass = parts["skin"].organ.reference_mass_g
    materials: list[Material] = [Material("air")]
    of_region = np.zeros(int(region.max()) + 1, np.uint8)
    for name, part in parts.items():
        material = part.material
        if name == "skin":
            material = material.with_density(skin_mass / (skin * grid.voxel_cm3))
        if material not in materials:
            materials.append(material)
        of_region[part.organ.organ_id] = materials.index(material)
    h = grid.voxel_mm
    origin = (corner[0] + h / 2.0, corner[1] + h / 2.0, corner[2] + h / 2.0)
    organs = tuple(sorted((part.organ for part in parts.values()), key=lambda organ: organ.organ_id))
    plain = VoxelPhantom(
        of_region[region], tuple(materials), (h, h, h), origin, region, name=person.name, organs=organs
    )
    return replace(plain, anatomy=_anatomy(plain, person, arms))


def _cropped(grid: Grid, region: NDArray[np.uint16]) -> tuple[tuple[float, float, float], Any]:
    """Crop to the body, symmetric in x, with some air below and above."""
    z, y, x = (np.flatnonzero((region != OUTSIDE).any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1)))
    pad = math.ceil(PAD_MM / grid.voxel_mm)
    margin = min(int(x[0]), region.shape[2] - 1 - int(x[-1]))
    z0, z1 = max(0, int(z[0]) - pad), min(region.shape[0], int(z[-1]) + 1 + pad)
    h = grid.voxel_mm / 2.0
    corner = (float(grid.x[margin]) - h, float(grid.y[y[0]]) - h, float(grid.z[z0]) - h)
    return corner, region[z0:z1, y[0] : y[-1] + 1, margin : region.shape[2] - margin]


def _anatomy(phantom: VoxelPhantom, person: Person, arms: str) -> Anatomy:
    present = {organ.name for organ in phantom.organs}
    landmarks = landmarks_of(phantom)
    return Anatomy(
        body=person.name,
        sex=person.sex,
        reference_person=person.reference_person,
        age=person.age,
        groups={group: names for group, names in GROUPS.items() if present.issuperset(names)},
        marrow_sites=read_marrow_sites(person, arms),
        scan_ranges_mm=scan_ranges(landmarks),
        landmarks_mm=landmarks,
        height_cm=person.height_cm,
        weight_kg=person.weight_kg,
        arms=arms,
    )
