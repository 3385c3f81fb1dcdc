"""Which organs a run has to know well, and how well it knows them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from ctdose.dosimetry.body_rows import BodyRows
from ctdose.dosimetry.organ_dose import OrganDose, fraction_in_range
from ctdose.errors import CtdoseError, nearest
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.sums import Sums

LEAST_MASS_G = 10.0
LEAST_IN_RANGE = 0.5


def is_target(tissue: str | None, mass_g: float, in_range: float) -> bool:
    """Whether a target concerns an organ unless organs are named: weighted, 10 g, half of it in the range."""
    return bool(tissue) and mass_g >= LEAST_MASS_G and in_range >= LEAST_IN_RANGE


def target_rows(
    phantom: VoxelPhantom, rows: BodyRows, irradiated_mm: tuple[float, float], named: Sequence[str]
) -> dict[str, int]:
    """Rows of the organs that a target concerns, by name.

    Parameters
    ----------
    phantom : VoxelPhantom
    rows : BodyRows
    irradiated_mm : (float, float)
        z range of the beam.
    named : sequence of str
        Organs, or groups such as ``lungs``; empty: every organ (both of a pair together) that ICRP 103 weights, of at
        least 10 g, with half its mass in the range.

    Raises
    ------
    CtdoseError
        If an organ is unknown, or none qualifies.
    """
    first = rows.organ_mass_g.size + len(rows.responses)
    known = {organ.name: organ.organ_id for organ in phantom.organs}
    for k, composite in enumerate(rows.composites):
        known.setdefault(composite.name.split(":")[-1], first + k)
    unknown = [name for name in named if name not in known]
    if unknown:
        raise CtdoseError(
            f"target_organs={unknown[0]} (not in {phantom.name}). {nearest(unknown[0], sorted(known))}"
        )
    chosen = {name: known[name] for name in named or _default_targets(phantom, irradiated_mm)}
    if not chosen:
        raise CtdoseError(
            f"target_organs (no weighted organ of {phantom.name} of 10 g has half its mass in the range). "
            "Name organs, or give histories instead."
        )
    return chosen


def _default_targets(phantom: VoxelPhantom, irradiated_mm: tuple[float, float]) -> list[str]:
    mass, in_range = phantom.region_masses_g(), fraction_in_range(phantom, irradiated_mm)
    organs = {o.name: o for o in phantom.organs if o.organ_id < mass.size and mass[o.organ_id] > 0.0}
    chosen = []
    for name, members in _reported(organs, phantom.anatomy.groups if phantom.anatomy else {}).items():
        ids = [organs[m].organ_id for m in members]
        inside = float((mass[ids] * in_range[ids]).sum() / mass[ids].sum())
        if is_target(organs[members[0]].icrp103_tissue, float(mass[ids].sum()), inside):
            chosen.append(name)
    return chosen


def _reported(names: Iterable[str], groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Groups, and the organs that are in none, with their members."""
    known = set(names)
    reported = {group: [m for m in members if m in known] for group, members in groups.items()}
    grouped = {m for members in reported.values() for m in members}
    return {g: m for g, m in reported.items() if m} | {n: [n] for n in names if n not in grouped}


def target_regions(phantom: VoxelPhantom, names: Iterable[str]) -> set[int]:
    """Regions of organs and groups of organs."""
    groups = phantom.anatomy.groups if phantom.anatomy else {}
    members = {member for name in names for member in groups.get(name, [name])}
    return {organ.organ_id for organ in phantom.organs if organ.name in members}


def largest_relative_error(sums: Sums, rows: Mapping[str, int]) -> tuple[str, float]:
    """The row that is known worst, and its relative standard error; infinite while a row is empty."""
    mean, error = sums.row_estimates()
    relative = {
        name: float(error[row] / mean[row]) if mean[row] > 0.0 else math.inf for name, row in rows.items()
    }
    worst = max(relative, key=lambda name: relative[name])
    return worst, relative[worst]


def refuse_no_dose(phantom: VoxelPhantom, sums: Sums) -> None:
    """Refuse to go on until a target is reached where there is nothing to know: no organ has got any energy.

    Raises
    ------
    CtdoseError
    """
    organs = [organ.organ_id for organ in phantom.organs]
    if not sums.rows[:, :, organs, 0].any():
        why = f"no organ of {phantom.name} gets any dose in {sums.histories:,} histories, so there is no error to reach"
        raise CtdoseError(f"target_error ({why}). Check where the beam goes, or give --histories instead.")


def worst_of(
    organs: Mapping[str, OrganDose], groups: Mapping[str, Sequence[str]], named: Sequence[str]
) -> OrganDose | None:
    """The organ of a finished run, among those that the target concerns, that is known worst; None if there is none."""
    concerned = [organs[name] for name in named or _reported(organs, groups) if name in organs]
    if not named:
        concerned = [
            o
            for o in concerned
            if o.name not in ("red_bone_marrow", "bone_surface")
            and is_target(o.icrp103_tissue, o.mass_g, o.mass_in_range_fraction)
        ]
    known = [o for o in concerned if not math.isnan(o.relative_standard_error)]
    return max(known, key=lambda organ: organ.relative_standard_error, default=None)
