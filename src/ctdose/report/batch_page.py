"""What the page of a batch shows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from ctdose.report.batch_chart import batch_chart
from ctdose.report.batch_organs import MOST_ORGANS, organ_ranges
from ctdose.report.batch_summary import EFFECTIVE, BatchRow, Value
from ctdose.report.citation import bibtex, citation
from ctdose.report.words import short
from ctdose.results.number_text import with_error

CAVEAT = (
    "Effective dose is defined for reference persons and compares examinations; it is not the dose, or the risk, of a "
    "patient. The numbers are those of summary.csv, which has every organ."
)
FAILED = "failed"


@dataclass(frozen=True)
class Batch:
    """The exams of a batch.

    Attributes
    ----------
    title : str
    rows : tuple of BatchRow
    pages : dict of str to str
        Address of an exam's own page, by its name, for those that have one.
    """

    title: str
    rows: Sequence[BatchRow]
    pages: Mapping[str, str] = field(default_factory=dict)


def batch_context(batch: Batch) -> dict[str, Any]:
    """Names and values for the template of a batch's page."""
    rows = batch.rows
    ranges, axis = organ_ranges(rows)
    done = [row for row in rows if row.scans]
    return {
        "title": batch.title,
        "rows": rows,
        "pages": batch.pages,
        "done": len(done),
        "statuses": sorted(Counter(row.status for row in rows).items()),
        "figures": list(_figures(done, len(rows))),
        "one_sex": any(row.kind and row.kind != EFFECTIVE for row in rows),
        "effective": EFFECTIVE,
        "chart": batch_chart(rows),
        "ranges": ranges,
        "axis": axis,
        "most_organs": MOST_ORGANS,
        "with_errors": with_errors,
        "caveat": CAVEAT,
        "citation": citation(""),
        "bibtex": bibtex(""),
    }


def _figures(done: Sequence[BatchRow], total: int) -> list[tuple[str, str, str, str]]:
    """Name, value, unit and what stands below."""
    found = [("Exams with a result", f"{len(done)}", f"of {total}", "")]
    for name, unit, values in (
        ("Effective dose, median", "mSv", [row.dose.value for row in done if row.kind == EFFECTIVE]),
        ("DLP (32 cm), median", "mGy·cm", [row.dlp[32].value for row in done if 32 in row.dlp]),
        ("DLP (16 cm), median", "mGy·cm", [row.dlp[16].value for row in done if 16 in row.dlp]),
    ):
        known = [value for value in values if math.isfinite(value)]
        if known:
            below = (
                f"{short(min(known), 3)} to {short(max(known), 3)}, {len(known)} exam{'s' * (len(known) > 1)}"
            )
            found.append((name, short(median(known), 3), unit, below))
    return found


def with_errors(value: Value) -> str:
    """A number with its statistical error, where it has one; empty where it is not known."""
    return with_error(value.value, value.error) if value.known else ""
