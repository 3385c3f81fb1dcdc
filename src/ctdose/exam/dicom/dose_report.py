"""A CT dose report (DICOM TID 10011): its irradiation events, checked against one another."""

from __future__ import annotations

from typing import Any

from ctdose.errors import CtdoseError
from ctdose.exam.dicom.codes import codes, ctdi_phantom_cm_of, mode_of, region_of
from ctdose.exam.dicom.element import raw
from ctdose.exam.dicom.found import TRAVEL, Event, Examination
from ctdose.exam.dicom.report_content import Item, below, code_of, numbers, origin_of, plain_number, walk
from ctdose.exam.dicom.report_tubes import put_tubes

SAME_DLP = 0.05  # DLP over CTDI_vol against the length: dynamic collimation and rounding explain less
SAME_NT = 0.1
LONGEST_SCAN_S = 600.0
WIDEST_MM = 200.0  # nT of a localizer: some makers write its length there


def is_ct_report(data: Any) -> bool:
    """Whether a structured report has CT irradiation events."""
    return any(item.concept == codes()["templates"]["event"] for item in walk(data))


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
    everything = list(walk(data))
    for i, item in enumerate(everything):
        if item.concept == codes()["templates"]["event"]:
            found.events.append(_event(below(everything, i)))
    if not found.events:
        raise CtdoseError("dose report (no CT Acquisition in it). Give a CT dose report (TID 10011).")
    _check_total(found, everything)
    return found


def _event(content: list[Item]) -> Event:
    event = Event()
    wanted = codes()["concepts"]["event_uid"]["code"]
    uid = next((str(raw(item.data, "UID") or "") for item in content if item.concept == wanted), "")
    if uid:
        event.uids = frozenset([uid[:64].upper()])
        event.put("irradiation_event_uid", uid[:64], origin_of("event_uid"))
    event.put("mode", mode_of(code_of(content, "acquisition_type")), origin_of("acquisition_type"))
    event.put("region", region_of(code_of(content, "region")), origin_of("region"))
    event.put(
        "ctdi_phantom_cm", ctdi_phantom_cm_of(code_of(content, "ctdi_phantom")), origin_of("ctdi_phantom")
    )
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
    put_tubes(event, content)
    _length(event, content)
    _check(event)
    _dose_check(event, content)
    return event


def _put_first(event: Event, content: list[Item], name: str) -> None:
    values = [value for value in numbers(content, name) if value > 0]
    if values:
        event.put(name, values[0], origin_of(name))
    if len(set(values)) > 1:
        shown = ", ".join(f"{value:g}" for value in values)
        event.remarks.append(f"{name}: the event states {shown}; the first is used")


def _length(event: Event, content: list[Item]) -> None:
    """What was to be imaged: the reconstructable volume, else the scanning length."""
    lengths = [value for value in numbers(content, "reconstructable_mm") if value > 0]
    tops, bottoms = numbers(content, "top_z_mm"), numbers(content, "bottom_z_mm")
    if lengths:
        event.put("length_mm", lengths[0], origin_of("reconstructable_mm"))
    elif event.value("scanning_length_mm"):
        event.put(
            "length_mm",
            event.value("scanning_length_mm"),
            origin_of("scanning_length_mm") + _is_travel(event),
        )
    if tops and bottoms and tops[0] != bottoms[0]:
        low, high = sorted((tops[0], bottoms[0]))
        event.put("z_range_mm", (low, high), f"{origin_of('top_z_mm')}, {origin_of('bottom_z_mm')}")
    if (
        event.value("mode") == "stationary"
        and event.value("exposure_time_s")
        and event.value("rotation_time_s")
    ):
        rotations = event.value("exposure_time_s") / event.value("rotation_time_s")
        origin = f"{origin_of('exposure_time_s')} over {codes()['concepts']['rotation_time_s']['name']}"
        event.put("rotations", round(rotations, 3), origin)


def _is_travel(event: Event) -> str:
    """Whether the scanning length is table travel, as the standard has it, or what was to be imaged, as some have it.

    DLP over CTDI_vol is table travel: a scanning length that is shorter leaves over-ranging out.
    """
    ctdi_vol, dlp, scanned = (event.value(n) for n in ("ctdi_vol_mgy", "dlp_mgy_cm", "scanning_length_mm"))
    shorter = ctdi_vol and dlp and scanned < (1.0 - SAME_DLP) * 10.0 * dlp / ctdi_vol
    return "" if shorter else TRAVEL


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


def _dose_check(event: Event, content: list[Item]) -> None:
    for name, pair in codes()["dose_check"].items():
        limit, value = (plain_number(content, pair[key]) for key in ("limit", "value"))
        if limit and value and value > limit:
            event.remarks.append(f"dose check: {name} {limit:g} exceeded ({value:g})")


def _check_total(found: Examination, everything: list[Item]) -> None:
    """The total DLP and the number of events, against the events."""
    total, counted = numbers(everything, "dlp_total_mgy_cm"), numbers(everything, "events")
    summed = sum(event.value("dlp_mgy_cm") or 0.0 for event in found.events)
    if counted and counted[0] != len(found.events):
        found.remarks.append(
            f"dose report: {counted[0]:g} irradiation events announced, {len(found.events)} found"
        )
    if total and total[0] and abs(total[0] - summed) > SAME_DLP * total[0]:
        found.remarks.append(
            f"dose report: total DLP {total[0]:g} mGy·cm, but the events sum to {summed:g} mGy·cm"
        )
