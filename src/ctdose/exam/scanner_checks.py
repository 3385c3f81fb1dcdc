"""Checks of an exam against its scanner: does it have that tube voltage, bowtie, collimation, current?"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ctdose.errors import CtdoseError
from ctdose.exam.acquisition import Acquisition
from ctdose.exam.exposure import resolve_exposure
from ctdose.exam.faults import Report
from ctdose.exam.modulation_level import states_mean
from ctdose.exam.modulation_table_checks import check_table_limits
from ctdose.exam.second_tube import NO_FILTER
from ctdose.exam.tube_load import tube_loads
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
    _off_focal(scanner, data.get("simulation"), report)
    if data.get("table") is True and scanner.table is None:
        right = "Leave table out, or add a table section to a scanner file of your own."
        report.add(("table",), True, f"the file of {scanner.scanner} describes no table", right)
    acquisitions = data.get("acquisitions")
    for i, raw in enumerate(acquisitions if isinstance(acquisitions, list) else []):
        if isinstance(raw, dict):
            check_acquisition_on(scanner, raw, ("acquisitions", i), report)
    return scanner


def check_acquisition_on(scanner: Scanner, raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    """Check one acquisition, as read, against a scanner."""
    before = len(report.faults)
    _one_of(raw, "tube_voltage_kv", scanner.tube.voltages_kv, 0.05, scanner, path, report)
    _one_of(raw, "switched_tube_voltage_kv", scanner.tube.voltages_kv, 0.05, scanner, path, report)
    _one_of(raw, "collimation_mm", scanner.collimations_mm, SAME_MM, scanner, path, report)
    _one_of(raw, "rotation_time_s", scanner.rotation_times_s, SAME_MM, scanner, path, report)
    bowtie = raw.get("bowtie")
    if isinstance(bowtie, str) and bowtie not in scanner.bowties:
        right = f"{scanner.scanner} has: {', '.join(scanner.bowties)}."
        report.add((*path, "bowtie"), bowtie, f"no bowtie of {scanner.scanner}", right)
    for name, known in (("filter", scanner.filters), ("focal_spot", scanner.focal_spots)):
        _named(raw, name, known, scanner, path, report)
    _tilt(raw, scanner, path, report)
    _second_tube(scanner, raw.get("second_tube"), (*path, "second_tube"), report)
    if raw.get("mode") == "localizer" and scanner.localizer is None:
        right = "Add a localizer section to the scanner's file, or choose another mode."
        report.add((*path, "mode"), "localizer", f"{scanner.scanner} has no localizer", right)
    if len(report.faults) == before and not _has_fault_in(path, report):
        _current(scanner, raw, path, report)


def _named(
    raw: dict[str, Any], name: str, known: Collection[str], scanner: Scanner, path: KeyPath, report: Report
) -> None:
    """A filter or a focal spot by its name."""
    value = raw.get(name)
    if not isinstance(value, str):
        return
    what = name.replace("_", " ")
    if value not in known:
        have = f"It has: {', '.join(known)}." if known else "Leave it out."
        report.add((*path, name), value, f"no {what} of {scanner.scanner}", have)
    elif name == "focal_spot" and scanner.geometry.source_collimator_distance_mm is None:
        right = "Leave it out, or add source_collimator_distance_mm to the geometry in the scanner's file."
        why = f"{scanner.scanner} does not say how far its collimator is from the focal spot"
        report.add((*path, name), value, why, right)


def _tilt(raw: dict[str, Any], scanner: Scanner, path: KeyPath, report: Report) -> None:
    value: Any = raw.get("gantry_tilt_deg")
    if _has_fault_in((*path, "gantry_tilt_deg"), report) or not is_number(value):
        return
    most = scanner.geometry.gantry_tilt_max_deg
    if abs(value) > most:
        why = f"the gantry of {scanner.scanner} cannot be tilted" if most == 0 else "beyond its greatest tilt"
        right = "Leave it out." if most == 0 else f"{scanner.scanner} tilts by {most:g} deg either way."
        report.add((*path, "gantry_tilt_deg"), value, why, right)


def _off_focal(scanner: Scanner, simulation: Any, report: Report) -> None:
    if not isinstance(simulation, dict) or simulation.get("off_focal") is not True:
        return
    if scanner.off_focal is None or scanner.geometry.source_collimator_distance_mm is None:
        missing = "off_focal" if scanner.off_focal is None else "source_collimator_distance_mm"
        right = f"Leave it out, or add {missing} to the scanner's file."
        report.add(("simulation", "off_focal"), True, f"{scanner.scanner} states no {missing}", right)


def _second_tube(scanner: Scanner, use: Any, path: KeyPath, report: Report) -> None:
    if use is None:
        return
    tube = scanner.second_tube
    if tube is None:
        right = "Leave it out, or choose a dual-source scanner."
        report.add(path, "…", f"{scanner.scanner} has one tube", right)
        return
    if not isinstance(use, dict):
        return
    _one_of(use, "tube_voltage_kv", scanner.tube.voltages_kv, 0.05, scanner, path, report)
    for name, known in (("bowtie", tube.bowties), ("filter", [*tube.filters, NO_FILTER])):
        value = use.get(name)
        if isinstance(value, str) and value not in known:
            right = f"It has: {', '.join(known)}."
            report.add((*path, name), value, f"no {name} of the second tube of {scanner.scanner}", right)


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
        loads = tube_loads(acquisition, resolve_exposure(acquisition, scanner))
    except CtdoseError as error:
        why, _, right = str(error).partition(" (")[2].partition("). ")
        report.add(here, value, why, right)
        return
    tube = scanner.tube
    for load in loads:
        most = min(tube.current_max_ma, tube.power_max_kw * 1000 / load.tube_voltage_kv)
        needs = f"needs {load.current_ma:.4g} mA{load.where}, "
        if name == "tube_current_ma" and not load.where:
            needs = ""
        if load.current_ma > most * (1 + 1e-9):
            right = f"At {load.tube_voltage_kv:g} kV at most {most:.4g} mA: lower it, or rotate more slowly."
            report.add(here, value, f"{needs}more than {scanner.scanner} gives", right)
        if 0 < load.least_ma < tube.current_min_ma * (1 - 1e-9):  # 0: off outside the window
            right = f"At least {tube.current_min_ma:g} mA: raise it, or rotate faster."
            if load.least_ma < load.current_ma:
                where = load.where.replace(" in the window", " outside the window")
                needs = f"needs {load.least_ma:.4g} mA{where}, "
            report.add(here, value, f"{needs}less than {scanner.scanner} can hold", right)
