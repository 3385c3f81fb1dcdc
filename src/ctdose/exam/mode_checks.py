"""Checks of what the scan modes exclude or need: dual source, fast kV switching, cardiac, one rotation over a range."""

from __future__ import annotations

from typing import Any

from ctdose.exam.faults import Report
from ctdose.exam.second_tube import SECOND_OUTPUTS
from ctdose.faults import KeyPath
from ctdose.schema import is_number

SINGLE_SOURCE_PITCH = 2.0
"""The widest setting in manuals of single-source scanners, feed over nT in both: 0.45 to 2.0 (Siemens SOMATOM Sensation
Cardiac, operating instructions A60, p. 30), 0.5 to 2 (Siemens SOMATOM Spirit, application guide 2005, p. 22)."""
DUAL_SOURCE_PITCH = 3.4
"""Two sources about 90 degrees apart fill each other's gaps: up to 3.2 in T. G. Flohr et al., Med. Phys. 36 (2009) 5641
(abstract); 3.4 is the widest setting known to us, not verified."""
HALF_ROTATION, QUARTER_ROTATION = 0.5, 0.25


def check_modes(raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    """Check one acquisition, as read.

    Parameters
    ----------
    raw : dict
        The acquisition; wrong types are somebody else's to report.
    path : KeyPath
    report : Report
        Receives the faults.
    """
    _pitch(raw, path, report)
    _second_tube(raw, path, report)
    _switching(raw, path, report)
    _ecg(raw, path, report)
    _volume_range(raw, path, report)


def volume_fault(length_mm: float, collimation_mm: float, where: str = "") -> tuple[str, str]:
    """Why a range is too long for one rotation, and what would be right."""
    why = (
        f"{length_mm:g} mm{where}, longer than the beam of {collimation_mm:g} mm, and the table stands still"
    )
    return (
        why,
        f"Add table_increment_mm: {collimation_mm:g} for several rotations, or choose a wider collimation.",
    )


def _pitch(raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    pitch, dual = raw.get("pitch"), raw.get("second_tube") is not None
    most = DUAL_SOURCE_PITCH if dual else SINGLE_SOURCE_PITCH
    if not is_number(pitch) or pitch is None or not most < pitch <= 4 or raw.get("mode") != "helical":
        return
    right = f"Write at most {most:g}" + (
        "." if dual else ", or add second_tube: {} on a dual-source scanner."
    )
    report.add(
        (*path, "pitch"), pitch, f"more than {'two sources' if dual else 'one source'} can scan", right
    )


def _second_tube(raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    tube = raw.get("second_tube")
    if not isinstance(tube, dict):
        return
    here = (*path, "second_tube")
    given = [name for name in SECOND_OUTPUTS if tube.get(name) is not None]
    for name in given[1:]:
        right = f"Keep at most one of {', '.join(SECOND_OUTPUTS)}."
        report.add((*here, name), tube[name], f"a second output of the second tube beside {given[0]}", right)
    if given and raw.get("ctdi_vol_mgy") is not None and given[0] != "current_ratio":
        right = "Write current_ratio instead: ctdi_vol_mgy is the CTDI_vol of both tubes together."
        report.add((*here, given[0]), tube[given[0]], "a second output beside ctdi_vol_mgy", right)
    if tube.get("effective_mas") is not None and raw.get("mode") in ("axial", "stationary"):
        why = f"has no effect in {raw['mode']} mode"
        report.add((*here, "effective_mas"), tube["effective_mas"], why, "Write mas_per_rotation instead.")


def _switching(raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    voltage = raw.get("switched_tube_voltage_kv")
    if voltage is None:
        for name in ("switched_time_fraction", "switched_mas_fraction"):
            if raw.get(name) is not None:
                right = "Leave it out, or add switched_tube_voltage_kv."
                report.add((*path, name), raw[name], "has no effect at one tube voltage", right)
        return
    if raw.get("mode") == "localizer":
        return
    if raw.get("switched_time_fraction") is None:
        right = "For example switched_time_fraction: 0.6."
        report.missing((*path, "switched_time_fraction"), right, "missing: kV switching needs it")
    here = (*path, "switched_tube_voltage_kv")
    if voltage == raw.get("tube_voltage_kv"):
        report.add(here, voltage, "the same as tube_voltage_kv", "Write another voltage, or leave it out.")
    if raw.get("second_tube") is not None:
        report.add(here, voltage, "excludes second_tube", "Keep one: two tubes, or one tube at two voltages.")


def _ecg(raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    ecg, mode, modulation = raw.get("ecg"), raw.get("mode"), raw.get("modulation")
    if isinstance(modulation, list) and "ecg" in modulation and (ecg is None or mode != "helical"):
        right = "Write ecg: {heart_rate_per_min: 60, window_percent: [40, 80], low_current_fraction: 0.2}, helical."
        if mode != "helical":
            right = "Leave it out: modulation by the ECG belongs to mode: helical."
        report.add((*path, "modulation"), "ecg", "needs heart rate and window, in helical mode", right)
    if not isinstance(ecg, dict):
        return
    if mode == "helical":
        _ecg_helical(raw, ecg, path, report)
    elif mode == "axial":
        _ecg_axial(raw, ecg, path, report)


def _ecg_helical(raw: dict[str, Any], ecg: dict[str, Any], path: KeyPath, report: Report) -> None:
    here = (*path, "ecg")
    if ecg.get("low_current_fraction") is None:
        right = "For example low_current_fraction: 0.2; 1 for a constant current."
        report.missing((*here, "low_current_fraction"), right, "missing: helical mode needs it")
    if ecg.get("output_is") == "full" and raw.get("ctdi_vol_mgy") is not None:
        right = "Leave it out: a CTDI_vol is that of the mean current."
        report.add((*here, "output_is"), "full", "does not go with ctdi_vol_mgy", right)


def _ecg_axial(raw: dict[str, Any], ecg: dict[str, Any], path: KeyPath, report: Report) -> None:
    here = (*path, "ecg")
    for name in ("low_current_fraction", "output_is", "start_phase_percent"):
        if ecg.get(name) is not None:
            right = "Leave it out: in axial mode the tube is off outside the window."
            report.add((*here, name), ecg[name], "has no effect in axial mode", right)
    if raw.get("rotations") is not None:
        right = "Keep one: with ecg the tube is on as long as the window lasts."
        report.add((*path, "rotations"), raw["rotations"], "excludes ecg", right)
    window, rate, rotation = (
        ecg.get("window_percent"),
        ecg.get("heart_rate_per_min"),
        raw.get("rotation_time_s"),
    )
    if not (
        isinstance(window, list | tuple)
        and len(window) == 2
        and all(map(is_number, (*window, rate, rotation)))
    ):
        return
    seconds = (window[1] - window[0]) / 100.0 * 60.0 / rate if rate > 0 else 0.0  # type: ignore[operator]
    least = (QUARTER_ROTATION if raw.get("second_tube") is not None else HALF_ROTATION) * rotation  # type: ignore[operator]
    if 0.0 < seconds < least * (1 - 1e-9):
        right = f"At {rate:g}/min it must span at least {100 * least * rate / 60:.3g} % of the RR interval."  # type: ignore[operator]
        part = "quarter" if raw.get("second_tube") is not None else "half"
        why = f"{seconds:.3g} s, shorter than a {part} rotation of {rotation:g} s"
        report.add((*here, "window_percent"), list(window), why, right)


def _volume_range(raw: dict[str, Any], path: KeyPath, report: Report) -> None:
    ends, width, margin = raw.get("scan_range"), raw.get("collimation_mm"), raw.get("scan_margin_mm") or 0.0
    if raw.get("mode") != "axial" or raw.get("table_increment_mm") is not None or not is_number(margin):
        return
    if not (isinstance(ends, list | tuple) and len(ends) == 2 and all(map(is_number, (*ends, width)))):
        return
    length = ends[1] - ends[0] + 2 * margin
    if length > width + 1e-6 and ends[0] < ends[1]:  # type: ignore[operator]
        report.add((*path, "scan_range"), list(ends), *volume_fault(length, width))  # type: ignore[arg-type]
