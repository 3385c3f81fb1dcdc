"""Rows of the skeleton: fluence in spongiosa and medullary cavities, folded to dose of red marrow and endosteum."""

from __future__ import annotations

from dataclasses import dataclass, field

from ctdose.dosimetry.bone_response import (
    ACTIVE_MARROW,
    ENDOSTEUM_TISSUE,
    UNIT_DENSITY_G_CM3,
    load_bone_responses,
    mean_response,
)
from ctdose.errors import CtdoseError
from ctdose.phantoms.marrow_site import MarrowSite
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.scoring import FoldedResponse, TabulatedCurve

MARROW, ENDOSTEUM = "red_bone_marrow", "bone_surface"
PARTS = {MARROW: ACTIVE_MARROW, ENDOSTEUM: ENDOSTEUM_TISSUE}


@dataclass(frozen=True)
class SkeletonRows:
    """What is scored in the skeleton.

    Attributes
    ----------
    responses : tuple of FoldedResponse
        One for each tissue of each site; a site with marrow and endosteum has two.
    coefficients : dict of str to dict of int to float
        Dose of both tissues as combinations of the responses' rows, 1/g.
    masses_g : dict of str to float
        Of the whole skeleton, what is left out of the voxels included.
    """

    responses: tuple[FoldedResponse, ...] = ()
    coefficients: dict[str, dict[int, float]] = field(default_factory=dict)
    masses_g: dict[str, float] = field(default_factory=dict)


def skeleton_rows(phantom: VoxelPhantom, first_row: int) -> SkeletonRows:
    """Responses of the skeleton's sites; doses of red marrow and endosteum as combinations of them.

    Dose of a tissue: mean over its sites, weighted by their mass of it; sites that are not in the voxels (raised
    arms) count with a dose of zero (ICRP Publication 116, Annex D).

    Parameters
    ----------
    phantom : VoxelPhantom
    first_row : int
        Row of the first response.

    Raises
    ------
    CtdoseError
        If a site with marrow or endosteum has no response function of ICRP 116.
    """
    sites: tuple[MarrowSite, ...] = phantom.anatomy.marrow_sites if phantom.anatomy else ()
    volumes = phantom.region_volumes_cm3() if sites else ()
    responses: list[FoldedResponse] = []
    coefficients: dict[str, dict[int, float]] = {}
    masses: dict[str, float] = {}
    for tissue, part in PARTS.items():
        total = sum(getattr(s, f"{part}_g") + getattr(s, f"omitted_{part}_g") for s in sites)
        if total == 0.0:
            continue
        masses[tissue], coefficients[tissue] = total, {}
        for region, in_region in _by_region(sites, part).items():
            if region >= len(volumes) or volumes[region] == 0.0:
                continue
            share = sum(in_region.values()) / total
            per_dose = 1.0 / (UNIT_DENSITY_G_CM3 * float(volumes[region]))
            coefficients[tissue][first_row + len(responses)] = share * per_dose
            curve = _curve(phantom, in_region, part)
            responses.append(FoldedResponse(f"{tissue} dose in region {region}", region, curve))
    return SkeletonRows(tuple(responses), coefficients, masses)


def _by_region(sites: tuple[MarrowSite, ...], part: str) -> dict[int, dict[int, float]]:
    """Mass of a tissue by region of the voxels and bone region of ICRP 116, g."""
    found: dict[int, dict[int, float]] = {}
    for site in sites:
        mass = getattr(site, f"{part}_g")
        if site.region >= 0 and mass > 0.0:
            in_region = found.setdefault(site.region, {})
            in_region[site.icrp116_id] = in_region.get(site.icrp116_id, 0.0) + mass
    return dict(sorted(found.items()))


def _curve(phantom: VoxelPhantom, masses_g: dict[int, float], part: str) -> TabulatedCurve:
    responses = load_bone_responses()
    for number in masses_g:
        if (number, part) not in responses:
            known = ", ".join(str(n) for n, p in responses if p == part)
            raise CtdoseError(
                f"{phantom.name}: icrp116_id={number} (no response of {part} in ICRP 116, Annex D). One of {known}."
            )
    return mean_response(responses, masses_g, part)
