"""Builds the stylized reference persons.

A child is the adult's drawing, scaled by parts of the body (person.py). A body is made in this order: the outline,
filled by rank to the volume of all that it holds; the skin; the organs in the order of data/adult_shapes.yaml, each
filled by rank to its reference mass; fat to its mass; muscle is the rest. So every mass is that of the reference person
to a voxel, at every voxel size, and nothing overlaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.cylinders import check_length
from ctdose.phantoms.stylized.cavity import Cavity
from ctdose.phantoms.stylized.data_files import read_data
from ctdose.phantoms.stylized.finish import finished_phantom
from ctdose.phantoms.stylized.frame import F32, Grid
from ctdose.phantoms.stylized.masses import Part, read_parts
from ctdose.phantoms.stylized.outline import outline_distance
from ctdose.phantoms.stylized.painter import Painter
from ctdose.phantoms.stylized.person import Person, default_voxel_mm, reference_person
from ctdose.phantoms.stylized.tissues import fill_body, paint_fat_and_muscle, skin_voxels
from ctdose.phantoms.voxel_phantom import VoxelPhantom

MIN_VOXEL_MM, MAX_VOXEL_MM = 1.0, 10.0
GRID_LOW_MM, GRID_HIGH_MM = (-215.0, -160.0, -870.0), (215.0, 145.0, 935.0)
GRID_HALF_WIDTH_ARMS_DOWN_MM = 310.0
ROOM, END_ROOM_MM = 1.15, 15.0


def build_adult(sex: str, *, voxel_mm: float | None = None, arms: str = "raised") -> VoxelPhantom:
    """Build a stylized adult reference person; see `build_person`.

    Parameters
    ----------
    sex : str
        ``male`` or ``female``.
    voxel_mm : float, optional
        Size of the cubic voxels.
    arms : str
        ``raised`` or ``down``.
    """
    return build_person(reference_person("adult", sex), voxel_mm=voxel_mm, arms=arms)


def build_person(person: Person, *, voxel_mm: float | None = None, arms: str = "raised") -> VoxelPhantom:
    """Build the stylized phantom of a person.

    Parameters
    ----------
    person : Person
        From `reference_person` or `sized_person`.
    voxel_mm : float, optional
        Size of the cubic voxels, 1 to 10 mm; default: that of the age.
    arms : str
        ``raised``: outside of the grid, with the trunk of a person who holds them up; their masses stand in
        `Organ.omitted_mass_g` and `MarrowSite`. ``down``: beside the body.

    Returns
    -------
    VoxelPhantom
        Region 0 is the air around. z = 0 is the lower border of the ischia, (x, y) = (0, 0) the middle of
        the trunk.

    Raises
    ------
    ValueError
        If an argument is out of range.
    TypeError
        If the voxel size is not a number.
    """
    size = default_voxel_mm(person.age) if voxel_mm is None else voxel_mm
    _check(size, arms)
    parts = read_parts(person, arms)
    cavity = Cavity(read_data("adult_shapes")["cavity"], person.cavity)
    grid = _grid(person, float(size), arms)
    outline = read_data("adult_outline")
    sexed = person.base == person.sex
    distance = outline_distance(grid, outline, cavity, person.base, arms, person.girth, sexed)
    counts = _counts(grid, parts)
    region, surface, skin = _body_and_skin(distance, parts, counts, grid)
    _paint(grid, region, surface - distance, cavity, person, arms, counts, parts)
    return finished_phantom(grid, region, parts, skin, person, arms)


def _check(voxel_mm: float, arms: str) -> None:
    if arms not in ("raised", "down"):
        raise ValueError(f"arms={arms!r} (unknown). Use 'raised' or 'down'.")
    if not MIN_VOXEL_MM <= check_length(voxel_mm, "voxel_mm") <= MAX_VOXEL_MM:
        raise ValueError(f"voxel_mm={voxel_mm:g} (outside {MIN_VOXEL_MM:g} to {MAX_VOXEL_MM:g}). Use 2.5.")


def _grid(person: Person, voxel_mm: float, arms: str) -> Grid:
    low, high = list(GRID_LOW_MM), list(GRID_HIGH_MM)
    if arms == "down":
        low[0], high[0] = -GRID_HALF_WIDTH_ARMS_DOWN_MM, GRID_HALF_WIDTH_ARMS_DOWN_MM
    frame, proportions = person.frame, person.proportions
    if proportions is not None:  # room for what a child has relatively more of
        widest = [max(float(s.max()) for s in proportions.scales(np.asarray(frame.rows)[:, 0]))] * 2
        widest = [w * ROOM * person.girth for w in widest]
        z_low, z_high = frame.to_body_z(np.array([GRID_LOW_MM[2], GRID_HIGH_MM[2]]))
        low = [low[0] * widest[0], low[1] * widest[1], float(z_low) - END_ROOM_MM]
        high = [high[0] * widest[0], high[1] * widest[1], float(z_high) + END_ROOM_MM]
    return Grid(voxel_mm, low, high, frame, proportions)


def _counts(grid: Grid, parts: dict[str, Part]) -> dict[str, int]:
    """Voxels of each organ; at least one, so that none is lost on a coarse grid."""
    return {name: max(1, round(part.volume_cm3 / grid.voxel_cm3)) for name, part in parts.items()}


def _body_and_skin(
    distance: F32, parts: dict[str, Part], counts: dict[str, int], grid: Grid
) -> tuple[NDArray[np.uint16], float, int]:
    """The body's voxels, the distance of its surface from the drawn one, and how many of them are skin."""
    wanted = parts["skin"].volume_cm3 / grid.voxel_cm3
    others = sum(count for name, count in counts.items() if name != "skin")
    skin = round(wanted)
    for _ in range(3):  # the skin's layer decides the outline, which decides the layer: it settles at once
        region, surface = fill_body(distance, others + skin)
        layer = skin_voxels(region, wanted)
        skin = int(np.count_nonzero(layer))
    region, surface = fill_body(distance, others + skin)
    layer = skin_voxels(region, wanted)
    region[layer] = parts["skin"].organ.organ_id
    return region, surface, int(np.count_nonzero(layer))


def _paint(
    grid: Grid,
    region: NDArray[np.uint16],
    depth_mm: F32,
    cavity: Cavity,
    person: Person,
    arms: str,
    counts: dict[str, int],
    parts: dict[str, Part],
) -> None:
    shapes = read_data("adult_shapes")
    painter = Painter(grid, region, cavity, counts, {n: p.organ.organ_id for n, p in parts.items()})
    for entry in shapes["paint"]:
        if _belongs(entry, person) and (arms == "down" or not entry.get("arms", False)):
            kept = [
                _fitted(s, person.skull)
                for s in entry["shapes"]
                if arms == "down" or not s.get("arms", False)
            ]
            painter.paint({**entry, "shapes": kept})
    paint_fat_and_muscle(
        grid,
        region,
        depth_mm,
        cavity,
        shapes,
        read_data("adult_outline")["fat"],
        fat=(parts["adipose"].organ.organ_id, counts["adipose"]),
        muscle=parts["muscle"].organ.organ_id,
    )


def _fitted(shape: Mapping[str, Any], skull: Mapping[str, float] | None) -> Mapping[str, Any]:
    """Fit the skull, the only shell, around a brain that is larger than drawn."""
    if skull is None or "shell" not in shape:
        return shape
    shell = shape["shell"]
    axes = [skull["inside"] * axis for axis in shell["axes"]]
    return {**shape, "shell": {**shell, "axes": axes, "thickness": skull["thickness"] * shell["thickness"]}}


def _belongs(entry: Mapping[str, Any], person: Person) -> bool:
    return bool(
        entry.get("sex", person.sex) == person.sex and entry.get("drawing", person.base) == person.base
    )
