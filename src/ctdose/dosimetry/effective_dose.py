"""Effective dose: the mean over both reference persons, and what takes its place where it is not defined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ctdose.dosimetry.organ_dose import BodyDose
from ctdose.dosimetry.systematic_parts import SystematicParts, mean_parts
from ctdose.phantoms.voxel_phantom import VoxelPhantom


@dataclass(frozen=True)
class EffectiveDose:
    """Effective dose of an exam, mSv, with standard errors.

    Attributes
    ----------
    icrp103_msv, icrp60_msv : float or None
        Of both reference persons (ICRP 103: E = sum w_T (H_T^male + H_T^female)/2). None unless both were simulated.
    icrp103_standard_error_msv, icrp60_standard_error_msv : float or None
    weighted_dose_of_one_sex_msv, weighted_dose_of_one_sex_standard_error_msv : float or None
        Sum of ICRP 103 weight times dose of one reference person alone: not an effective dose.
    icrp103_systematic_error_msv, icrp60_systematic_error_msv : float or None
    weighted_dose_of_one_sex_systematic_error_msv : float or None
        What the inputs imply (`systematic_parts_msv`), apart from the statistical error.
    over_ranging_fraction, over_ranging_fraction_standard_error : float or None
        Over-ranging's share of the ICRP 103 dose; None where the views were not kept.
    """

    icrp103_msv: float | None = None
    icrp103_standard_error_msv: float | None = None
    icrp60_msv: float | None = None
    icrp60_standard_error_msv: float | None = None
    weighted_dose_of_one_sex_msv: float | None = None
    weighted_dose_of_one_sex_standard_error_msv: float | None = None
    icrp103_systematic_error_msv: float | None = None
    icrp60_systematic_error_msv: float | None = None
    weighted_dose_of_one_sex_systematic_error_msv: float | None = None
    over_ranging_fraction: float | None = None
    over_ranging_fraction_standard_error: float | None = None


def effective_dose(phantoms: Sequence[VoxelPhantom], bodies: Sequence[BodyDose]) -> EffectiveDose | None:
    """Effective dose of the bodies of an exam.

    Parameters
    ----------
    phantoms, bodies : sequences of the same length

    Returns
    -------
    EffectiveDose or None
        None where a body is not a reference person (water, a patient's own CT, a person of chosen size).
    """
    if not all(p.anatomy is not None and p.anatomy.reference_person for p in phantoms):
        return None
    if len(bodies) == 1:
        value, error = bodies[0].weighted_msv["icrp103"]
        return EffectiveDose(
            weighted_dose_of_one_sex_msv=value,
            weighted_dose_of_one_sex_standard_error_msv=error,
            weighted_dose_of_one_sex_systematic_error_msv=_combined(bodies, "icrp103"),
            **_over_ranging(bodies),
        )
    sexes = sorted(p.anatomy.sex for p in phantoms if p.anatomy is not None)
    if sexes != ["female", "male"]:
        return None
    found: dict[str, float | None] = {}
    for name in ("icrp103", "icrp60"):
        values, errors = zip(*(body.weighted_msv[name] for body in bodies))
        found[f"{name}_msv"] = sum(values) / 2.0
        found[f"{name}_standard_error_msv"] = math.hypot(*errors) / 2.0
        found[f"{name}_systematic_error_msv"] = _combined(bodies, name)
    return EffectiveDose(**found, **_over_ranging(bodies))


def systematic_parts_msv(bodies: Sequence[BodyDose], name: str) -> SystematicParts | None:
    """Systematic parts of the mean of the bodies' weighted doses, mSv; None if one of them has none."""
    return mean_parts([body.weighted_systematic.get(name) for body in bodies])


def _combined(bodies: Sequence[BodyDose], name: str) -> float | None:
    parts = systematic_parts_msv(bodies, name)
    return None if parts is None else parts.combined


def _over_ranging(bodies: Sequence[BodyDose]) -> dict[str, float]:
    """Over-ranging's share of the ICRP 103 dose; nothing where it is not known."""
    if not all("icrp103" in body.weighted_over_ranging for body in bodies):
        return {}
    doses = [body.weighted_msv["icrp103"][0] for body in bodies]
    share, error = mean_share(doses, [body.weighted_over_ranging["icrp103"] for body in bodies])
    return {"over_ranging_fraction": share, "over_ranging_fraction_standard_error": error}


def mean_share(doses: Sequence[float], shares: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Share of a mean dose from those of the bodies, weighted by dose, and its standard error; NaN without dose.

    Bodies without dose have no share. The doses' own errors change the weights in second order only.
    """
    total = math.fsum(doses)
    if total == 0.0:
        return math.nan, math.nan
    known = [(dose / total, share) for dose, share in zip(doses, shares, strict=True) if dose > 0.0]
    value = math.fsum(weight * share for weight, (share, _) in known)
    return value, math.hypot(*(weight * error for weight, (_, error) in known))


def mean_of_bodies(bodies: Sequence[BodyDose], name: str) -> tuple[float, float]:
    """Dose of an organ averaged over the bodies that have it, mGy, and its standard error.

    Raises
    ------
    KeyError
        If no body has it.
    """
    having = [body.organs[name] for body in bodies if name in body.organs]
    if not having:
        raise KeyError(name)
    mean = sum(organ.absorbed_dose_mgy for organ in having) / len(having)
    return mean, math.hypot(*(organ.standard_error_mgy for organ in having)) / len(having)
