"""Doses of another current or range from the views of a result: sums of what each view gives, weighted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.dosimetry.view_dose import ViewDoses
from ctdose.errors import CtdoseError
from ctdose.exam.plan import Plan
from ctdose.kernels.tables import F64
from ctdose.results.body_result import BodyResult
from ctdose.results.organ_table import organ_rows
from ctdose.results.result import Result
from ctdose.simulation.view_bins import ViewBins, cut_views

SAME_MM = 1e-4
ALL = 1.0 - 1e-6


@dataclass(frozen=True)
class WhatIfRow:
    """One dose as it would be.

    Attributes
    ----------
    quantity, bodies, unit : str
    dose, standard_error : float
    simulated_dose : float
        Of the run that the views are from.
    ratio, ratio_standard_error : float
        Of both; the histories are the same, so that it is known better than the doses. NaN without dose.
    """

    quantity: str
    bodies: str
    unit: str
    dose: float
    standard_error: float
    simulated_dose: float
    ratio: float
    ratio_standard_error: float


@dataclass(frozen=True)
class WhatIf:
    """Doses of a changed exam.

    Attributes
    ----------
    rows : tuple of WhatIfRow
        Effective dose first, then the organs, highest dose first.
    interpolated : bool
        A range ends inside a bin: its views count in proportion to the length.
    total_mas : dict of (str, str) to float
        By acquisition and body.
    """

    rows: tuple[WhatIfRow, ...]
    interpolated: bool
    total_mas: dict[tuple[str, str], float]


@dataclass(frozen=True)
class _Emitted:
    """A beam of a plan; how much it emits cancels in the weights."""

    plan: Plan
    number: int
    photons_per_mas: float = 1.0


def plan_bins(plans: Sequence[Plan]) -> ViewBins:
    """The bins of a planned exam on one body."""
    return cut_views([_Emitted(plan, number) for plan in plans for number in range(len(plan.beams))]).bins


def view_weights(simulated: ViewBins, wanted: ViewBins) -> tuple[F64, bool]:
    """What each view of a run counts in another exam: its mAs there over that in the run.

    Parameters
    ----------
    simulated, wanted : ViewBins

    Returns
    -------
    weight : float64 ndarray [bins of the run]
    interpolated : bool
        Some bins overlap in part: mAs is then shared in proportion to the length.

    Raises
    ------
    CtdoseError
        If views are wanted that were not simulated, or with other openings of the collimator.
    """
    places: dict[tuple[int, int, int], list[int]] = {}
    for number, place in enumerate(_places(simulated)):
        places.setdefault(place, []).append(number)
    weight, interpolated = np.zeros(simulated.mas.size), False
    for number, place in enumerate(_places(wanted)):
        own = np.array(places.get(place, []), np.int64)
        low, high = float(wanted.z_start_mm[number]), float(wanted.z_end_mm[number])
        share, cut = _overlap(simulated.z_start_mm[own], simulated.z_end_mm[own], low, high)
        if share.sum() < ALL:
            raise CtdoseError(
                f"z {low:.1f} to {high:.1f} mm at {wanted.angle_start_deg[number]:.0f} degrees (not simulated: the "
                "beam was not there). Stay inside the range of the run, or simulate the exam."
            )
        used = share > 0.0
        if np.any(np.abs(simulated.open_share[own][used] - wanted.open_share[number]) > 1e-6):
            raise CtdoseError(
                f"z {low:.1f} to {high:.1f} mm (other blades of the collimator than in the run). "
                "With dynamic collimation change the current only, or simulate the exam."
            )
        weight[own] += wanted.mas[number] * share / simulated.mas[own]
        interpolated = interpolated or cut
    return weight, interpolated


def _places(bins: ViewBins) -> list[tuple[int, int, int]]:
    angle = np.rint(bins.angle_start_deg * 100.0).astype(int)
    return list(zip(bins.acquisition.tolist(), bins.beam.tolist(), angle.tolist(), strict=True))


def _overlap(start: F64, end: F64, low: float, high: float) -> tuple[F64, bool]:
    """Share of a stretch of z that lies in each bin, and whether a bin or the stretch is met in part only."""
    if high - low < SAME_MM:
        same = (np.abs(start - low) < SAME_MM) & (np.abs(end - high) < SAME_MM)
        return same.astype(np.float64), False
    length = np.clip(np.minimum(end, high) - np.maximum(start, low), 0.0, None)
    met = length > SAME_MM
    partly = met & ((end - start) - length > SAME_MM)
    share = np.where(met, length / (high - low), 0.0)
    total = share.sum()
    whole = abs(total - 1.0) * (high - low) < 2.0 * SAME_MM
    return (share / total if whole else share), bool(partly.any())


def reweighted(
    result: Result, plans: Mapping[str, Sequence[Plan]], phantom_sha256: Mapping[str, str]
) -> WhatIf:
    """Doses of the bodies of a result under other plans.

    Parameters
    ----------
    result : Result
    plans : mapping of str to sequence of Plan
        By body, in the order of the acquisitions.
    phantom_sha256 : mapping of str to str
        Of the bodies that the plans are made on.

    Raises
    ------
    CtdoseError
        If views were not kept, a body is another one, or something is wanted that was not simulated.
    """
    weights, interpolated = {}, False
    for name, body in result.bodies.items():
        if body.views is None:
            raise CtdoseError(
                f"{result.exam} (the views were not kept). Simulate it with simulation: {{keep_views: true}}."
            )
        if phantom_sha256.get(name) != body.grid.phantom_sha256:
            raise CtdoseError(f"{name} (not the phantom of the result). Simulate the exam again.")
        weights[name], cut = view_weights(body.views.bins, plan_bins(plans[name]))
        interpolated = interpolated or cut
    mas = {(plan.name, name): plan.total_mas for name in result.bodies for plan in plans[name]}
    return WhatIf(tuple(_rows(result, weights)), interpolated, mas)


def _rows(result: Result, weights: Mapping[str, F64]) -> list[WhatIfRow]:
    rows = []
    dose = result.effective_dose
    if dose is not None:
        key, bodies = "weighted:icrp103", list(result.bodies.values())
        one = dose.icrp103_msv is None
        label = "weighted dose of one sex, ICRP 103" if one else "effective dose, ICRP 103"
        rows.append(_row(label, "mSv", bodies, [key] * len(bodies), weights))
    for organ in organ_rows(result):
        bodies = [body for body in result.bodies.values() if organ.organ in body.organs]
        keys = [_key(body, organ.organ) for body in bodies]
        rows.append(_row(organ.organ, "mGy", bodies, keys, weights))
    return [*rows[: dose is not None], *sorted(rows[dose is not None :], key=lambda row: -row.dose)]


def _key(body: BodyResult, organ: str) -> str:
    assert body.views is not None
    row = body.views.row_of(organ)
    assert row is not None, organ
    return body.views.names[row]


def _row(
    quantity: str, unit: str, bodies: Sequence[BodyResult], keys: Sequence[str], weights: Mapping[str, F64]
) -> WhatIfRow:
    """The mean over bodies, whose runs are independent."""
    doses, errors, befores, residuals = [], [], [], []
    for body, key in zip(bodies, keys, strict=True):
        assert body.views is not None
        row = [body.views.names.index(key)]
        value, error = body.views.weighted(weights[body.name], row)
        as_it_was, _ = body.views.weighted(np.ones(weights[body.name].size), row)
        doses.append(float(value[0]))
        errors.append(float(error[0]))
        befores.append(float(as_it_was[0]))
    total, before = math.fsum(doses), math.fsum(befores)
    ratio = total / before if before > 0.0 else math.nan
    for body, key in zip(bodies, keys, strict=True):
        assert body.views is not None
        residuals.append(_residual(body.views, key, weights[body.name], ratio))
    return WhatIfRow(
        quantity=quantity,
        bodies=", ".join(body.name for body in bodies),
        unit=unit,
        dose=total / len(bodies),
        standard_error=math.hypot(*errors) / len(bodies),
        simulated_dose=before / len(bodies),
        ratio=ratio,
        ratio_standard_error=math.hypot(*residuals) / before if before > 0.0 else math.nan,
    )


def _residual(views: ViewDoses, key: str, weight: F64, ratio: float) -> float:
    """Standard error of D' - ratio · D of one body: a weighting of the views too."""
    if math.isnan(ratio):
        return math.nan
    return float(views.weighted(weight - ratio, [views.names.index(key)])[1][0])
