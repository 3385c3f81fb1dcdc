"""How far the doses of two results lie apart, in standard errors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ctdose.dosimetry.organ_dose import OrganDose
from ctdose.results.diff_settings import calibration_error
from ctdose.results.result import Result
from ctdose.results.shared_histories import Share, SharedHistories

LARGEST_RELATIVE_ERROR = 0.2
"""Doses less certain than this are left out: of a handful of scores no normal distribution can be expected."""

ROUNDING = 1e-6
"""Share of a dose that paired histories do not resolve: the kernels' tables are float32."""

WEIGHTED = (
    ("icrp103", "icrp103", "effective dose ICRP 103"),
    ("icrp60", "icrp60", "effective dose ICRP 60"),
    ("icrp103", "weighted_dose_of_one_sex", "weighted dose of one sex"),
)
"""Row of the batches, name in the result and name in words."""


@dataclass(frozen=True)
class _Quantity:
    name: str
    value: float
    error: float
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class ZScore:
    """One quantity in two results.

    Attributes
    ----------
    name : str
        For example ``adult-male: liver (mGy)`` or ``effective dose ICRP 103 (mSv)``.
    a, b : float
    a_standard_error, b_standard_error : float
    standard_error : float
        Of a - b, that of two different calibrations included. Histories that both runs share are paired.
    z : float
        (a - b) in standard errors.
    """

    name: str
    a: float
    a_standard_error: float
    b: float
    b_standard_error: float
    standard_error: float
    z: float


def compare_doses(a: Result, b: Result, shared: SharedHistories) -> tuple[list[ZScore], list[str]]:
    """Compare effective doses and organ doses.

    Parameters
    ----------
    a, b : Result
    shared : SharedHistories
        Of the two.

    Returns
    -------
    scores : list of ZScore
    left_out : list of str
        Quantities too uncertain to be compared, or in one of the results only.
    """
    common = calibration_error(a, b)
    left, right = ({each.name: each for each in _quantities(result)} for result in (a, b))
    scores, left_out = [], [name for name in {**left, **right} if name not in left or name not in right]
    for name in [name for name in left if name in right]:
        x, y = left[name], right[name]
        if max(x.error, y.error) >= LARGEST_RELATIVE_ERROR * max(abs(x.value), abs(y.value)):
            left_out.append(name)  # also 0 and 0: nothing scored
            continue
        sigma = shared.error_of_difference(x.shares) if shared.known else math.nan
        parts = (x.error, y.error) if math.isnan(sigma) else (sigma, ROUNDING * x.value)
        sigma = math.hypot(*parts, common * (x.value + y.value) / 2.0)
        z = _deviation(x.value - y.value, sigma)
        scores.append(ZScore(name, x.value, x.error, y.value, y.error, sigma, z))
    return scores, left_out


def _deviation(difference: float, sigma: float) -> float:
    if difference == 0.0:
        return 0.0
    return difference / sigma if sigma > 0.0 else math.copysign(math.inf, difference)


def _quantities(result: Result) -> Iterator[_Quantity]:
    dose = result.effective_dose
    for row, name, label in WEIGHTED if dose is not None else ():
        value, error = getattr(dose, f"{name}_msv"), getattr(dose, f"{name}_standard_error_msv")
        if value is not None and error is not None:
            shares = tuple(Share(body, f"weighted:{row}", 1.0 / len(result.bodies)) for body in result.bodies)
            yield _Quantity(f"{label} (mSv)", value, error, shares)
    for body in result.bodies.values():
        for organ in body.organs.values():
            yield _Quantity(
                f"{body.name}: {organ.name} (mGy)",
                organ.absorbed_dose_mgy,
                organ.standard_error_mgy,
                (Share(body.name, _row(organ, body.batches.row_names)),),
            )


def _row(organ: OrganDose, names: Sequence[str]) -> str:
    """Row of the batches that an organ's dose was scored in."""
    if organ.organ_id >= 0:
        return f"region:{organ.organ_id}"
    group = f"group:{organ.name}"
    return group if group in names else f"tissue:{organ.name}"
