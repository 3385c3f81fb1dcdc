"""Checks of an exam against its scanner: does it have that tube voltage, bowtie, collimation, current?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ctdose.errors import CtdoseError, nearest
from ctdose.exam.acquisition import Acquisition
from ctdose.exam.exposure import resolve_exposure
from ctdose.exam.faults import Report
from ctdose.exam.modulation_checks import check_table_limits
from ctdose.exam.modulation_level import states_mean
from ctdose.faults import KeyPath
from ctdose.scanner.library import ScannerError, load_scanner
from ctdose.scanner.model import SAME_MM, Scanner
from ctdose.schema import is_number


def check_scanner_of(data: dict[str, Any], folder: Path | None, report: Report) -> Scanner | None:
    """Load the scanner of an exam and check the exam against it.

    Parameters
    ----------
    data : dict
        The exam as read.
    folder : Path or None
        Folder of the exam's file.
    report : Report
        Receives the faults.

    Returns
    -------
    Scanner or None
        None if it could not be loaded.
    """
    name = data.get("scanner")
    if not isinstance(name, str) or not name:
        return None
    try:
        scanner = load_scanner(name, folder)
    except ScannerError as error:
        first, more = error.lines[0], len(error.lines) - 1
        why = "its file has faults" if more else "its file has a fault"
        report.add(
            ("scanner",), name, why, first + (f" And {more} more: ctdose scanner show {name}" if more else "")
        )
        return None
    except CtdoseError as error:
        why, _, right = str(error).partition(" (")[2].partition("). ")
        report.add(("scanner",), name, why, right)
        return None
    acquisitions = data.get("acquisitions")
    for i, raw in enumerate(acquisitions if isinstance(acquisitions, list) else []):
        if isinstance(raw, dict):
            check_acquisition_on(scanner, raw, ("acquisitions", i), report)
    return scanner


def check_acquisition_on(scanner: Scanner, raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    """Check one acquisition, as read, against a scanner."""
    before = len(report.faults)
    _one_of(raw, "tube_voltage_kv", scanner.tube.voltages_kv, 0.05, scanner, path, report)
    _one_of(raw, "collimation_mm", scanner.collimations_mm, SAME_MM, scanner, path, report)
    _one_of(raw, "rotation_time_s", scanner.rotation_times_s, SAME_MM, scanner, path, report)
    bowtie = raw.get("bowtie")
    if isinstance(bowtie, str) and bowtie not in scanner.bowties:
        right = (
            f"{scanner.scanner} has: {', '.join(scanner.bowties)}. {nearest(bowtie, list(scanner.bowties))}"
        )
        report.add((*path, "bowtie"), bowtie, f"no bowtie of {scanner.scanner}", right)
    if raw.get("mode") == "localizer" and scanner.localizer is None:
        right = "Add a localizer section to the scanner's file, or choose another mode."
        report.add((*path, "mode"), "localizer", f"{scanner.scanner} has no localizer", right)
    if len(report.faults) == before and not _has_fault_in(path, report):
        _current(scanner, raw, path, report)


def _one_of(
    raw: dict[str, Any],
    name: str,
    known: Any,
    tolerance: float,
    scanner: Scanner,
    path: KeyPath,
    report: Report,
) -> None:
    value: Any = raw.get(name)
    if any(found.path == (*path, name) for found in report.faults):
        return  # wrong already whatever the scanner
    if is_number(value) and value > 0 and all(abs(value - item) > tolerance for item in known):
        right = f"{scanner.scanner} has: {', '.join(f'{item:g}' for item in known)}."
        report.add((*path, name), value, f"not available on {scanner.scanner}", right)


def _has_fault_in(path: KeyPath, report: Report) -> bool:
    return any(found.path[: len(path)] == path for found in report.faults)


def _current(scanner: Scanner, raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    try:
        acquisition = Acquisition.model_validate(raw)
    except ValidationError:
        return
    if not states_mean(acquisition):  # a level, not a current: the tube's limits are applied along the scan
        check_table_limits(scanner, raw, path, report)
        return
    name = acquisition.output_key
    here, value = (*path, name), getattr(acquisition, name)
    try:
        current = resolve_exposure(acquisition, scanner).tube_current_ma
    except CtdoseError as error:
        why, _, right = str(error).partition(" (")[2].partition("). ")
        report.add(here, value, why, right)
        return
    tube = scanner.tube
    most = min(tube.current_max_ma, tube.power_max_kw * 1000 / acquisition.tube_voltage_kv)
    needs = "" if name == "tube_current_ma" else f"needs {current:.4g} mA, "
    if current > most * (1 + 1e-9):
        right = (
            f"At {acquisition.tube_voltage_kv:g} kV at most {most:.4g} mA: lower it, or rotate more slowly."
        )
        report.add(here, value, f"{needs}more than {scanner.scanner} gives", right)
    if current < tube.current_min_ma * (1 - 1e-9):
        right = f"At least {tube.current_min_ma:g} mA: raise it, or rotate faster."
        report.add(here, value, f"{needs}less than {scanner.scanner} can hold", right)
