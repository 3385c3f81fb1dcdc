"""Organ doses over the exams of a batch: from the lowest to the highest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ctdose.report.batch_summary import BatchRow
from ctdose.report.ticks import Axis, axis_to

MOST_ORGANS = 25
PARTS = ("_cortical", "_spongiosa", "_medullary_cavity", "_contents", "_lumen", "_adipose", "_glandular")
SIDES = ("left_", "right_")


@dataclass(frozen=True)
class OrganRange:
    """One organ over the exams that have it, mGy; places in per cent of the axis.

    Attributes
    ----------
    name : str
    exams : int
    lowest, middle, highest : float
        The middle is the median.
    of_lowest, of_highest : str
        Names of those exams.
    low, length, tick : float
    """

    name: str
    exams: int
    lowest: float
    middle: float
    highest: float
    of_lowest: str
    of_highest: str
    low: float
    length: float
    tick: float


def organ_ranges(rows: Sequence[BatchRow]) -> tuple[tuple[OrganRange, ...], Axis]:
    """The organs with the highest medians, and their common axis.

    Contents, parts of bones and single sides of paired organs are left out: the summary has them.
    """
    doses: dict[str, list[tuple[float, str]]] = {}
    for row in rows:
        for name, dose in row.organs.items():
            if not name.endswith(PARTS) and not name.startswith(SIDES):
                doses.setdefault(name, []).append((dose.value, row.name))
    order = sorted(doses, key=lambda name: -median(value for value, _ in doses[name]))[:MOST_ORGANS]
    axis = axis_to(max((max(doses[name])[0] for name in order), default=1.0))
    return tuple(_range(name, doses[name], axis) for name in order), axis


def _range(name: str, doses: list[tuple[float, str]], axis: Axis) -> OrganRange:
    (lowest, of_lowest), (highest, of_highest) = min(doses), max(doses)
    middle = median(value for value, _ in doses)
    low = axis.percent(lowest)
    return OrganRange(
        name=name.replace("_", " "),
        exams=len(doses),
        lowest=lowest,
        middle=middle,
        highest=highest,
        of_lowest=of_lowest,
        of_highest=of_highest,
        low=low,
        length=round(axis.percent(highest) - low, 3),
        tick=axis.percent(middle),
    )
