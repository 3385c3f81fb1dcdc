"""Where the slices of one irradiation lie: their range along the axis, the axis, the patient's position."""

from __future__ import annotations

import math
from statistics import median

from ctdose.exam.dicom.found import HEADER, Event
from ctdose.exam.dicom.frames import Frame
from ctdose.exam.dicom.image_output import agreed


def put_place(event: Event, frames: list[Frame]) -> None:
    """Put range and length along the axis, and the axis, into an event.

    The range of tilted slices is that of the places where they cross the axis: as a scan range of a tilted gantry is.
    """
    _range(event, frames)
    _axis(event, frames)
    positions = {frame.position for frame in frames} - {"", "HFS"}
    if positions:
        event.remarks.append(
            f"patient_position: {' and '.join(sorted(positions))}, simulated as head-first-supine: with the mean over "
            "start angles, no table and a rigid body only the heel effect differs"
        )


def _range(event: Event, frames: list[Frame]) -> None:
    z = [frame.z_mm for frame in frames if frame.z_mm is not None]
    tilts = [frame.plane.tilt_deg for frame in frames if frame.plane is not None]
    thickness = agreed(frames, lambda f: f.thickness_mm)
    along = thickness / math.cos(math.radians(median(tilts))) if thickness else _spacing(z)
    low, high = min(z) - along / 2.0, max(z) + along / 2.0
    if high > low:
        origin = f"{HEADER} (0020,0032) Image Position: {len(set(z))} slices with half a slice at either end"
        if any(not frame.plane.is_upright for frame in frames if frame.plane is not None):
            origin += ", where they cross the axis"
        event.put("z_range_mm", (round(low, 3), round(high, 3)), origin)
        event.put("length_mm", round(high - low, 3), origin)


def _axis(event: Event, frames: list[Frame]) -> None:
    centres = {tuple(round(v, 2) for v in f.centre_mm[:2]) for f in frames if f.centre_mm is not None}
    if len(centres) == 1:
        origin = f"{HEADER} (0018,9313) Data Collection Center, not the image centre"
        event.put("isocentre_mm", centres.pop(), origin)
    elif centres:
        event.remarks.append("isocentre_mm: slices differ in Data Collection Center (table moved); not used")


def _spacing(z: list[float]) -> float:
    steps = sorted(set(z))
    return (steps[-1] - steps[0]) / (len(steps) - 1) if len(steps) > 1 else 0.0
