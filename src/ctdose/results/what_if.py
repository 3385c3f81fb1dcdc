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
from ctdose.results.view_weights import plan_bins, view_weights


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
