"""Effective dose over DLP, beside what is published."""

from __future__ import annotations

import math
from dataclasses import dataclass

import yaml

from ctdose.dosimetry.conversion import ConversionFactor, conversion_factors
from ctdose.results.result import Result


@dataclass(frozen=True)
class DlpComparison:
    """Effective dose of an exam over its DLP.

    Attributes
    ----------
    recommendation : str
        ``icrp103`` or ``icrp60``.
    dlp_mgy_cm : float
    ctdi_phantom_cm : int
    ratio_msv_per_mgy_cm, standard_error_msv_per_mgy_cm : float
        The error is statistical.
    region : str
        Region word of the exam; empty if it has none, or several.
    published : tuple of ConversionFactor
        Those for the same region, CTDI phantom and about the same tube voltage.
    """

    recommendation: str
    dlp_mgy_cm: float
    ctdi_phantom_cm: int
    ratio_msv_per_mgy_cm: float
    standard_error_msv_per_mgy_cm: float
    region: str
    published: tuple[ConversionFactor, ...]


def dlp_comparisons(result: Result) -> list[DlpComparison]:
    """Effective dose over DLP for both recommendations.

    Empty if there is no effective dose, no DLP, or DLP of both CTDI phantoms, which cannot be added.
    """
    dlp = result.dlp_mgy_cm
    dose = result.effective_dose
    if dose is None or len(dlp) != 1 or not next(iter(dlp.values())) > 0.0:
        return []
    [(size, total)] = dlp.items()
    region, voltage = region_of(result), _voltage(result)
    found = []
    for name in ("icrp103", "icrp60"):
        value, error = getattr(dose, f"{name}_msv"), getattr(dose, f"{name}_standard_error_msv")
        if value is not None:
            published = tuple(conversion_factors(region, name, size, voltage))
            ratio, sigma = value / total, (error or 0.0) / total
            found.append(DlpComparison(name, total, size, ratio, sigma, region, published))
    return found


def region_of(result: Result) -> str:
    """The region word that all acquisitions but localizers share; empty if there is none."""
    try:
        exam = yaml.safe_load(result.exam_yaml)
        acquisitions = [each for each in exam["acquisitions"] if each["mode"] != "localizer"]
        words = {each["scan_range"] if isinstance(each["scan_range"], str) else "" for each in acquisitions}
    except (yaml.YAMLError, KeyError, TypeError):
        return ""
    return words.pop() if len(words) == 1 else ""


def _voltage(result: Result) -> float:
    """The one tube voltage of all beams of all acquisitions but localizers; NaN if there are several."""
    rotating = [each for each in result.acquisitions if each.mode != "localizer"]
    voltages = {beam.tube_voltage_kv for each in rotating for beam in (each.beams or (each,))}
    return voltages.pop() if len(voltages) == 1 else math.nan
