"""Tables as text for pipes and spreadsheets."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from ctdose.faults import one_line
from ctdose.results.acquisition_table import AcquisitionRow, acquisition_rows
from ctdose.results.organ_table import OrganRow, organ_rows
from ctdose.results.profile_table import ProfileRow, end_lines, profile_rows
from ctdose.results.report_lines import dose_lines
from ctdose.results.result_json import as_json
from ctdose.results.uncertainty_table import UncertaintyRow, uncertainty_lines, uncertainty_rows
from ctdose.results.what_if import WhatIfRow

COLUMNS = tuple(each.name for each in fields(OrganRow))
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes a text for a formula, and runs it."""

Row = OrganRow | AcquisitionRow | UncertaintyRow | ProfileRow | WhatIfRow

__all__ = [
    "COLUMNS",
    "AcquisitionRow",
    "OrganRow",
    "ProfileRow",
    "Row",
    "UncertaintyRow",
    "acquisition_rows",
    "as_json",
    "dose_lines",
    "end_lines",
    "harmless",
    "organ_rows",
    "profile_rows",
    "to_csv",
    "to_tsv",
    "uncertainty_lines",
    "uncertainty_rows",
]


def to_tsv(rows: Sequence[Any]) -> str:
    """Rows separated by tabs, with a line of column names: for pipes.

    Tabs and line ends in a text become spaces, control characters question marks; what is not known stays empty.
    """
    lines = [
        _columns(rows),
        *([one_line(" ".join(_text(cell).split())) for cell in _cells(row)] for row in rows),
    ]
    return "".join("\t".join(line) + "\n" for line in lines)


def to_csv(rows: Sequence[Any], kind: type = OrganRow) -> str:
    """Rows as CSV (RFC 4180) with a line of column names: for spreadsheets.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.

    Parameters
    ----------
    rows : sequence of dataclasses
    kind : type
        Of the rows, where there are none.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_columns(rows, kind))
    writer.writerows([harmless(cell) for cell in _cells(row)] for row in rows)
    return out.getvalue()


def _columns(rows: Sequence[Any], kind: type = OrganRow) -> tuple[str, ...]:
    """Names of the columns."""
    return tuple(each.name for each in fields(rows[0] if rows else kind))


def _cells(row: Any) -> Iterable[object]:
    return (getattr(row, each.name) for each in fields(row))


def harmless(cell: object) -> str:
    """A cell of a CSV file: a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    text = _text(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(FORMULA_STARTS) else text


def _text(cell: object) -> str:
    """A cell in full precision: what is rounded in a table is rounded where it is shown."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return repr(cell) if isinstance(cell, float) else str(cell)
