"""Effective dose: the mean over both reference persons, and what takes its place where it is not defined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ctdose.dosimetry.organ_dose import BodyDose
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
    """

    icrp103_msv: float | None = None
    icrp103_standard_error_msv: float | None = None
    icrp60_msv: float | None = None
    icrp60_standard_error_msv: float | None = None
    weighted_dose_of_one_sex_msv: float | None = None
    weighted_dose_of_one_sex_standard_error_msv: float | None = None


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
            weighted_dose_of_one_sex_msv=value, weighted_dose_of_one_sex_standard_error_msv=error
        )
    sexes = sorted(p.anatomy.sex for p in phantoms if p.anatomy is not None)
    if sexes != ["female", "male"]:
        return None
    found: dict[str, float] = {}
    for name in ("icrp103", "icrp60"):
        values, errors = zip(*(body.weighted_msv[name] for body in bodies))
        found[f"{name}_msv"] = sum(values) / 2.0
        found[f"{name}_standard_error_msv"] = math.hypot(*errors) / 2.0
    return EffectiveDose(**found)


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
