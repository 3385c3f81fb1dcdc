"""The uncertainty budget and the profile along z of a result, on standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctdose.cli.messages import show_lines
from ctdose.cli.table import print_table

if TYPE_CHECKING:
    from ctdose.results.result import Result
    from ctdose.results.tables import Row, UncertaintyRow

HEADINGS = (
    *("", "dose", "stat. %", "calibration %", "output %", "CTDI_vol %", "filtration %", "bowtie %"),
    *("lower end %", "upper end %", "centring %", "systematic %", "k = 2: stat. %", "syst. %"),
)
PARTS = ("calibration", "output", "displayed_ctdi_vol", "filtration", "bowtie", "range_lower", "range_upper")
PROFILE_HEADINGS = ("acquisition", "body", "z (mm)", "planned", "dose (mGy)", "mGy/mm")


def print_uncertainty(result: Result, *, csv: bool, everything: bool) -> None:
    """Print the budget: aligned, in per cent of each dose, on a terminal; else all numbers in the dose's unit."""
    from ctdose.results.tables import uncertainty_lines, uncertainty_rows

    rows = uncertainty_rows(result, everything=everything)
    if _printed_plainly(rows, uncertainty_lines(result), csv=csv):
        return
    print_table(HEADINGS, [_cells(row) for row in rows], numbers=range(1, len(HEADINGS)))
    show_lines(uncertainty_lines(result))


def print_profile(result: Result, organ: str, *, csv: bool) -> None:
    """Print the profile of an organ along z, after what one more millimetre at either end would add."""
    from ctdose.results.number_text import with_error
    from ctdose.results.tables import end_lines, profile_rows

    rows = profile_rows(result, organ)
    lines = end_lines(result, organ)
    if _printed_plainly(rows, lines, csv=csv):
        return
    cells = [
        (
            row.acquisition,
            row.body,
            f"{row.z_start_mm:.1f} to {row.z_end_mm:.1f}",
            "yes" if row.in_planned_range else "",
            with_error(row.absorbed_dose_mgy, row.standard_error_mgy),
            "" if row.dose_mgy_per_mm is None else f"{row.dose_mgy_per_mm:.3g}",
        )
        for row in rows
    ]
    print_table(PROFILE_HEADINGS, cells, numbers=(2, 4, 5))
    show_lines(lines)


def _printed_plainly(rows: Sequence[Row], lines: Sequence[str], *, csv: bool) -> bool:
    """Print CSV, or in a pipe tab-separated after lines that begin with ``#``; False on a terminal."""
    from ctdose.results.tables import to_csv, to_tsv

    if csv:
        print(to_csv(rows).replace("\r\n", "\n"), end="")
        return True
    if sys.stdout.isatty():
        return False
    show_lines(lines, "# ")
    print(to_tsv(rows), end="")
    return True


def _cells(row: UncertaintyRow) -> tuple[str, ...]:
    def percent(value: float | None) -> str:
        if value is None:
            return "?"
        share = 100.0 * value / row.dose if row.dose > 0.0 else 0.0
        return "" if share == 0.0 else f"{share:.2g}" if share < 9.95 else f"{share:.0f}"

    parts = [getattr(row, name) for name in (*PARTS, "centring")]
    expanded = (row.expanded_statistical, row.expanded_systematic)
    values = [row.standard_error, *parts, row.systematic, *expanded]
    return row.quantity, f"{row.dose:.4g} {row.unit}", *(percent(value) for value in values)
