"""The gantry's tilt in the headers of slices.

The standard defines the sign of Gantry/Detector Tilt (0018,1120): negative, when the top of the gantry is tilted away
from where the table enters it (PS3.3, C.8.22.5.2). It calls the angle nominal and not intended for computations
(C.8.15.3.3), and makers write either sign (github.com/rordenlab/dcm2niix, issue 253). So the plane of the slices
decides, which is in the patient's own coordinates, and the stated angle only confirms that the gantry was tilted:
slices may be reconstructed obliquely of an upright scan. Where the two do not fit, the user is asked.
"""

from __future__ import annotations

import math
from statistics import median

from ctdose.exam.dicom.found import HEADER, Event
from ctdose.exam.dicom.frames import Frame
from ctdose.exam.dicom.slice_plane import UPRIGHT_DEG, SlicePlane

SAME_DEG = 1.0  # the stated angle is nominal
KEY = "gantry_tilt_deg"
ORIENTATION = f"{HEADER} (0020,0037) Image Orientation"
# Sign of the stated angle over ours (in the patient: positive, the front towards the feet), by patient position.
SIGNS = {"HFS": 1, "HFP": -1, "FFS": -1, "FFP": 1}


def put_tilt(event: Event, frames: list[Frame]) -> None:
    """Put the tilt of the gantry into an event, in the patient's coordinates; or why it is not known."""
    stated = [frame.stated_tilt_deg for frame in frames if frame.stated_tilt_deg is not None]
    planes = [frame.plane for frame in frames if frame.plane is not None and frame.has_orientation]
    tag = median(map(abs, stated)) if stated else None
    if any(abs(abs(each) - (tag or 0.0)) > SAME_DEG for each in stated):
        event.refuse(KEY, "slices differ in Gantry/Detector Tilt (0018,1120)")
        return
    tilts = _agreed([plane.tilt_deg for plane in planes], tag)
    tilt = median(tilts) if tilts else 0.0
    why = _why_not(frames, planes, tilts, tag)
    if why:
        event.refuse(KEY, why)
    elif abs(tilt) >= UPRIGHT_DEG:
        confirmed = (
            ", confirmed by (0018,1120) Gantry/Detector Tilt" if tag else ", as the slices are sheared"
        )
        event.put(KEY, round(tilt, 2), ORIENTATION + confirmed)
        _remark(event, frames, tilt, tag)


def _agreed(tilts: list[float], tag: float | None) -> list[float]:
    """Tilts of the planes; where they differ (reconstructions in several planes) those that the header states."""
    if tilts and max(tilts) - min(tilts) > SAME_DEG and tag is not None:
        return [tilt for tilt in tilts if abs(abs(tilt) - tag) <= SAME_DEG]
    return tilts


def _why_not(
    frames: list[Frame], planes: list[SlicePlane], tilts: list[float], tag: float | None
) -> str | None:
    """Why the tilt is not known; None if it is."""
    if tilts and max(tilts) - min(tilts) > SAME_DEG:
        return "slices lie in several planes"
    said = "the header says nothing" if tag is None else f"the header says {tag:g} degrees (0018,1120)"
    if not tilts:
        return f"{said}, no slice lies so" if tag and tag >= UPRIGHT_DEG else None
    seen = abs(median(tilts))
    if seen < UPRIGHT_DEG:
        return f"{said}, but the slices are upright" if tag is not None and tag > SAME_DEG else None
    if any(plane.is_slewed for plane in planes):
        return f"slices are turned by {seen:.3g} degrees and about another axis than a gantry's"
    if tag and abs(seen - tag) <= SAME_DEG:
        return None
    if not tag and _is_sheared(frames, seen):
        return None
    return f"slices are tilted by {seen:.3g} degrees, {said}: an oblique reconstruction?"


def _is_sheared(frames: list[Frame], tilt_deg: float) -> bool:
    """Whether slices of a series follow one another along the table and not along their normal: no reformatting."""
    first = [f.plane for f in frames if f.plane is not None and f.series == frames[0].series]
    first.sort(key=lambda plane: plane.corner_mm[2])
    step = [b - a for a, b in zip(first[0].corner_mm, first[-1].corner_mm, strict=True)]
    length = math.hypot(*step)
    along = abs(sum(s * n for s, n in zip(step, first[0].normal, strict=True)))
    return length > 0 and math.degrees(math.acos(min(1.0, along / length))) > tilt_deg / 2.0


def _remark(event: Event, frames: list[Frame], tilt: float, tag: float | None) -> None:
    shown = "front towards the feet" if tilt > 0 else "front towards the head"
    event.remarks.append(f"{KEY}: {tilt:.3g} degrees, {shown}, by the plane of the slices")
    if not tag:
        event.remarks.append(f"{KEY}: Gantry/Detector Tilt (0018,1120) is absent or 0")
    signs = {
        math.copysign(1, f.stated_tilt_deg) * SIGNS[f.position]
        for f in frames
        if f.stated_tilt_deg and f.position in SIGNS
    }
    if signs == {-math.copysign(1, tilt)}:
        event.remarks.append(f"{KEY}: Gantry/Detector Tilt (0018,1120) has the other sign; not used")
    if not any(frame.centre_mm for frame in frames):
        event.remarks.append(
            "z_range_mm: where the middle of each image lies; the axis of a tilted scan is not stated"
        )
