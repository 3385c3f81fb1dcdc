"""Checks of the tube current modulation of one acquisition, on the raw data, and its tables brought into the exam."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ctdose.exam.acquisition import OUTPUTS, Acquisition
from ctdose.exam.faults import Report
from ctdose.exam.model import Exam
from ctdose.exam.modulation import tube_limits_ma
from ctdose.exam.modulation_keys import ModulationOptions, OrganModulation, modulation_options
from ctdose.exam.modulation_table import CurrentTable, TableFault, find_table, read_table, table_of
from ctdose.faults import KeyPath
from ctdose.scanner.model import Scanner
from ctdose.schema import is_number

TABLE_KEYS = ("z_mm", "angle_deg", "tube_current_ma")
COVER_MM = 5.0
"""A table may begin so much inside the planned range: its rows are middles of slices."""


def check_modulation(data: dict[str, Any], folder: Path | None, report: Report) -> None:
    """Check the modulation of every acquisition of an exam as read.

    Parameters
    ----------
    data : dict
        The exam as read.
    folder : Path or None
        Folder of the exam's file, where tables are looked for first.
    report : Report
        Receives the faults.
    """
    acquisitions = data.get("acquisitions")
    for i, raw in enumerate(acquisitions if isinstance(acquisitions, list) else []):
        if isinstance(raw, dict):
            path: KeyPath = ("acquisitions", i)
            _quality_reference(raw, path, report)
            if isinstance(raw.get("modulation"), dict):
                _table_keys(raw["modulation"], (*path, "modulation"), report)
                _exclusions(raw, path, report)
            options = _options(raw)
            if options is not None:
                _organ(raw, options, path, report)
                _table(raw, options, (*path, "modulation"), folder, report)
                _no_effect(raw, options, path, report)


def _options(raw: dict[str, Any]) -> ModulationOptions | None:
    """The modulation, if its own keys are right."""
    given = raw.get("modulation")
    try:
        if isinstance(given, dict):
            return ModulationOptions.model_validate(given)
        words = tuple(given) if isinstance(given, list | tuple) else ()
        return modulation_options(words)
    except (ValidationError, TypeError):
        return None


def _given_words(raw: dict[str, Any]) -> tuple[str, ...]:
    given = raw.get("modulation")
    return tuple(item for item in given if isinstance(item, str)) if isinstance(given, list | tuple) else ()


def _is_longitudinal(raw: dict[str, Any]) -> bool:
    given = raw.get("modulation")
    if isinstance(given, dict):
        return given.get("longitudinal_strength") is not None
    return "longitudinal" in _given_words(raw)


def _quality_reference(raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    reference, diameter = raw.get("quality_reference_mas"), raw.get("reference_diameter_cm")
    if reference is not None and not _is_longitudinal(raw):
        right = (
            "Add modulation: [longitudinal], or give effective_mas or mas_per_rotation, the mean of the scan."
        )
        why = "needs longitudinal modulation: without it no size enters"
        report.add((*path, "quality_reference_mas"), reference, why, right)
    if reference is not None and diameter is None:
        right = "For example reference_diameter_cm: 30, the water-equivalent diameter at which it is reached."
        report.missing((*path, "reference_diameter_cm"), right, "missing: quality_reference_mas holds at it")
    if diameter is not None and reference is None:
        right = "Leave it out: the mean current is stated, and the modulation shapes around it."
        why = "has no effect without quality_reference_mas"
        report.add((*path, "reference_diameter_cm"), diameter, why, right)


def _table_keys(given: dict[str, Any], path: KeyPath, report: Report) -> None:
    inline = [name for name in TABLE_KEYS if given.get(name) is not None]
    if given.get("table") is not None and inline:
        right = f"Keep the file, or {', '.join(TABLE_KEYS)}."
        report.add((*path, inline[0]), given[inline[0]], "a second table beside table", right)
    elif inline and not {"z_mm", "tube_current_ma"} <= set(inline):
        missing = next(name for name in ("z_mm", "tube_current_ma") if name not in inline)
        report.missing((*path, missing), "A table has z_mm and tube_current_ma, and perhaps angle_deg.")


def _exclusions(raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    given = raw["modulation"]
    if given.get("table") is None and given.get("z_mm") is None:
        return
    for name, what in (("longitudinal_strength", "along z"), ("angular_strength", "around")):
        around = name == "longitudinal_strength" or given.get("angle_deg") is not None
        if given.get(name) is not None and around:
            right = "Leave it out, or the table."
            why = f"the table gives the current {what}"
            report.add((*path, "modulation", name), given[name], why, right)


def _organ(raw: dict[str, Any], options: ModulationOptions, path: KeyPath, report: Report) -> None:
    """Without compensation the mean falls: only a level, not a stated mean, can show that."""
    organ = options.organ
    stated = next((name for name in OUTPUTS[:-1] if raw.get(name) is not None), None)
    if organ is None or organ.compensation or stated is None:
        return
    mean = (
        f" {stated}: {raw[stated] * mean_factor(organ):.4g}"
        if is_number(raw[stated])
        else f" a lower {stated}"
    )
    right = f"Leave compensation out and write{mean}: what the sector leaves of the mean."
    why = f"{stated} is the mean of the scan, the sector's loss included"
    report.add((*path, "modulation", "organ", "compensation"), False, why, right)


def mean_factor(organ: OrganModulation) -> float:
    """Mean current of a rotation over the current outside the sector."""
    return 1.0 - (1.0 - organ.relative_current) * organ.sector_deg / 360.0


def _table(
    raw: dict[str, Any], options: ModulationOptions, path: KeyPath, folder: Path | None, report: Report
) -> None:
    if not options.has_table or (options.table is not None and options.z_mm is not None):
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


def _no_effect(raw: dict[str, Any], options: ModulationOptions, path: KeyPath, report: Report) -> None:
    stated = raw.get("quality_reference_mas") is None
    if raw.get("mode") == "stationary" and options.longitudinal_strength is not None and stated:
        right = "Leave it out; with quality_reference_mas it sets the level by the patient's size."
        value = raw["modulation"] if not isinstance(raw["modulation"], dict) else "…"
        why = "longitudinal modulation has no effect where the table does not move"
        report.add((*path, "modulation"), value, why, right)


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


def check_tables_on_bodies(
    exam: Exam, bodies: int, planned: dict[int, tuple[float, float]], report: Report
) -> None:
    """Check the tables of an exam against its bodies: a z of one body, and the planned range covered.

    Parameters
    ----------
    exam : Exam
    bodies : int
        How many there are.
    planned : dict of int to (float, float)
        Planned range of each acquisition on the one body, mm.
    report : Report
    """
    for i, acquisition in enumerate(exam.acquisitions):
        options = acquisition.modulation_options
        if options.z_mm is None:
            continue
        here: KeyPath = ("acquisitions", i, "modulation")
        if bodies > 1:
            why = "the phantom has two bodies, and the z of one table cannot fit both"
            report.add(here, "a table", why, "Choose one body, for example adult-male or adult-female.")
        elif i in planned:
            _covers(table_of(options), planned[i], here, "a table", report)


def with_tables(exam: Exam, folder: Path | None) -> Exam:
    """The exam with the tables of its files written into it, so that it stands by itself."""
    acquisitions, origins = list(exam.acquisitions), {}
    for i, item in enumerate(acquisitions):
        options = item.modulation_options
        if options.table is None:
            continue
        found = find_table(options.table, folder)
        assert found is not None  # it was read when it was checked
        table, sha256 = read_table(found)
        acquisitions[i] = item.model_copy(update={"modulation": _inlined(options, table)})
        for key in TABLE_KEYS:
            origins[("acquisitions", i, "modulation", key)] = f"user, {found.name}, sha256 {sha256}"
    if not origins:
        return exam
    changed = exam.model_copy(update={"acquisitions": acquisitions})
    changed._from_files = origins
    return changed


def _inlined(options: ModulationOptions, table: CurrentTable) -> ModulationOptions:
    rows = table.tube_current_ma.tolist()
    current = tuple(tuple(row) for row in rows) if table.has_angles else tuple(row[0] for row in rows)
    return options.model_copy(
        update={
            "table": None,
            "z_mm": table.z_mm.tolist(),
            "angle_deg": table.angle_deg.tolist() if table.has_angles else None,
            "tube_current_ma": current,
        }
    )
