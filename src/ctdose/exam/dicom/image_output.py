"""Tube current, CTDI_vol and the meaning of `Exposure` in the slices of one irradiation."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from ctdose.exam.dicom.exposure_meaning import MEANINGS, exposure_meaning
from ctdose.exam.dicom.found import HEADER, Event
from ctdose.exam.dicom.frames import Frame

APART = 0.02  # two ways to the same number differ by rounding only


def agreed(frames: list[Frame], get: Callable[[Frame], float | None]) -> float | None:
    """The value that all slices which state it agree on within rounding, else None."""
    values = [value for value in map(get, frames) if value]
    if not values or max(values) > (1.0 + APART) * min(values):
        return None
    return sorted(values)[len(values) // 2]


def put_output(event: Event, frames: list[Frame]) -> None:
    """Put mean current and CTDI_vol of the slices, and the current of each, into an event."""
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
    feed = agreed(frames, lambda f: f.feed_mm)
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
