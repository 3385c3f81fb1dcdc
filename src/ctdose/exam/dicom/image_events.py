"""From slices to irradiation events: what the headers of a CT series say of the exposure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ctdose.exam.dicom.found import HEADER, Event, Examination
from ctdose.exam.dicom.frames import Frame
from ctdose.exam.dicom.gantry_tilt import put_tilt
from ctdose.exam.dicom.grouping import grouped
from ctdose.exam.dicom.image_output import APART, agreed, put_output
from ctdose.exam.dicom.image_place import put_place
from ctdose.exam.dicom.image_tubes import put_tubes


def image_events(frames: Iterable[Frame]) -> Examination:
    """Find the irradiation events behind slices.

    Parameters
    ----------
    frames : iterable of Frame
        Of all images of an examination.

    Returns
    -------
    Examination
        In the order of time. Localizers are counted in a remark: their headers say too little of them.
    """
    every = list(frames)
    slices = [f for f in every if not f.is_localizer and f.is_axial and f.z_mm is not None]
    found = Examination()
    localizers = {frame.series for frame in every if frame.is_localizer}
    if localizers:
        found.remarks.append(
            f"{len(localizers)} localizer series left out: headers do not state their exposure; a dose report does"
        )
    others = len(every) - len(slices) - sum(frame.is_localizer for frame in every)
    if others:
        found.remarks.append(f"{others} images left out: other planes, or without a position (reformatted)")
    if len({frame.frame_of_reference for frame in slices}) > 1:
        found.remarks.append("images of several frames of reference: z of one is not z of another")
    groups, remarks = grouped(slices)
    found.remarks += remarks
    found.events = [_event(group) for group in groups]
    return found


def _event(frames: list[Frame]) -> Event:
    event = Event(uids=frozenset().union(*(frame.uids for frame in frames)))
    if len(event.uids) == 1:
        event.put(
            "irradiation_event_uid", next(iter(event.uids)), f"{HEADER} (0008,3010) Irradiation Event UID"
        )
    _one(
        event,
        "mode",
        frames,
        lambda f: f.mode,
        "(0018,9302) Acquisition Type, (0018,0022) Scan Options or a pitch",
    )
    _collimation(event, frames)
    _speed(event, frames)
    _one(event, "ctdi_phantom_cm", frames, lambda f: f.ctdi_phantom_cm, "(0018,9346) CTDI Phantom Type")
    _one(
        event,
        "region",
        frames,
        lambda f: f.region,
        "(0018,0015) Body Part Examined or (0008,2218) Anatomic Region",
    )
    put_tilt(event, frames)
    put_place(event, frames)
    put_output(event, frames)
    put_tubes(event, frames)
    _series(event, frames)
    return event


def _one(event: Event, name: str, frames: list[Frame], get: Callable[[Frame], Any], origin: str) -> None:
    """Put a value that all slices must agree on."""
    values = {get(frame) for frame in frames} - {None}
    if len(values) == 1:
        event.put(name, values.pop(), f"{HEADER} {origin}")
    elif values:
        event.refuse(name, f"slices differ in {origin}")


def _collimation(event: Event, frames: list[Frame]) -> None:
    _one(event, "collimation_mm", frames, lambda f: f.total_mm, "(0018,9307) Total Collimation Width")
    single, total = agreed(frames, lambda f: f.single_mm), event.value("collimation_mm")
    if single and total and abs(total / single - round(total / single)) > 0.05 * total / single:
        event.remarks.append(
            f"collimation_mm: {total:g} mm is no multiple of the single collimation {single:g} mm"
        )


def _speed(event: Event, frames: list[Frame]) -> None:
    """Pitch, table feed and rotation time, each from the others where it is not stated."""
    feed, speed = agreed(frames, lambda f: f.feed_mm), agreed(frames, lambda f: f.table_speed_mm_s)
    total, pitch = event.value("collimation_mm"), agreed(frames, lambda f: f.pitch)
    if event.value("mode") != "axial":
        _pitch(event, pitch, feed, total)
    elif feed:
        event.put("table_increment_mm", feed, f"{HEADER} (0018,9310) Table Feed per Rotation")
    stated = agreed(frames, lambda f: f.rotation_time_s)
    by_feed = feed / speed if feed and speed else None
    if by_feed is None and speed and pitch and total:
        by_feed = pitch * total / speed
    exposure_s = (agreed(frames, lambda f: f.exposure_time_ms) or 0.0) / 1000.0
    if stated:
        event.put("rotation_time_s", stated, f"{HEADER} (0018,9305) Revolution Time")
        if by_feed and abs(by_feed - stated) > APART * stated:
            event.remarks.append(
                f"rotation_time_s: Revolution Time {stated:g} s, but feed over speed {by_feed:.4g} s"
            )
    elif by_feed and abs(exposure_s - by_feed) <= APART * by_feed:
        origin = "(0018,1150) Exposure Time, equal to table feed over speed"
        event.put("rotation_time_s", exposure_s, f"{HEADER} {origin}")
    elif by_feed:
        origin = "(0018,9310) over (0018,9309): table feed over speed"
        event.put("rotation_time_s", round(by_feed, 3), f"{HEADER} {origin}")


def _pitch(event: Event, pitch: float | None, feed: float | None, total: float | None) -> None:
    if pitch:
        event.put("pitch", pitch, f"{HEADER} (0018,9311) Spiral Pitch Factor")
    elif feed and total:
        event.put(
            "pitch", round(feed / total, 4), f"{HEADER} (0018,9310) over (0018,9307): table feed over nT"
        )
    if pitch and feed and total and abs(feed / total - pitch) > APART * pitch:
        event.remarks.append(f"pitch: {pitch:g} stated, but table feed over nT is {feed / total:.4g}")


def _series(event: Event, frames: list[Frame]) -> None:
    series = {frame.series for frame in frames}
    if len(series) > 1:
        event.remarks.append(f"{len(series)} series (reconstructions) of one irradiation: counted once")
