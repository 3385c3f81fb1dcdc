"""A result on standard output: its organ table and what is to be said beside it."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from ctdose.cli.couch_lines import has_table
from ctdose.cli.messages import say, show_lines
from ctdose.cli.table import print_table

if TYPE_CHECKING:
    from ctdose.results.acquisition_table import AcquisitionRow
    from ctdose.results.organ_table import OrganRow
    from ctdose.results.result import Result

HEADINGS = ("organ", "dose (mGy)", "per CTDI_vol", "in range", "over-ranging", "remark")
INDEX_HEADINGS = (
    *("acquisition", "body", "CTDI phantom (cm)", "CTDI_vol (mGy)", "DLP (mGy·cm)", "D_w (cm)", "SSDE (mGy)"),
)
LARGE_RELATIVE_ERROR = 0.05
IN_RANGE = 0.5


def print_result(result: Result, *, everything: bool = False) -> None:
    """Print a result: aligned on a terminal, else tab-separated after lines that begin with ``#``.

    Parameters
    ----------
    result : Result
    everything : bool
        Every organ, of the mean and of each body.
    """
    from ctdose.results.tables import dose_lines, to_tsv

    sentences = [*_about(result), *dose_lines(result)]
    if sys.stdout.isatty():
        _print_aligned(table_rows(result, everything))
        show_lines(sentences)
    else:
        show_lines(sentences, "# ")
        print(to_tsv(table_rows(result, everything)), end="")
    note = imprecise_organs(result)
    if note:
        say(note)


def print_acquisitions(result: Result) -> None:
    """Print the dose indices of each acquisition on each body: aligned on a terminal, else tab-separated."""
    from ctdose.results.tables import acquisition_rows, to_tsv

    rows = acquisition_rows(result)
    if not sys.stdout.isatty():
        print(to_tsv(rows), end="")
        return
    print_table(INDEX_HEADINGS, [_index_cells(row) for row in rows], numbers=(2, 3, 4, 5, 6))
    show_lines(dict.fromkeys(row.ssde_note for row in rows if row.ssde_note), "  SSDE: ")


def _index_cells(row: AcquisitionRow) -> tuple[str, ...]:
    def number(value: float | None) -> str:
        return "" if value is None else f"{value:#.4g}"

    indices = (row.ctdi_vol_mgy, row.dlp_mgy_cm, row.water_equivalent_diameter_cm, row.ssde_mgy)
    return row.acquisition, row.body, f"{row.ctdi_phantom_cm}", *(number(value) for value in indices)


def table_rows(result: Result, everything: bool = False) -> list[OrganRow]:
    """Rows of the organ table: the mean over the bodies; with `everything` all organs, then each body by itself."""
    from ctdose.results.tables import organ_rows

    rows = organ_rows(result, everything=everything)
    if not everything or len(result.bodies) < 2:
        return rows
    mean = [row for row in rows if row.bodies not in result.bodies]
    return mean + [row for body in result.bodies for row in organ_rows(result, body, everything=True)]


def imprecise_organs(result: Result) -> str:
    """Name the weighted organs in range whose standard error is large, and how many histories would do; or nothing."""
    from ctdose.results.tables import organ_rows

    errors = {
        row.organ: row.standard_error_mgy / row.absorbed_dose_mgy
        for row in organ_rows(result)
        if row.icrp103_tissue and row.mass_in_range_fraction >= IN_RANGE and row.absorbed_dose_mgy > 0
    }
    large = sorted(
        (name for name, error in errors.items() if error > LARGE_RELATIVE_ERROR), key=errors.__getitem__
    )
    if not large:
        return ""
    wanted = result.histories * (errors[large[-1]] / LARGE_RELATIVE_ERROR) ** 2
    listed = ", ".join(f"{name} ({errors[name]:.0%})" for name in reversed(large))
    return (
        f"Few histories: the standard error exceeds {LARGE_RELATIVE_ERROR:.0%} for {listed}. "
        f"About {wanted:.1g} histories would do."
    )


def _about(result: Result) -> list[str]:
    version = result.versions.get("ctdose_version", "")
    lines = [
        f"{result.exam}: {result.histories:,} histories, seed {result.seed}, {result.created_utc}, ctdose {version}"
    ]
    if has_table(result):
        lines.append("With the scanner's table under the body (region couch, no organ)")
    if not result.complete:
        lines.append("Incomplete: the run was stopped before all histories were simulated")
    return lines


def _print_aligned(rows: list[OrganRow]) -> None:
    """Print the table for eyes: rounded, long notes below it."""
    notes = list(dict.fromkeys(row.note for row in rows if row.note))
    print_table(HEADINGS, [_cells(row, notes) for row in rows], numbers=(1, 2, 3, 4))
    show_lines(f"  [{number}] {note}" for number, note in enumerate(notes, start=1))
    if notes:
        print()


def _cells(row: OrganRow, notes: list[str]) -> tuple[str, ...]:
    from ctdose.results.number_text import with_error

    per_ctdi = "" if row.dose_per_ctdi_vol is None else f"{row.dose_per_ctdi_vol:#.3g}"
    remarks = []
    if "," not in row.bodies:
        remarks.append(row.bodies)
    if row.partial:
        remarks.append("partial")
    if row.absorbed_dose_mgy == 0:
        remarks.append("no photon came there")
    if row.note:
        remarks.append(f"[{notes.index(row.note) + 1}]")
    dose = with_error(row.absorbed_dose_mgy, row.standard_error_mgy)
    over = "" if math.isnan(row.over_ranging_fraction) else f"{row.over_ranging_fraction:.0%}"
    return row.organ, dose, per_ctdi, f"{row.mass_in_range_fraction:.0%}", over, ", ".join(remarks)
