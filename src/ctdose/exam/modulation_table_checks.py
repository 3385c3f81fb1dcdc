"""Checks of a table of tube currents: that it can be read, against the planned range, against the tube."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.faults import Report
from ctdose.exam.modulation import tube_limits_ma
from ctdose.exam.modulation_keys import ModulationOptions
from ctdose.exam.modulation_table import COLUMNS, CurrentTable, TableFault, find_table, read_table, table_of
from ctdose.faults import KeyPath
from ctdose.scanner.model import Scanner
from ctdose.schema import is_number

COVER_MM = 5.0
"""A table may begin so much inside the planned range: its rows are middles of slices."""


def check_table(
    raw: dict[str, Any], options: ModulationOptions, path: KeyPath, folder: Path | None, report: Report
) -> None:
    """Check that a table can be read, gives nothing twice, and covers a planned range in numbers."""
    inline = [name for name in COLUMNS if getattr(options, name) is not None]
    if not options.has_table or (options.table is not None and inline):
        return
    if options.table is None and not {"z_mm", "tube_current_ma"} <= set(inline):
        return
    here: KeyPath = (*path, "table" if options.table is not None else "tube_current_ma")
    value: Any = options.table if options.table is not None else "…"
    try:
        table = load_table(options, folder)
    except TableFault as error:
        report.add(here, value, error.why, error.right)
        return
    if table.has_angles and options.angular_strength is not None and options.table is not None:
        right = "Leave it out, or give a table without angle_deg."
        report.add(
            (*path, "angular_strength"), options.angular_strength, "the table gives the current around", right
        )
    ends = raw.get("scan_range")
    if isinstance(ends, list | tuple) and len(ends) == 2 and all(map(is_number, ends)):
        margin = raw.get("scan_margin_mm") or 0.0
        margin = margin if is_number(margin) else 0.0
        _covers(table, (ends[0] - margin, ends[1] + margin), here, value, report)  # type: ignore[operator]


def _covers(
    table: CurrentTable, planned: tuple[float, float], here: KeyPath, value: Any, report: Report
) -> None:
    low, high = float(table.z_mm[0]), float(table.z_mm[-1])
    if low > planned[0] + COVER_MM or high < planned[1] - COVER_MM:
        why = f"covers z = {low:g} to {high:g} mm of a planned range of {planned[0]:g} to {planned[1]:g} mm"
        right = "Give the current over the whole planned range; beyond it the last one is held."
        report.add(here, value, why, right)


def check_table_limits(scanner: Scanner, raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    """Check the currents of a table that are taken as they are against the tube's limits."""
    acquisition = Acquisition.model_validate(raw)
    options = acquisition.modulation_options
    if acquisition.output_key != "modulation":
        return
    try:
        table = load_table(options, Path(report.document.file).parent)
    except TableFault:
        return
    least, most = tube_limits_ma(scanner, acquisition.tube_voltage_kv)
    low, high = float(table.tube_current_ma.min()), float(table.tube_current_ma.max())
    if most * (1 + 1e-9) >= high and low >= least * (1 - 1e-9):
        return
    key = "table" if options.table is not None else "tube_current_ma"
    value: Any = options.table if options.table is not None else "…"
    why = f"{low:.4g} to {high:.4g} mA, and {scanner.scanner} gives {least:.4g} to {most:.4g} mA"
    right = f"At {acquisition.tube_voltage_kv:g} kV at most {most:.4g} mA; check column and unit."
    report.add((*path, "modulation", key), value, why, right)


def check_table_covers(
    options: ModulationOptions, planned: tuple[float, float], path: KeyPath, report: Report
) -> None:
    """Check that a table covers the planned range of an acquisition on a body (lower z, upper z), mm."""
    _covers(table_of(options), planned, path, "…", report)


def load_table(options: ModulationOptions, folder: Path | None) -> CurrentTable:
    """The table of an exam as read, from its file or in it.

    Raises
    ------
    TableFault
    """
    if options.table is None:
        return table_of(options)
    found = find_table(options.table, folder)
    if found is None:
        raise TableFault("no such file", "Check the path: from the exam's folder or the current one.")
    try:
        return read_table(found)[0]
    except OSError:
        raise TableFault("cannot be read", "Check the file.") from None
