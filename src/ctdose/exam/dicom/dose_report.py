"""A CT dose report (DICOM TID 10011): its irradiation events, checked against one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.exam.dicom.codes import codes, ctdi_phantom_cm_of, mode_of, region_of
from ctdose.exam.dicom.element import code, finite, items, raw
from ctdose.exam.dicom.found import Event, Examination

REPORT = "dose report"
MOST_ITEMS = 200_000
DEEPEST = 30
# Units as makers write them: one dot or none.
UNITS = {
    "mgy.cm": "mGy.cm",
    "mgycm": "mGy.cm",
    "mgy*cm": "mGy.cm",
    "mgy": "mGy",
    "mm": "mm",
    "s": "s",
    "ms": "ms",
}
UNITS |= {"cm": "cm", "kv": "kV", "ma": "mA"}
FACTORS = {("ms", "s"): 1e-3, ("cm", "mm"): 10.0}
SAME_DLP = 0.05  # DLP over CTDI_vol against the length: dynamic collimation and rounding explain less
SAME_NT = 0.1
LONGEST_SCAN_S = 600.0
WIDEST_MM = 200.0  # nT of a localizer: some makers write its length there
LIMITS = {"s": 1e6, "mm": 1e4, "mGy": 1e4, "mGy.cm": 1e6, "kV": 200.0, "mA": 5000.0, "{ratio}": 50.0}


@dataclass(frozen=True)
class _Item:
    """A content item: its depth in the tree, concept code and data set."""

    depth: int
    concept: str
    data: Any


def is_ct_report(data: Any) -> bool:
    """Whether a structured report has CT irradiation events."""
    return any(item.concept == codes()["templates"]["event"] for item in _walk(data))


def report_events(data: Any) -> Examination:
    """Read a dose report.

    Parameters
    ----------
    data : pydicom.Dataset
        Of a CT dose report.

    Returns
    -------
    Examination
        Events in the order of the report; remarks of contradictions within it and of dose checks.

    Raises
    ------
    CtdoseError
        It has no irradiation event, or a number is malformed.
    """
    found = Examination()
    everything = list(_walk(data))
    for i, item in enumerate(everything):
        if item.concept == codes()["templates"]["event"]:
            found.events.append(_event(_below(everything, i)))
    if not found.events:
        raise CtdoseError("dose report (no CT Acquisition in it). Give a CT dose report (TID 10011).")
    _check_total(found, everything)
    return found


def _walk(data: Any) -> Iterator[_Item]:
    """All content items, parents first; a report nested or long beyond reason is refused."""
    stack: list[tuple[int, Any]] = [(0, data)]
    count = 0
    while stack:
        depth, node = stack.pop()
        count += 1
        if depth > DEEPEST or count > MOST_ITEMS:
            raise CtdoseError("dose report (nested too deeply or too long). Is it damaged?")
        if depth:
            yield _Item(depth, code(node, "ConceptNameCodeSequence"), node)
        stack += [(depth + 1, child) for child in reversed(items(node, "ContentSequence"))]


def _below(everything: list[_Item], i: int) -> list[_Item]:
    end = next((j for j in range(i + 1, len(everything)) if everything[j].depth <= everything[i].depth), None)
    return everything[i + 1 : end]


def _number(content: list[_Item], name: str, remarks: list[str] | None = None) -> list[float]:
    """Values of a concept in its own unit.

    Raises
    ------
    CtdoseError
        A value is no number, negative, or beyond what a CT scanner can mean.
    """
    concept = codes()["concepts"][name]
    values = []
    for item in content:
        measured = items(item.data, "MeasuredValueSequence")
        if item.concept != concept["code"] or not measured:
            continue
        value, unit = finite(raw(measured[0], "NumericValue")), concept["unit"]
        if value is None or (value < 0 and not name.endswith("z_mm")) or abs(value) > LIMITS.get(unit, 1e6):
            what = f"dose report {concept['code']} {concept['name']}"
            raise CtdoseError(f"{what} (not a number that a CT scanner can mean). Is the report damaged?")
        stated = UNITS.get(code(measured[0], "MeasurementUnitsCodeSequence").lower(), "")
        if unit in LIMITS and stated and stated != unit and unit != "{ratio}":
            factor = FACTORS.get((stated, unit))
            if factor is None:
                what = f"dose report {concept['code']} {concept['name']}"
                raise CtdoseError(f"{what} (in {stated}, not {unit}). Is the report damaged?")
            value *= factor
        values.append(value)
    return values


def _origin(name: str) -> str:
    concept = codes()["concepts"][name]
    return f"{REPORT} {concept['code']} {concept['name']}"


def _code(content: list[_Item], name: str) -> str:
    wanted = codes()["concepts"][name]["code"]
    return next((code(item.data, "ConceptCodeSequence") for item in content if item.concept == wanted), "")


def _event(content: list[_Item]) -> Event:
    event = Event()
    wanted = codes()["concepts"]["event_uid"]["code"]
    uid = next((str(raw(item.data, "UID") or "") for item in content if item.concept == wanted), "")
    if uid:
        event.uids = frozenset([uid[:64].upper()])
        event.put("irradiation_event_uid", uid[:64], _origin("event_uid"))
    event.put("mode", mode_of(_code(content, "acquisition_type")), _origin("acquisition_type"))
    event.put("region", region_of(_code(content, "region")), _origin("region"))
    event.put("ctdi_phantom_cm", ctdi_phantom_cm_of(_code(content, "ctdi_phantom")), _origin("ctdi_phantom"))
    for name in (
        "collimation_mm",
        "pitch",
        "ctdi_vol_mgy",
        "dlp_mgy_cm",
        "exposure_time_s",
        "scanning_length_mm",
    ):
        _put_first(event, content, name)
    if event.value("mode") == "localizer" and (event.value("collimation_mm") or 0.0) > WIDEST_MM:
        del event.known["collimation_mm"]
    _tubes(event, content)
    _length(event, content)
    _check(event)
    _dose_check(event, content)
    return event


def _put_first(event: Event, content: list[_Item], name: str) -> None:
    values = [value for value in _number(content, name) if value > 0]
    if values:
        event.put(name, values[0], _origin(name))


def _tubes(event: Event, content: list[_Item]) -> None:
    """Voltage, current and rotation time, of one tube or of two."""
    voltages = [kv for kv in _number(content, "tube_voltage_kv") if kv > 0]
    currents = [ma for ma in _number(content, "tube_current_ma") if ma > 0]
    times = [s for s in _number(content, "rotation_time_s") if s > 0]
    if times and event.value("mode") != "localizer":
        event.put("rotation_time_s", times[0], _origin("rotation_time_s"))
    if len(set(voltages)) == 1:
        event.put("tube_voltage_kv", voltages[0], _origin("tube_voltage_kv"))
    elif voltages:
        shown = " and ".join(f"{kv:g}" for kv in voltages)
        event.refuse("tube_voltage_kv", f"two tubes of {shown} kV")
    if len(voltages) > 1:
        event.remarks.append(
            f"{len(voltages)} X-ray sources: simulated as one tube with the CTDI_vol of both"
        )
    if currents and len(set(voltages)) <= 1:
        origin = _origin("tube_current_ma") + (", sum of the tubes" if len(currents) > 1 else "")
        event.put("tube_current_ma", sum(currents), origin)


def _length(event: Event, content: list[_Item]) -> None:
    """What was to be imaged: the reconstructable volume, else the scanning length."""
    lengths = [value for value in _number(content, "reconstructable_mm") if value > 0]
    tops, bottoms = _number(content, "top_z_mm"), _number(content, "bottom_z_mm")
    if lengths:
        event.put("length_mm", lengths[0], _origin("reconstructable_mm"))
    elif event.value("scanning_length_mm"):
        event.put(
            "length_mm", event.value("scanning_length_mm"), _origin("scanning_length_mm") + ", table travel"
        )
    if tops and bottoms and tops[0] != bottoms[0]:
        low, high = sorted((tops[0], bottoms[0]))
        event.put("z_range_mm", (low, high), f"{_origin('top_z_mm')}, {_origin('bottom_z_mm')}")
    if (
        event.value("mode") == "stationary"
        and event.value("exposure_time_s")
        and event.value("rotation_time_s")
    ):
        rotations = event.value("exposure_time_s") / event.value("rotation_time_s")
        event.put(
            "rotations",
            round(rotations, 3),
            f"{REPORT} 113824 Exposure Time over 113834 Exposure Time per Rotation",
        )


def _check(event: Event) -> None:
    """DLP against CTDI_vol · length, and both against the travel that pitch, nT and times give."""
    ctdi_vol, dlp, scanned = (event.value(n) for n in ("ctdi_vol_mgy", "dlp_mgy_cm", "scanning_length_mm"))
    if not ctdi_vol or not dlp:
        return
    by_dlp = 10.0 * dlp / ctdi_vol
    if event.value("mode") == "stationary":
        nt = event.value("collimation_mm")
        if nt and abs(by_dlp - nt) > SAME_DLP * nt:
            event.remarks.append(f"DLP over CTDI_vol is {by_dlp:.4g} mm, but nT is {nt:g} mm")
        return
    if scanned and abs(by_dlp - scanned) > SAME_DLP * scanned:
        event.remarks.append(f"DLP over CTDI_vol is {by_dlp:.4g} mm, but the scanning length {scanned:g} mm")
    _check_collimation(event, by_dlp)


def _check_collimation(event: Event, travel_mm: float) -> None:
    """nT from travel, times and pitch: some makers write an image thickness where the collimation belongs."""
    pitch, seconds, rotation = (event.value(n) for n in ("pitch", "exposure_time_s", "rotation_time_s"))
    stated = event.value("collimation_mm")
    if event.value("mode") != "helical" or not (pitch and seconds and rotation and stated):
        return
    if seconds > LONGEST_SCAN_S:
        event.remarks.append(
            f"exposure time {seconds:g} s is no time of a scan; the collimation was not checked"
        )
        return
    follows = travel_mm * rotation / (seconds * pitch)
    if abs(follows - stated) > SAME_NT * stated:
        why = f"{stated:g} mm stated, but DLP, CTDI_vol, pitch and times give {follows:.3g} mm"
        event.refuse("collimation_mm", why)


def _dose_check(event: Event, content: list[_Item]) -> None:
    for name, pair in codes()["dose_check"].items():
        limit, value = (_plain(content, pair[key]) for key in ("limit", "value"))
        if limit and value and value > limit:
            event.remarks.append(f"dose check: {name} {limit:g} exceeded ({value:g})")


def _plain(content: list[_Item], concept: str) -> float | None:
    for item in content:
        measured = items(item.data, "MeasuredValueSequence")
        if item.concept == concept and measured:
            return finite(raw(measured[0], "NumericValue"))
    return None


def _check_total(found: Examination, everything: list[_Item]) -> None:
    """The total DLP and the number of events, against the events."""
    total, counted = _number(everything, "dlp_total_mgy_cm"), _number(everything, "events")
    summed = sum(event.value("dlp_mgy_cm") or 0.0 for event in found.events)
    if counted and counted[0] != len(found.events):
        found.remarks.append(
            f"dose report: {counted[0]:g} irradiation events announced, {len(found.events)} found"
        )
    if total and total[0] and abs(total[0] - summed) > SAME_DLP * total[0]:
        found.remarks.append(
            f"dose report: total DLP {total[0]:g} mGy·cm, but the events sum to {summed:g} mGy·cm"
        )
