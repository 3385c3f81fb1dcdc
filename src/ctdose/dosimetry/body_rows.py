"""What is scored in a person: rows for organs, marrow and endosteum, combinations for tissues and effective dose.

Effective dose, tissue doses and paired organs are scored as combinations within each history, because the organs of
one history are correlated: their standard errors cannot come from those of the parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.dosimetry.skeleton import ENDOSTEUM, MARROW, skeleton_rows
from ctdose.dosimetry.tissue_weights import load_tissue_weights
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.scoring import Composite, FoldedResponse

RECOMMENDATIONS = ("icrp103", "icrp60")


@dataclass(frozen=True)
class BodyRows:
    """Rows of one person.

    Attributes
    ----------
    organ_mass_g : float64 ndarray [regions]
        Denominator of each region's dose: its mass in the voxels, and the omitted part of whole-body tissues.
    responses : tuple of FoldedResponse
    composites : tuple of Composite
        Coefficients in 1/g: the rows are in keV, the combinations in keV/g (of dose).
    tissue_masses_g : dict of str to float
    """

    organ_mass_g: np.ndarray
    responses: tuple[FoldedResponse, ...]
    composites: tuple[Composite, ...]
    tissue_masses_g: dict[str, float]


def denominator_g(organ: Organ, mass_g: float) -> float:
    """Mass that the energy imparted to an organ is divided by, g.

    A part that is left out of the voxels (raised arms) received next to nothing but belongs to the tissue; where a
    surrogate region stands for a thin tissue, the omitted part is scaled with it.
    """
    if organ.omitted_mass_g == 0.0:
        return mass_g
    return mass_g * (1.0 + organ.omitted_mass_g / organ.reference_mass_g)


def _tissue_coefficients(
    phantom: VoxelPhantom, mass_g: np.ndarray
) -> tuple[dict[str, dict[int, float]], dict[str, float]]:
    """Dose of each tissue as a combination of region rows (1/g), and the tissues' masses (g)."""
    members: dict[str, list[Organ]] = {}
    for organ in phantom.organs:
        if (
            organ.icrp103_tissue
            and organ.icrp103_tissue not in (MARROW, ENDOSTEUM)
            and mass_g[organ.organ_id] > 0
        ):
            members.setdefault(organ.icrp103_tissue, []).append(organ)
    coefficients, masses = {}, {}
    for tissue, organs in members.items():
        total = sum(denominator_g(organ, mass_g[organ.organ_id]) for organ in organs)
        coefficients[tissue] = {organ.organ_id: 1.0 / total for organ in organs}
        masses[tissue] = total
    return coefficients, masses


def _combine(weights: dict[str, float], coefficients: dict[str, dict[int, float]]) -> dict[int, float]:
    combined: dict[int, float] = {}
    for tissue, weight in weights.items():
        for row, coefficient in coefficients[tissue].items():
            combined[row] = combined.get(row, 0.0) + weight * coefficient
    return combined


def build_body_rows(phantom: VoxelPhantom) -> BodyRows:
    """Rows and combinations of a person.

    Combinations are named ``group:NAME`` (organs reported together), ``tissue:NAME`` (tissues of ICRP 103) and
    ``weighted:icrp103``, ``weighted:icrp60`` (sum of tissue weight times dose of this one body; of a reference person
    only: a sum over the part of a patient that was imaged would be taken for an effective dose).

    Parameters
    ----------
    phantom : VoxelPhantom
        With organs; without anatomy there are no groups, tissues or weighted sums.

    Raises
    ------
    CtdoseError
        If a marrow site has no response function in ICRP 116.
    """
    mass_g = phantom.region_masses_g()
    organ_mass = mass_g.copy()
    for organ in phantom.organs:
        if organ.organ_id < mass_g.size:
            organ_mass[organ.organ_id] = denominator_g(organ, mass_g[organ.organ_id])
    if phantom.anatomy is None:
        return BodyRows(organ_mass, (), (), {})
    coefficients, tissue_masses = _tissue_coefficients(phantom, mass_g)
    skeleton = skeleton_rows(phantom, mass_g.size)
    coefficients |= skeleton.coefficients
    tissue_masses |= skeleton.masses_g
    composites = [Composite(f"group:{name}", c) for name, c in _groups(phantom, organ_mass).items()]
    composites += [Composite(f"tissue:{name}", c) for name, c in coefficients.items()]
    for name in RECOMMENDATIONS if phantom.anatomy.reference_person else ():
        weights = load_tissue_weights(name).of_tissues(tissue_masses)
        composites.append(Composite(f"weighted:{name}", _combine(weights, coefficients)))
    return BodyRows(organ_mass, skeleton.responses, tuple(composites), tissue_masses)


def _groups(phantom: VoxelPhantom, organ_mass_g: np.ndarray) -> dict[str, dict[int, float]]:
    assert phantom.anatomy is not None
    ids = {organ.name: organ.organ_id for organ in phantom.organs}
    result = {}
    for name, members in phantom.anatomy.groups.items():
        regions = [ids[m] for m in members if m in ids and ids[m] < organ_mass_g.size]
        total = float(organ_mass_g[regions].sum())
        if total > 0.0:
            result[name] = dict.fromkeys(regions, 1.0 / total)
    return result
