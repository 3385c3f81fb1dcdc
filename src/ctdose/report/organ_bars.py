"""Organ doses as bars with their errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ctdose.report.ticks import Axis, axis_to
from ctdose.report.tissue_groups import TissueGroup, tissue_groups
from ctdose.results.number_text import with_error
from ctdose.results.organ_table import OrganRow, organ_rows
from ctdose.results.result import Result


@dataclass(frozen=True)
class Bar:
    """One row of the chart; places in per cent of the axis.

    Attributes
    ----------
    row : OrganRow
    name : str
    group : TissueGroup
    length, low, high : float
        Of the dose, and its statistical standard error on either side.
    wide_low, wide_high : float
        The systematic one.
    dose : str
        With its statistical error.
    in_range, over_ranging : str
    remarks : str
    """

    row: OrganRow
    name: str
    group: TissueGroup
    length: float
    low: float
    high: float
    wide_low: float
    wide_high: float
    dose: str
    in_range: str
    over_ranging: str
    remarks: str


@dataclass(frozen=True)
class OrganChart:
    """The chart: highest dose first.

    Attributes
    ----------
    bars : tuple of Bar
    axis : Axis
        mGy.
    groups : tuple of TissueGroup
        Those that appear, highest weight first.
    notes : tuple of str
        What bars refer to by their number.
    """

    bars: tuple[Bar, ...]
    axis: Axis
    groups: tuple[TissueGroup, ...]
    notes: tuple[str, ...]


def organ_chart(result: Result, body: str | None = None) -> OrganChart:
    """Bars of the organ table.

    Parameters
    ----------
    result : Result
    body : str, optional
        One body; default: the average over the bodies that have the organ.
    """
    rows, groups = organ_rows(result, body), tissue_groups()
    axis = axis_to(max((r.absorbed_dose_mgy + _finite(r.systematic_error_mgy) for r in rows), default=1.0))
    notes = tuple(dict.fromkeys(row.note for row in rows if row.note))
    bars = tuple(_bar(row, groups.get(row.icrp103_tissue, groups[""]), axis, notes, result) for row in rows)
    shown = {bar.group: None for bar in sorted(bars, key=lambda bar: _order(bar.group))}
    return OrganChart(bars, axis, tuple(shown), notes)


def doses_of_bodies(result: Result) -> list[tuple[str, list[str]]]:
    """Each organ's dose in each body with its statistical error, in the order of the chart; empty where it has none."""
    own = {name: {row.organ: row for row in organ_rows(result, name)} for name in result.bodies}

    def cell(body: str, organ: str) -> str:
        row = own[body].get(organ)
        return "" if row is None else with_error(row.absorbed_dose_mgy, row.standard_error_mgy)

    organs = [row.organ for row in organ_rows(result)]
    return [(organ.replace("_", " "), [cell(body, organ) for body in result.bodies]) for organ in organs]


def _order(group: TissueGroup) -> tuple[int, float]:
    known = group.tag.startswith("0.")
    return (0, -float(group.tag)) if known else (1 if group.key == "rest" else 2, 0.0)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _bar(row: OrganRow, group: TissueGroup, axis: Axis, notes: tuple[str, ...], result: Result) -> Bar:
    dose, error, wide = row.absorbed_dose_mgy, row.standard_error_mgy, _finite(row.systematic_error_mgy)
    remarks = [row.bodies] if len(result.bodies) > 1 and "," not in row.bodies else []
    remarks += ["partial"] if row.partial else []
    remarks += [f"note {notes.index(row.note) + 1}"] if row.note else []
    over = row.over_ranging_fraction
    return Bar(
        row=row,
        name=row.organ.replace("_", " "),
        group=group,
        length=axis.percent(dose),
        low=axis.percent(dose - error),
        high=axis.percent(dose + error),
        wide_low=axis.percent(dose - wide),
        wide_high=axis.percent(dose + wide),
        dose=with_error(dose, error),
        in_range=f"{row.mass_in_range_fraction:.0%}",
        over_ranging="" if math.isnan(over) else f"{over:.0%}",
        remarks=", ".join(remarks),
    )
