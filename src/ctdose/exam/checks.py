"""Checks between the keys of one exam, on the raw data: they work even where other keys are wrong."""

from __future__ import annotations

from typing import Any

from ctdose.exam.acquisition import MODES, OUTPUTS, Acquisition
from ctdose.exam.faults import Report
from ctdose.exam.mode_checks import check_modes
from ctdose.faults import ABSENT, KeyPath
from ctdose.schema import extra_of, is_number, right_text

REQUIRED = {
    "helical": ("pitch", "rotation_time_s"),
    "axial": ("rotation_time_s",),
    "stationary": ("rotation_time_s",),
    "localizer": (),
}
_INSTEAD = {
    ("pitch", "axial"): "Leave it out: the feed of an axial scan is table_increment_mm.",
    ("pitch", "stationary"): "Leave it out: the table of a stationary scan does not move.",
    ("table_increment_mm", "helical"): "Leave it out: the feed of a helical scan is pitch.",
    ("effective_mas", "axial"): "Write mas_per_rotation instead.",
    ("effective_mas", "stationary"): "Write mas_per_rotation instead.",
    ("effective_mas", "localizer"): "Write tube_current_ma instead.",
    ("mas_per_rotation", "localizer"): "Write tube_current_ma instead.",
    ("rotation_time_s", "localizer"): "Leave it out: the tube stands still.",
    ("second_tube", "localizer"): "Leave it out: a localizer is made with one tube.",
    ("switched_tube_voltage_kv", "localizer"): "Leave it out: a localizer is made at one tube voltage.",
    (
        "ecg",
        "stationary",
    ): "Leave it out: for one gated rotation write mode: axial without table_increment_mm.",
    ("rotations", "helical"): "Leave it out: they follow from pitch and scan_range.",
    ("quality_reference_mas", "localizer"): "Write tube_current_ma instead.",
}


def check_exam(data: dict[str, Any], report: Report) -> None:
    """Check what concerns several keys of an exam.

    Parameters
    ----------
    data : dict
        The exam as read.
    report : Report
        Receives the faults.
    """
    if _given(data, "isocentre_mm") and _given(data, "off_centre_mm"):
        right = "Keep one: a position of the axis, or its distance from the phantom's centre."
        report.add(("off_centre_mm",), data["off_centre_mm"], "excludes isocentre_mm", right)
    acquisitions = data.get("acquisitions")
    names: dict[Any, int] = {}
    for i, raw in enumerate(acquisitions if isinstance(acquisitions, list) else []):
        if not isinstance(raw, dict):
            continue
        path: KeyPath = ("acquisitions", i)
        name = raw.get("name")
        if isinstance(name, str) and name in names:
            line = report.document.line(("acquisitions", names[name], "name"))
            report.add(
                (*path, "name"),
                name,
                f"already the name of the acquisition in line {line}",
                "Choose another.",
            )
        elif isinstance(name, str):
            names[name] = i
        check_acquisition(raw, path, report)


def check_acquisition(raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    """Check what concerns several keys of one acquisition."""
    mode = raw.get("mode")
    if mode in MODES:
        _keys_of_mode(raw, path, mode, report)
    _output(raw, path, mode, report)
    if _given(raw, "ctdi_vol_mgy") and not _given(raw, "ctdi_phantom_cm"):
        right = "Add ctdi_phantom_cm: 32 (body) or 16 (head, children); they differ by a factor of two."
        report.add((*path, "ctdi_vol_mgy"), raw["ctdi_vol_mgy"], "in which CTDI phantom is not said", right)
    if _given(raw, "rotation_direction") and raw.get("start_angle_deg", "averaged") == "averaged":
        right = "Leave it out, or give start_angle_deg."
        why = "has no effect when the start angle is averaged"
        report.add((*path, "rotation_direction"), raw["rotation_direction"], why, right)
    if mode == "localizer" and _given(raw, "modulation") and raw["modulation"] not in ([], (), ["ecg"]):
        right = "Leave it out: the current of a localizer is constant."
        report.add((*path, "modulation"), "…", "has no effect in localizer mode", right)
    if mode == "stationary":
        _stationary_range(raw, path, report)
    check_modes(raw, path, report)


def _given(raw: dict[str, Any], name: str) -> bool:
    return raw.get(name) is not None


def _keys_of_mode(raw: dict[str, Any], path: KeyPath, mode: str, report: Report) -> None:
    for name, field in Acquisition.model_fields.items():
        modes = extra_of(field).get("modes") or MODES
        if mode not in modes and _given(raw, name):
            right = _INSTEAD.get((name, mode), f"Leave it out: it belongs to mode: {' or '.join(modes)}.")
            report.add((*path, name), raw[name], f"has no effect in {mode} mode", right)
    for name in REQUIRED[mode]:
        if not _given(raw, name):
            right = right_text(Acquisition.model_fields[name], name)
            report.missing((*path, name), right, f"missing: {mode} mode needs it")


def _output(raw: dict[str, Any], path: KeyPath, mode: Any, report: Report) -> None:
    given = [name for name in OUTPUTS if _given(raw, name)]
    if not given and not _has_table(raw):
        usable = [
            n for n in OUTPUTS if mode in (extra_of(Acquisition.model_fields[n]).get("modes") or (mode,))
        ]
        right = f"Give exactly one of {', '.join(usable)}."
        report.missing((*path, "tube_current_ma"), right, "no output is given")
    in_order = sorted(given, key=lambda name: report.document.line((*path, name)) or 0)
    for name in in_order[1:]:
        right = f"Keep exactly one of {', '.join(OUTPUTS)}."
        report.add((*path, name), raw[name], f"a second output beside {in_order[0]}", right)


def _has_table(raw: dict[str, Any]) -> bool:
    """Whether a table of currents may state the output."""
    given = raw.get("modulation")
    return isinstance(given, dict) and any(given.get(name) is not None for name in ("table", "z_mm"))


def _stationary_range(raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    ends, width = raw.get("scan_range"), raw.get("collimation_mm")
    if not (
        isinstance(ends, list | tuple) and len(ends) == 2 and all(map(is_number, ends)) and is_number(width)
    ):
        return
    if ends[1] - ends[0] > width + 1e-6:  # type: ignore[operator]
        middle, half = (ends[0] + ends[1]) / 2, width / 2  # type: ignore[operator]
        why = f"longer than the beam of {width:g} mm, and the table of a stationary scan does not move"
        right = f"Write scan_range: [{middle - half:g}, {middle + half:g}], or set mode: axial."
        report.add((*path, "scan_range"), ends if ends is not None else ABSENT, why, right)
