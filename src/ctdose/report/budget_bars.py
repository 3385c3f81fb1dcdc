"""What the uncertainty of the doses contains, input by input."""

from __future__ import annotations

from dataclasses import dataclass

from ctdose.errors import CtdoseError
from ctdose.report.ticks import Axis, axis_to
from ctdose.results.result import Result
from ctdose.results.uncertainty_table import UncertaintyRow, uncertainty_lines, uncertainty_rows

WORDS = {
    "standard_error": "statistics of the run",
    "calibration": "simulated calibration",
    "output": "the scanner's output",
    "displayed_ctdi_vol": "the stated CTDI_vol",
    "filtration": "filtration",
    "bowtie": "bowtie",
    "range_lower": "lower end of the range",
    "range_upper": "upper end of the range",
    "centring": "centring",
    "systematic": "all inputs together",
}
PARTS = tuple(name for name in WORDS if name not in ("standard_error", "systematic"))


@dataclass(frozen=True)
class Part:
    """One input's part of one dose.

    Attributes
    ----------
    key, words : str
    percent : float or None
        Of the dose; None where it is not known.
    length : float
        Of its bar, per cent of the axis.
    """

    key: str
    words: str
    percent: float | None
    length: float


@dataclass(frozen=True)
class Budget:
    """The budget of the leading dose, and of all.

    Attributes
    ----------
    quantity : str
        What `parts` are of.
    parts : tuple of Part
    axis : Axis
        Per cent.
    rows : tuple of (UncertaintyRow, tuple of Part)
        Of every dose.
    lines : tuple of str
    """

    quantity: str
    parts: tuple[Part, ...]
    axis: Axis
    rows: tuple[tuple[UncertaintyRow, tuple[Part, ...]], ...]
    lines: tuple[str, ...]


def budget(result: Result) -> Budget | None:
    """The uncertainty budget; None for a file from before there was one, or without dose."""
    try:
        rows = [row for row in uncertainty_rows(result) if row.dose > 0.0]
    except CtdoseError:
        return None
    if not rows:
        return None
    axis = axis_to(max(100.0 * max(rows[0].systematic, rows[0].standard_error) / rows[0].dose, 0.1) * 1.02, 4)
    every = tuple((row, _parts(row, axis)) for row in rows)
    return Budget(rows[0].quantity, every[0][1], axis, every, tuple(uncertainty_lines(result)))


def _parts(row: UncertaintyRow, axis: Axis) -> tuple[Part, ...]:
    found = []
    for key, words in WORDS.items():
        value = getattr(row, key)
        percent = None if value is None else 100.0 * value / row.dose
        found.append(Part(key, words, percent, 0.0 if percent is None else axis.percent(percent)))
    return tuple(found)
