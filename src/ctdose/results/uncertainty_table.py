"""The uncertainty budget of a result: every dose with the standard uncertainty that each input gives to it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from ctdose.dosimetry.effective_dose import EffectiveDose, systematic_parts_msv
from ctdose.dosimetry.sensitivity import load_limits
from ctdose.dosimetry.systematic_parts import SystematicParts
from ctdose.errors import CtdoseError
from ctdose.results.acquisition_result import OnBody
from ctdose.results.organ_table import organ_rows
from ctdose.results.result import Result

NOT_INCLUDED = (
    "Not included: this patient is not the phantom. Size, build and the places of the organs differ; for one patient "
    "that is usually the largest part, tens of per cent",
    "Not included: motion and filling of organs, arms held otherwise, contrast medium, a tube current that the "
    "scanner chose otherwise than the exam says, cross sections, tissue weights",
)
DIGITS = 3  # of mm
LABELS = {
    "icrp103": "effective dose, ICRP 103",
    "icrp60": "effective dose, ICRP 60",
    "weighted_dose_of_one_sex": "weighted dose of one sex, ICRP 103",
}


@dataclass(frozen=True)
class UncertaintyRow:
    """One dose and its uncertainty; all numbers in `unit`, one sigma unless expanded, None where not known.

    Attributes
    ----------
    quantity, bodies, unit : str
    dose, standard_error : float
        Its statistical error, which stays apart.
    calibration, output, displayed_ctdi_vol, filtration, bowtie, range_lower, range_upper, centring : float or None
        As `SystematicParts`.
    systematic : float
        Those together, in quadrature.
    expanded_statistical, expanded_systematic : float
        Times the coverage factor.
    """

    quantity: str
    bodies: str
    unit: str
    dose: float
    standard_error: float
    calibration: float | None
    output: float | None
    displayed_ctdi_vol: float | None
    filtration: float | None
    bowtie: float | None
    range_lower: float | None
    range_upper: float | None
    centring: float | None
    systematic: float
    expanded_statistical: float
    expanded_systematic: float


def uncertainty_rows(result: Result, *, everything: bool = False) -> list[UncertaintyRow]:
    """Effective dose or what takes its place, then the organs, highest dose first.

    Raises
    ------
    CtdoseError
        If the result is from before the systematic parts were computed.
    """
    organs = result.organs
    rows = _weighted_rows(result)
    for row in organ_rows(result, everything=everything):
        parts = organs[row.organ].systematic
        if parts is None:
            raise CtdoseError(
                f"{result.exam} (its file has no systematic parts: an early one). Simulate it again."
            )
        rows.append(_row(row.organ, row.bodies, "mGy", row.absorbed_dose_mgy, row.standard_error_mgy, parts))
    return rows


def _weighted_rows(result: Result) -> list[UncertaintyRow]:
    dose, rows = result.effective_dose, []
    bodies = [body.dose for body in result.bodies.values()]
    for name, label in LABELS.items() if isinstance(dose, EffectiveDose) else ():
        value = getattr(dose, f"{name}_msv")
        parts = systematic_parts_msv(bodies, name if name in ("icrp103", "icrp60") else "icrp103")
        if value is not None and parts is not None:
            error = getattr(dose, f"{name}_standard_error_msv") or 0.0
            rows.append(_row(label, ", ".join(result.bodies), "mSv", value, error, parts))
    return rows


def _row(
    quantity: str, bodies: str, unit: str, dose: float, error: float, parts: SystematicParts
) -> UncertaintyRow:
    factor = load_limits().coverage_factor
    known = {name: None if math.isnan(value) else value for name, value in asdict(parts).items()}
    return UncertaintyRow(
        quantity=quantity,
        bodies=bodies,
        unit=unit,
        dose=dose,
        standard_error=error,
        **known,
        systematic=parts.combined,
        expanded_statistical=factor * error,
        expanded_systematic=factor * parts.combined,
    )


def uncertainty_lines(result: Result) -> list[str]:
    """What is to be said beside the table."""
    limits = load_limits()
    lines = [
        f"Inputs in quadrature (JCGM 100), one sigma; expanded: times {limits.coverage_factor:g}. Statistical and "
        "systematic errors stay apart: the systematic part is common to organs and exams of the same inputs",
        f"Limits, taken as rectangular: filtration and bowtie ± {limits.filtration:.0%} at the same CTDI_vol, each "
        f"end of the range ± {limits.scan_range_mm / 10:g} cm, height ± {limits.centring_mm / 10:g} cm, a stated "
        f"CTDI_vol ± {limits.displayed_ctdi_vol:.0%}",
    ]
    unknown = sorted(_unknown(result))
    if unknown:
        lines.append(f"Not known here, and not in the sum: {', '.join(unknown)}")
    return [*lines, *NOT_INCLUDED, *_places(result)]


def _places(result: Result) -> list[str]:
    """What is missing where the table stands still: such a scan has no ends that could be moved."""
    still = [a.name for a in result.acquisitions if all(_stands_still(body) for body in a.on_body.values())]
    if not still:
        return []
    return [
        f"Not included: where {', '.join(still)} lies along z. Its table stands still, and what another place would "
        "give is not known from the run; to see it, simulate a scan_range that is shifted by 1 cm"
    ]


def _stands_still(acquisition: OnBody) -> bool:
    """Whether the source is at one z all the time."""
    return len({round(z, DIGITS) for p in acquisition.pieces for z in (p.z_start_mm, p.z_end_mm)}) == 1


def _unknown(result: Result) -> set[str]:
    """Inputs whose part is not known for some organ."""
    parts = [o.systematic for b in result.bodies.values() for o in b.organs.values() if o.systematic]
    return {name for each in parts for name, value in asdict(each).items() if math.isnan(value)}


def uncertainty_json(result: Result) -> dict[str, Any]:
    """Rule of combination and limits, for JSON; the parts stand beside each dose."""
    limits = asdict(load_limits())
    return {
        "combination": "quadrature",
        "coverage_factor": limits.pop("coverage_factor"),
        "half_widths": limits,
        "not_included": [*NOT_INCLUDED, *_places(result)],
        "effective_dose": {
            name: None if (parts := _parts_of(result, name)) is None else asdict(parts)
            for name in ("icrp103", "icrp60")
        },
    }


def _parts_of(result: Result, name: str) -> SystematicParts | None:
    """Of effective dose; None where it is not defined."""
    dose = result.effective_dose
    if dose is None or dose.icrp103_msv is None:
        return None
    return systematic_parts_msv([body.dose for body in result.bodies.values()], name)
