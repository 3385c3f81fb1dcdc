"""From numbers on a grid and the table of what they are to a phantom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.faults import one_line
from ctdose.kernels.tables import MAX_MATERIALS
from ctdose.phantoms.organs import MAX_REGION, Organ
from ctdose.phantoms.readers.anatomy import with_anatomy
from ctdose.phantoms.readers.region_table import MAX_NUMBER, NumberedOrgan, Person
from ctdose.phantoms.readers.sides import check_sides
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material

Triple = tuple[float, float, float]


def assemble_phantom(
    numbers: NDArray[np.integer],
    organs: Sequence[NumberedOrgan],
    *,
    name: str,
    spacing_mm: Triple,
    origin_mm: Triple,
    person: Person | None,
    file: str,
) -> VoxelPhantom:
    """Make a phantom of numbered voxels.

    Parameters
    ----------
    numbers : array of int, [z, y, x]
        LPS. 0 is the air around, unless the table says otherwise.
    organs : sequence of NumberedOrgan
        Numbers that share a name are one organ.
    name : str
    spacing_mm, origin_mm : (float, float, float)
        Voxel size, and centre of voxel [0, 0, 0].
    person : Person, optional
        Without it the phantom has no anatomy, and so no scan ranges.
    file : str
        Of the voxels, for messages.

    Returns
    -------
    VoxelPhantom
        Region numbers are those of the file where they fit, else 1, 2, … in their order; of several of one name
        the lowest.

    Raises
    ------
    CtdoseError
        A number is not in the table, two of one name differ in their tissue, left and right are exchanged.
    """
    rows = _by_number(organs, file)
    counts = _counts(numbers, file)
    strange = [number for number in np.flatnonzero(counts) if number and int(number) not in rows]
    if strange:
        first = int(strange[0])
        more = f", and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise CtdoseError(
            f"{file}: id={first} (in {counts[first]} voxels, but not in the table{more}). Add it to organs."
        )
    regions = _regions(rows, file)
    materials, material_of, region_of = _look_up(rows, regions, counts, file)
    shape = numbers.shape
    material_index, region_index = np.empty(shape, np.uint8), np.empty(shape, np.uint16)
    for k in range(shape[0]):
        material_index[k], region_index[k] = material_of[numbers[k]], region_of[numbers[k]]
    if not counts[[number for number in rows if number < counts.size]].any():
        raise CtdoseError(f"{file}: (no voxel of an organ). Check the numbers, or use smaller voxels.")
    present = {regions[rows[int(n)].name] for n in np.flatnonzero(counts) if int(n) in rows}
    plain = VoxelPhantom(
        material_index,
        materials,
        spacing_mm,
        origin_mm,
        region_index,
        name=one_line(name),  # of a file, or what its table says
        organs=_organs(rows, regions, present),
    )
    check_sides(plain, file, "Say with axes where x, y, z run to, for example RAS instead of LPS.")
    return plain if person is None else _with_person(plain, person)


def _with_person(phantom: VoxelPhantom, person: Person) -> VoxelPhantom:
    return with_anatomy(
        phantom,
        sex=person.sex,
        age=person.age,
        arms=person.arms,
        height_cm=math.nan if person.height_cm is None else person.height_cm,
        weight_kg=math.nan if person.weight_kg is None else person.weight_kg,
        cut=True,  # of a torso as likely as of a whole person
    )


def _by_number(organs: Sequence[NumberedOrgan], file: str) -> dict[int, NumberedOrgan]:
    rows: dict[int, NumberedOrgan] = {}
    tissues: dict[str, tuple[str | None, str | None]] = {}
    for organ in organs:
        if organ.id in rows:
            raise CtdoseError(f"{file}: id={organ.id} (twice in the table of organs). Keep one.")
        rows[organ.id] = organ
        if tissues.setdefault(organ.name, (organ.tissue, organ.snomed)) != (organ.tissue, organ.snomed):
            raise CtdoseError(f"{file}: {organ.name} (numbers of one organ differ in tissue or snomed).")
    return rows


def _counts(numbers: NDArray[np.integer], file: str) -> NDArray[np.int64]:
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high > MAX_NUMBER:
        raise CtdoseError(
            f"{file}: id={low if low < 0 else high} (outside 0 to {MAX_NUMBER}). Check dtype and byte_order."
        )
    counts = np.zeros(high + 1, np.int64)
    for plane in numbers:
        counts += np.bincount(plane.ravel(), minlength=high + 1)
    return counts


def _regions(rows: dict[int, NumberedOrgan], file: str) -> dict[str, int]:
    """Region number of each organ."""
    first: dict[str, int] = {}
    for number in sorted(rows):
        first.setdefault(rows[number].name, number)
    if max(first.values()) <= MAX_REGION:
        return first
    if len(first) > MAX_REGION:
        raise CtdoseError(f"{file}: {len(first)} organs (more than {MAX_REGION}). Give several one name.")
    start = 0 if 0 in rows else 1
    return {name: k for k, name in enumerate(sorted(first, key=first.__getitem__), start=start)}


def _look_up(
    rows: dict[int, NumberedOrgan], regions: dict[str, int], counts: NDArray[np.int64], file: str
) -> tuple[tuple[Material, ...], NDArray[np.uint8], NDArray[np.uint16]]:
    """Materials of the numbers that are there; material and region of each number."""
    materials = [Material("air")]
    material_of, region_of = np.zeros(counts.size, np.uint8), np.zeros(counts.size, np.uint16)
    for number, organ in rows.items():
        if number >= counts.size or not counts[number]:
            continue
        material = organ.make_material()
        alike = [
            k
            for k, known in enumerate(materials)
            if (known.density_g_cm3, known.composition) == (material.density_g_cm3, material.composition)
        ]
        if not alike:
            materials.append(material)
        if len(materials) > MAX_MATERIALS:
            raise CtdoseError(f"{file}: (more than {MAX_MATERIALS - 1} materials). Use fewer.")
        material_of[number] = alike[0] if alike else len(materials) - 1
        region_of[number] = regions[organ.name]
    return tuple(materials), material_of, region_of


def _organs(rows: dict[int, NumberedOrgan], regions: dict[str, int], present: set[int]) -> tuple[Organ, ...]:
    organs: dict[int, Organ] = {}
    for number in sorted(rows):
        row = rows[number]
        region = regions[row.name]
        if region not in present:
            continue
        if region not in organs:
            note = f"{row.note} Number {number} of the file.".strip() if region != number else row.note
            organs[region] = Organ(region, row.name, row.tissue, row.snomed, note=note)
        elif row.note and row.note not in organs[region].note:
            organs[region] = replace(organs[region], note=f"{organs[region].note} {row.note}".strip())
    return tuple(organs[region] for region in sorted(organs))
