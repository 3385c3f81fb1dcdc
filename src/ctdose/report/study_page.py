"""What the page of a study shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ctdose.report.citation import bibtex, citation
from ctdose.report.noise_chart import noise_chart
from ctdose.report.ticks import Axis, axis_to
from ctdose.study.result import EFFECTIVE, IMAGE_CRITERIA, ONE_SEX, StudyResult
from ctdose.study.tables import DOSE_ERROR_OF_NOISE_MODEL, WORDS, noise_lines

SUMS = {EFFECTIVE: "effective dose", ONE_SEX: "weighted dose of one sex"}
CAVEAT = (
    "Ratios compare settings on the same bodies with the same random numbers; they hold for these bodies, this scanner "
    "and this range."
)


@dataclass(frozen=True)
class Cell:
    """One dose of one member at one criterion.

    Attributes
    ----------
    dose, dose_error : float
    ratio, ratio_error : float
        To the base.
    shared_error : float
        Of the ratio, by the calibrations of both: common to all quantities.
    low, length : float
        Of a bar from 1 to the ratio, per cent of the table's axis.
    over : bool
        Whether the ratio is above 1.
    current_ma : float
    note : str
        What the tube cannot deliver.
    """

    dose: float
    dose_error: float
    ratio: float
    ratio_error: float
    shared_error: float
    low: float
    length: float
    over: bool
    current_ma: float
    note: str


@dataclass(frozen=True)
class RatioTable:
    """All doses at one criterion.

    Attributes
    ----------
    criterion, words : str
    members : tuple of str
        Those that can be made equal, the base first.
    rows : tuple of (str, str, tuple of Cell)
        Quantity, its unit, a cell for each member.
    one : float
        Where a ratio of 1 lies, per cent.
    of_image : bool
        Whether the noise model's error adds to the ratios.
    """

    criterion: str
    words: str
    members: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[Cell, ...]], ...]
    one: float
    of_image: bool


def study_context(result: StudyResult) -> dict[str, Any]:
    """Names and values for the template of a study's page."""
    leading = result.compared_at
    version = result.versions.get("ctdose_version", "")
    tables = {criterion: _table(result, criterion) for criterion in result.criteria if result.quantities}
    return {
        "result": result,
        "title": result.title,
        "settings": result.members,
        "leading": tables.get(leading),
        "others": [table for criterion, table in tables.items() if criterion != leading],
        "sums": _sums(result),
        "criteria": [(criterion, WORDS[criterion]) for criterion in result.criteria],
        "first": _words(result.quantities[0])[0] if result.quantities else "",
        "first_unit": _words(result.quantities[0])[1] if result.quantities else "",
        "noise": noise_chart(result),
        "notes": noise_lines(result),
        "model_error": DOSE_ERROR_OF_NOISE_MODEL,
        "caveat": CAVEAT,
        "citation": citation(version),
        "bibtex": bibtex(version),
    }


def _words(quantity: str) -> tuple[str, str]:
    """A quantity in words, and its unit."""
    return SUMS.get(quantity, quantity).replace("_", " "), "mSv" if quantity in SUMS else "mGy"


def _sums(result: StudyResult) -> list[tuple[str, list[Cell | None]]]:
    """The first quantity of each member at each criterion; None where it cannot be made equal."""
    if not result.quantities:
        return []
    first = result.quantities[0]
    whole = axis_to(2.0)

    def cell(member: int, criterion: str) -> Cell | None:
        known = math.isfinite(result.members[member].at[criterion].factor)
        return _cell(result, member, first, criterion, whole) if known else None

    return [(m.name, [cell(i, each) for each in result.criteria]) for i, m in enumerate(result.members)]


def _table(result: StudyResult, criterion: str) -> RatioTable:
    members = [i for i, m in enumerate(result.members) if math.isfinite(m.at[criterion].factor)]
    ratios = [result.ratio(i, name, criterion)[0] for name in result.quantities for i in members]
    axis = axis_to(max([1.25, *(each for each in ratios if math.isfinite(each))]))
    rows = tuple(
        (*_words(name), tuple(_cell(result, i, name, criterion, axis) for i in members))
        for name in result.quantities
    )
    names = tuple(result.members[i].name for i in members)
    return RatioTable(
        criterion, WORDS[criterion], names, rows, axis.percent(1.0), criterion in IMAGE_CRITERIA
    )


def _cell(result: StudyResult, member: int, quantity: str, criterion: str, axis: Axis) -> Cell:
    dose, dose_error = result.dose_at(member, quantity, criterion)
    ratio, error = result.ratio(member, quantity, criterion)
    at = result.members[member].at[criterion]
    ends = sorted((axis.percent(ratio if math.isfinite(ratio) else 1.0), axis.percent(1.0)))
    return Cell(
        dose=dose,
        dose_error=dose_error,
        ratio=ratio,
        ratio_error=error,
        shared_error=ratio * result.calibration_error(member, criterion),
        low=ends[0],
        length=round(ends[1] - ends[0], 3),
        over=ratio > 1.0,
        current_ma=at.tube_current_ma,
        note=at.note,
    )
