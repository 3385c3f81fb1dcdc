"""Organ doses of one body, from the sums of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ctdose.dosimetry.body_rows import BodyRows
from ctdose.dosimetry.systematic_parts import SystematicParts
from ctdose.dosimetry.units import MGY_PER_KEV_PER_G
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.sums import Sums

NO_ID = -1


@dataclass(frozen=True)
class OrganDose:
    """Absorbed dose of an organ, a group of organs or a tissue.

    Attributes
    ----------
    organ_id : int
        Stable region number; -1 for groups and tissues.
    name, icrp103_tissue, snomed : str
    mass_g : float
        In the voxels.
    reference_mass_g : float
        Of the reference person, NaN if unknown.
    absorbed_dose_mgy, standard_error_mgy : float
        Mean over the mass, and its statistical standard error (one sigma).
    systematic_error_mgy : float
        What the inputs imply, all of them together (`systematic`), one sigma. Never in quadrature with the statistical
        one: other organs and exams share it.
    mass_in_range_fraction : float
        Share of the voxel mass between the ends of the irradiated range.
    partial : bool
        The voxels hold only a part of the organ. Where the mass of the rest is known (raised arms), the denominator
        holds all of it; where it is not (a patient's CT), the dose is that of the part.
    note : str
    systematic : SystematicParts or None
        `systematic_error_mgy` by input, mGy; None in files that do not have it.
    over_ranging_fraction, over_ranging_fraction_standard_error : float
        Share of the dose from over-ranging: from views of helical scans whose beam centre lies outside the planned
        range. NaN without dose, and where the views were not kept.
    """

    organ_id: int
    name: str
    icrp103_tissue: str
    snomed: str
    mass_g: float
    reference_mass_g: float
    absorbed_dose_mgy: float
    standard_error_mgy: float
    systematic_error_mgy: float
    mass_in_range_fraction: float
    partial: bool = False
    note: str = ""
    systematic: SystematicParts | None = None
    over_ranging_fraction: float = math.nan
    over_ranging_fraction_standard_error: float = math.nan

    @property
    def relative_standard_error(self) -> float:
        """Standard error over dose; NaN without dose."""
        return (
            self.standard_error_mgy / self.absorbed_dose_mgy if self.absorbed_dose_mgy > 0 else float("nan")
        )


@dataclass(frozen=True)
class Scale:
    """From tallies per history to the exam.

    Attributes
    ----------
    photons : float
        Real photons of the whole exam.
    relative_systematic_error : float
    """

    photons: float
    relative_systematic_error: float

    def mgy(self, kev_per_g: np.ndarray | float) -> np.ndarray | float:
        """Dose in mGy of an energy per mass and history."""
        return kev_per_g * self.photons * MGY_PER_KEV_PER_G


@dataclass(frozen=True)
class BodyDose:
    """Doses of one body.

    Attributes
    ----------
    name : str
    organs : dict of str to OrganDose
        Organs as the phantom has them, then groups such as ``lungs``, then ``red_bone_marrow`` and ``bone_surface``.
    tissues : dict of str to OrganDose
        Tissues of ICRP 103.
    weighted_msv : dict of str to (float, float)
        For ``icrp103`` and ``icrp60``: sum of tissue weight times dose of this body, and standard error. Not an
        effective dose: that is the mean of both reference persons.
    weighted_systematic : dict of str to SystematicParts
        The systematic parts of `weighted_msv`, mSv; empty in files that do not have them.
    weighted_over_ranging : dict of str to (float, float)
        Over-ranging's share of `weighted_msv`, and standard error; empty where the views were not kept.
    """

    name: str
    organs: dict[str, OrganDose]
    tissues: dict[str, OrganDose] = field(default_factory=dict)
    weighted_msv: dict[str, tuple[float, float]] = field(default_factory=dict)
    weighted_systematic: dict[str, SystematicParts] = field(default_factory=dict)
    weighted_over_ranging: dict[str, tuple[float, float]] = field(default_factory=dict)


def fraction_in_range(phantom: VoxelPhantom, z_range_mm: tuple[float, float]) -> np.ndarray:
    """Share of each region's mass whose voxel centres lie inside a z range, [regions]; 0 for empty regions."""
    z = phantom.origin_mm[2] + np.arange(phantom.shape[0]) * phantom.spacing_mm[2]
    inside = (z >= z_range_mm[0]) & (z <= z_range_mm[1])
    masses = phantom.region_masses_by_slice_g
    whole = masses.sum(axis=0)
    return np.divide(masses[inside].sum(axis=0), whole, out=np.zeros_like(whole), where=whole > 0)


def body_dose(
    phantom: VoxelPhantom, rows: BodyRows, sums: Sums, scale: Scale, irradiated_mm: tuple[float, float]
) -> BodyDose:
    """Turn the sums of a run into doses.

    Parameters
    ----------
    phantom : VoxelPhantom
    rows : BodyRows
        As scored.
    sums : Sums
    scale : Scale
    irradiated_mm : (float, float)
        z range for `mass_in_range_fraction`.
    """
    mean, error = sums.row_estimates()
    in_range = fraction_in_range(phantom, irradiated_mm)
    voxel_mass = phantom.region_masses_g()
    organs: dict[str, OrganDose] = {}
    for organ in phantom.organs:
        r = organ.organ_id
        if r < rows.organ_mass_g.size and voxel_mass[r] > 0.0:
            mass = rows.organ_mass_g[r]
            about = _about_organ(organ, float(voxel_mass[r]), float(in_range[r]))
            organs[organ.name] = _organ_dose(organ.name, mean[r] / mass, error[r] / mass, scale, about)
    tissues: dict[str, OrganDose] = {}
    weighted: dict[str, tuple[float, float]] = {}
    for row, composite in enumerate(rows.composites, start=rows.organ_mass_g.size + len(rows.responses)):
        value, sigma = composite.scale * mean[row], composite.scale * error[row]
        kind, name = composite.name.split(":")
        if kind == "weighted":
            weighted[name] = (float(scale.mgy(value)), float(scale.mgy(sigma)))
            continue
        about = _about_combination(kind, name, phantom, rows, voxel_mass, in_range, composite.coefficients)
        (tissues if kind == "tissue" else organs)[name] = _organ_dose(name, value, sigma, scale, about)
    organs |= {name: tissues[name] for name in ("red_bone_marrow", "bone_surface") if name in tissues}
    return BodyDose(phantom.name, organs, tissues, weighted)


def _organ_dose(name: str, value: float, sigma: float, scale: Scale, about: Mapping[str, Any]) -> OrganDose:
    """Dose of an organ from keV/g per history, and what else is known of it."""
    dose = float(scale.mgy(value))
    return OrganDose(
        name=name,
        absorbed_dose_mgy=dose,
        standard_error_mgy=float(scale.mgy(sigma)),
        systematic_error_mgy=dose * scale.relative_systematic_error,
        **about,
    )


def _about_organ(organ: Organ, mass_g: float, in_range: float) -> dict[str, Any]:
    return {
        "organ_id": organ.organ_id,
        "icrp103_tissue": organ.icrp103_tissue or "",
        "snomed": organ.snomed or "",
        "mass_g": mass_g,
        "reference_mass_g": organ.reference_mass_g,
        "mass_in_range_fraction": in_range,
        "partial": organ.partial or organ.omitted_mass_g > 0,
        "note": organ.note,
    }


def _about_combination(kind, name, phantom, rows, voxel_mass, in_range, coefficients) -> dict[str, Any]:
    """Mass, range and tissue of a group or tissue from its regions."""
    regions = [row for row in coefficients if row < voxel_mass.size]
    responses = [
        rows.responses[row - voxel_mass.size].region for row in coefficients if row >= voxel_mass.size
    ]
    mass = float(voxel_mass[regions].sum()) if regions else rows.tissue_masses_g[name]
    places = regions or responses
    weights = np.abs(list(coefficients.values())) * voxel_mass[places]
    by_id = {organ.organ_id: organ for organ in phantom.organs}
    members = [by_id[r] for r in regions if r in by_id]
    tissue = {organ.icrp103_tissue for organ in members}
    return {
        "organ_id": NO_ID,
        "icrp103_tissue": name if kind == "tissue" else (tissue.pop() or "" if len(tissue) == 1 else ""),
        "snomed": "",
        "mass_g": mass,
        "reference_mass_g": float(sum(o.reference_mass_g for o in members)) if members else mass,
        "mass_in_range_fraction": float((weights * in_range[places]).sum() / weights.sum()),
        "partial": any(o.partial or o.omitted_mass_g > 0 for o in members),
        "note": "",
    }
