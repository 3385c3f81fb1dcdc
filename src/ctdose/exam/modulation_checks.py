"""Checks of the tube current modulation of one acquisition, on the raw data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ctdose.exam.acquisition import OUTPUTS
from ctdose.exam.faults import Report
from ctdose.exam.modulation_keys import ModulationOptions, OrganModulation, modulation_options
from ctdose.exam.modulation_table import COLUMNS
from ctdose.exam.modulation_table_checks import check_table
from ctdose.faults import KeyPath
from ctdose.schema import is_number


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
                check_table(raw, options, (*path, "modulation"), folder, report)
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
    if raw.get("mode") == "localizer":  # said already that neither belongs to it
        return
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
    inline = [name for name in COLUMNS if given.get(name) is not None]
    if given.get("table") is not None and inline:
        right = f"Keep the file, or {', '.join(COLUMNS)}."
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


def _no_effect(raw: dict[str, Any], options: ModulationOptions, path: KeyPath, report: Report) -> None:
    stated = raw.get("quality_reference_mas") is None
    if raw.get("mode") == "stationary" and options.longitudinal_strength is not None and stated:
        right = "Leave it out; with quality_reference_mas it sets the level by the patient's size."
        value = raw["modulation"] if not isinstance(raw["modulation"], dict) else "…"
        why = "longitudinal modulation has no effect where the table does not move"
        report.add((*path, "modulation"), value, why, right)
