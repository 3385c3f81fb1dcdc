"""What is to be said of a phantom of ICRP that was read: whether it weighs what it should, what has no known name."""

from __future__ import annotations

import math

from ctdose.phantoms.readers.icrp_organs import known_names
from ctdose.phantoms.stylized.masses import read_data
from ctdose.phantoms.voxel_phantom import VoxelPhantom

CHILDREN = ("newborn", "1y", "5y", "10y", "15y")
SAME_MASS = 0.05  # a voxel size that is wrong by 2 % makes 6 % of mass
MOST_NAMES = 8


def notes_of_icrp(phantom: VoxelPhantom) -> tuple[str, ...]:
    """Notes on a phantom of `read_icrp_phantom`, one line each.

    The voxel size of children is typed by the user; the reference mass of their age (ICRP Publication 89) is the check
    that it was typed right.
    """
    notes = []
    anatomy = phantom.anatomy
    if anatomy is not None and anatomy.age in CHILDREN and not math.isnan(anatomy.weight_kg):
        masses = read_data("child_masses")["body_mass_g"][anatomy.sex]
        expected = float(masses[CHILDREN.index(anatomy.age)]) / 1000.0
        if abs(anatomy.weight_kg / expected - 1.0) > SAME_MASS:
            notes.append(
                f"mass: {anatomy.weight_kg:.3g} kg, and {expected:g} kg are those of a reference person of that age. "
                "Check --voxel-mm and --shape before you use it."
            )
    strange = [organ.name for organ in phantom.organs if organ.name not in known_names()]
    if strange:
        more = ", …" if len(strange) > MOST_NAMES else ""
        notes.append(
            f"names: of no known organ, so without a tissue: {', '.join(strange[:MOST_NAMES])}{more}."
        )
    return tuple(notes)
