"""From slices to irradiation events: what the headers of a CT series say of the exposure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from ctdose.exam.dicom.exposure_meaning import MEANINGS, exposure_meaning
from ctdose.exam.dicom.found import Event, Examination
from ctdose.exam.dicom.frames import Frame
from ctdose.exam.dicom.grouping import grouped

HEADER = "header"
APART = 0.02  # two ways to the same number differ by rounding only
TILT_DEG = 0.1


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
    _voltage(event, frames)
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
    _place(event, frames)
    _output(event, frames)
    _series(event, frames)
    return event


def _one(event: Event, name: str, frames: list[Frame], get: Callable[[Frame], Any], origin: str) -> None:
    """Put a value that all slices must agree on."""
    values = {get(frame) for frame in frames} - {None}
    if len(values) == 1:
        event.put(name, values.pop(), f"{HEADER} {origin}")
    elif values:
        event.refuse(name, f"slices differ in {origin}")


def _voltage(event: Event, frames: list[Frame]) -> None:
    tubes = {kv for frame in frames for kv in frame.tubes_kv if kv}
    if len(tubes) == 1:
        event.put("tube_voltage_kv", tubes.pop(), f"{HEADER} (0018,0060) KVP")
    elif tubes:
        shown = " and ".join(f"{kv:g}" for kv in sorted(tubes))
        event.refuse("tube_voltage_kv", f"{shown} kV in one acquisition: two tubes, or voltage switching")


def _collimation(event: Event, frames: list[Frame]) -> None:
    _one(event, "collimation_mm", frames, lambda f: f.total_mm, "(0018,9307) Total Collimation Width")
    single, total = _agreed(frames, lambda f: f.single_mm), event.value("collimation_mm")
    if single and total and abs(total / single - round(total / single)) > 0.05 * total / single:
        event.remarks.append(
            f"collimation_mm: {total:g} mm is no multiple of the single collimation {single:g} mm"
        )


def _agreed(frames: list[Frame], get: Callable[[Frame], float | None]) -> float | None:
    """The value that all slices which state it agree on within rounding, else None."""
    values = [value for value in map(get, frames) if value]
    if not values or max(values) > (1.0 + APART) * min(values):
        return None
    return sorted(values)[len(values) // 2]


def _speed(event: Event, frames: list[Frame]) -> None:
    """Pitch, table feed and rotation time, each from the others where it is not stated."""
    feed, speed = _agreed(frames, lambda f: f.feed_mm), _agreed(frames, lambda f: f.table_speed_mm_s)
    total, pitch = event.value("collimation_mm"), _agreed(frames, lambda f: f.pitch)
    if event.value("mode") != "axial":
        _pitch(event, pitch, feed, total)
    elif feed:
        event.put("table_increment_mm", feed, f"{HEADER} (0018,9310) Table Feed per Rotation")
    stated = _agreed(frames, lambda f: f.rotation_time_s)
    by_feed = feed / speed if feed and speed else None
    if by_feed is None and speed and pitch and total:
        by_feed = pitch * total / speed
    exposure_s = (_agreed(frames, lambda f: f.exposure_time_ms) or 0.0) / 1000.0
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


def _place(event: Event, frames: list[Frame]) -> None:
    z = [frame.z_mm for frame in frames if frame.z_mm is not None]
    thickness = _agreed(frames, lambda f: f.thickness_mm) or _spacing(z)
    low, high = min(z) - thickness / 2.0, max(z) + thickness / 2.0
    if high > low:
        origin = f"{HEADER} (0020,0032) Image Position: {len(set(z))} slices with half a slice at either end"
        event.put("z_range_mm", (round(low, 3), round(high, 3)), origin)
        event.put("length_mm", round(high - low, 3), origin)
    centres = {tuple(round(v, 2) for v in f.centre_mm[:2]) for f in frames if f.centre_mm is not None}
    if len(centres) == 1:
        event.put(
            "isocentre_mm",
            centres.pop(),
            f"{HEADER} (0018,9313) Data Collection Center, not the image centre",
        )
    elif centres:
        event.remarks.append("isocentre_mm: slices differ in Data Collection Center (table moved); not used")
    positions = {frame.position for frame in frames} - {"", "HFS"}
    if positions:
        event.remarks.append(
            f"patient_position: {' and '.join(sorted(positions))}, simulated as head-first-supine: with the mean over "
            "start angles, no table and a rigid body only the heel effect differs"
        )
    tilt = max((abs(frame.tilt_deg or 0.0) for frame in frames), default=0.0)
    if tilt > TILT_DEG:
        event.remarks.append(
            f"gantry tilt (0018,1120) of {tilt:g} degrees is not carried over: simulated upright"
        )


def _spacing(z: list[float]) -> float:
    steps = sorted(set(z))
    return (steps[-1] - steps[0]) / (len(steps) - 1) if len(steps) > 1 else 0.0


def _output(event: Event, frames: list[Frame]) -> None:
    currents = _along_z(frames, lambda f: f.current_ma)
    if currents:
        mean = mean_along_z(currents)
        span = _span(currents, "mA")
        event.put("tube_current_ma", round(mean, 2), f"{HEADER} (0018,1151) X-Ray Tube Current{span}")
        event.currents = currents
    doses = _along_z(frames, lambda f: f.ctdi_vol_mgy)
    if doses:
        span = _span(doses, "mGy")
        event.put("ctdi_vol_mgy", round(mean_along_z(doses), 4), f"{HEADER} (0018,9345) CTDIvol{span}")
        if span:
            event.remarks.append(
                "ctdi_vol_mgy: CTDIvol follows the current of each slice; the mean over z is used"
            )
    if any(frame.is_modulated for frame in frames) and len({ma for _, ma in currents}) < 2:
        event.remarks.append("modulation: the current was modulated, but the headers state one current only")
    _exposure(event, frames)


def _along_z(frames: list[Frame], get: Callable[[Frame], float | None]) -> list[tuple[float, float]]:
    """Values against z, rising; slices at the same z (several reconstructions) averaged."""
    at: dict[float, list[float]] = {}
    for frame in frames:
        value = get(frame)
        if value is not None and frame.z_mm is not None:
            at.setdefault(round(frame.z_mm, 3), []).append(value)
    return [(z, sum(values) / len(values)) for z, values in sorted(at.items())]


def mean_along_z(values: list[tuple[float, float]]) -> float:
    """Mean over z: in a scan of constant table speed, that is the mean over time.

    Parameters
    ----------
    values : list of (float, float)
        z and value, z rising; trapezoids between them, so that uneven slices weigh what they stand for.
    """
    if len(values) == 1:
        return values[0][1]
    area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2.0 for a, b in pairwise(values))
    return area / (values[-1][0] - values[0][0])


def _span(values: list[tuple[float, float]], unit: str) -> str:
    low, high = min(v for _, v in values), max(v for _, v in values)
    if high - low <= 1e-6 * high:
        return ""
    return f": mean over z of {len(values)} slices, {low:.4g} to {high:.4g} {unit}"


def _exposure(event: Event, frames: list[Frame]) -> None:
    """Say what `Exposure` means here; it is never used as mAs by itself."""
    seconds, pitch = event.value("rotation_time_s"), event.value("pitch")
    feed = _agreed(frames, lambda f: f.feed_mm)
    total = event.value("collimation_mm")
    true_pitch = feed / total if feed and total else pitch
    if seconds is None and not any(frame.exposure_mas for frame in frames):
        return
    meanings: set[str] | None = None
    for frame in frames:
        if not (frame.exposure_mas and frame.current_ma and seconds):
            continue
        found = exposure_meaning(
            frame.exposure_mas,
            frame.current_ma,
            seconds,
            true_pitch,
            feed or (pitch * total if pitch and total else None),
            frame.thickness_mm,
        )
        meanings = set(found) if meanings is None else meanings & set(found)
    if meanings is None:
        if any(frame.exposure_mas for frame in frames):
            event.remarks.append(
                "Exposure (0018,1152): cannot be checked without current and rotation time; not used"
            )
        return
    if meanings:
        said = " or ".join(text for name, text in MEANINGS.items() if name in meanings)
        event.remarks.append(f"Exposure (0018,1152): {said}, by current, rotation time and pitch; not used")
    else:
        event.remarks.append(
            "Exposure (0018,1152): neither mAs of a rotation nor effective mAs by current, rotation time and pitch; "
            "check rotation_time_s"
        )


def _series(event: Event, frames: list[Frame]) -> None:
    series = {frame.series for frame in frames}
    if len(series) > 1:
        event.remarks.append(f"{len(series)} series (reconstructions) of one irradiation: counted once")
