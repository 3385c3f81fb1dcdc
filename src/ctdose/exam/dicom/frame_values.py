"""Single values of a slice that several elements of its header decide."""

from __future__ import annotations

from ctdose.exam.dicom.codes import region_of
from ctdose.exam.dicom.element import code, items, number, several, text, vector, words
from ctdose.exam.dicom.layers import Layers
from ctdose.exam.dicom.slice_plane import SlicePlane, middle_mm

POSITIONS = ("HFS", "HFP", "HFDL", "HFDR", "FFS", "FFP", "FFDL", "FFDR")
# Terms of Filter Material (0018,7050), by the materials of CID 10006; those that scanner files have as filters.
FILTERS = {"TIN": "tin", "COPPER": "copper", "SILVER": "silver"}
STEEPEST = 0.7  # of the slice's normal along z: half of a right angle
MODES = {"SPIRAL": "helical", "SEQUENCED": "axial", "CONSTANT_ANGLE": "localizer", "STATIONARY": "stationary"}
# Scan Options (0018,0022) is free text of the maker; these words say the mode.
OPTIONS = {
    "helical": ("HELICAL", "HELIX", "SPIRAL"),
    "axial": ("AXIAL", "SEQUENCE", "S&S", "VOLUME"),
    "localizer": ("SCOUT", "LOCALIZER", "SURVIEW", "TOPOGRAM", "SCANOSCOPE", "SCANOGRAM"),
}


def z_on_axis_mm(
    data: Layers, plane: SlicePlane, axes: tuple[float, ...] | None, centre: tuple[float, ...] | None
) -> float | None:
    """z where a slice crosses the axis of the table; that of its middle where the axis is not known."""
    columns, rows, spacing = data.get("Columns"), data.get("Rows"), vector(data, "PixelSpacing", 2)
    if centre is None and axes is not None and columns and rows and spacing:
        centre = middle_mm(plane.corner_mm, axes, (int(columns), int(rows)), (spacing[1], spacing[0]))
    if centre is not None:
        return plane.z_at(*centre[:2])
    return plane.corner_mm[2] if plane.is_upright else None


def tubes_kv(data: Layers) -> tuple[float, ...]:
    """Every voltage: a multi-energy image has one for each path of the beam."""
    energies = items(data, "MultienergyCTAcquisitionSequence")[:1] or [data]
    paths = items(energies[0], "CTXRayDetailsSequence")
    return tuple([kv for path in paths for kv in several(path, "KVP")] or several(data, "KVP"))


def added_tubes(data: Layers) -> tuple[tuple[float, float | None], ...]:
    """Voltage and current of every source beside the first."""
    found = []
    for item in items(data, "CTAdditionalXRaySourceSequence"):
        kv = number(item, "KVP")
        if kv:
            found.append(
                (kv, first_above_0(number(item, "XRayTubeCurrentInmA"), number(item, "XRayTubeCurrent")))
            )
    return tuple(found)


def filter_material(data: Layers) -> str | None:
    """Material of an additional flat filter; aluminium, titanium and bowties are in every beam and tell nothing."""
    found = [FILTERS[word] for word in words(data, "FilterMaterial") if word in FILTERS]
    return found[0] if found else None


def first_above_0(*values: float | None) -> float | None:
    """The first value that is above 0: makers write 0 for what they do not tell."""
    return next((value for value in values if value), None)


def mode_of_frame(data: Layers, types: list[str]) -> str | None:
    """Scan mode: stated, or by the words of the image type and of the maker's scan options, or by a pitch."""
    stated = text(data, "AcquisitionType").upper()
    if stated in MODES:
        return MODES[stated]
    if "LOCALIZER" in types:
        return "localizer"
    joined = " ".join(words(data, "ScanOptions"))
    found = [mode for mode, known in OPTIONS.items() if any(word in joined for word in known)]
    if len(found) == 1:
        return found[0]
    return "helical" if number(data, "SpiralPitchFactor") else None


def region_of_frame(data: Layers) -> str | None:
    """The region that a code or a word for the anatomy means, None if it means none of ours."""
    return region_of(code(data, "AnatomicRegionSequence")) or region_of(text(data, "BodyPartExamined"))


def position_of(data: Layers) -> str:
    """Patient position, empty if it is none of the standard's words."""
    found = text(data, "PatientPosition").upper()
    return found if found in POSITIONS else ""


def when_of(data: Layers) -> str:
    """Time of acquisition as a text that sorts; empty if there is none."""
    frame = text(data, "FrameAcquisitionDateTime") or text(data, "AcquisitionDateTime")
    return frame or text(data, "AcquisitionDate") + text(data, "AcquisitionTime")


def is_axial(data: Layers) -> bool:
    """Whether a slice is closer to the axial plane than to another; without an orientation it is taken to be."""
    axes = vector(data, "ImageOrientationPatient", 6)
    if axes is None:
        return True
    normal_z = axes[0] * axes[4] - axes[1] * axes[3]
    return abs(normal_z) >= STEEPEST
