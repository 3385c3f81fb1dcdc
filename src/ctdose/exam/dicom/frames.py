"""One reconstructed slice: the same for a file with one slice and a frame of an enhanced (multi-frame) image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.exam.dicom.codes import ctdi_phantom_cm_of, region_of
from ctdose.exam.dicom.element import code, items, number, several, text, vector, words
from ctdose.exam.dicom.slice_plane import SlicePlane, middle_mm, slice_plane

GROUPS = (  # of an enhanced image: functional groups whose items hold what a single slice has at its top
    "CTAcquisitionTypeSequence",
    "CTAcquisitionDetailsSequence",
    "CTTableDynamicsSequence",
    "CTGeometrySequence",
    "CTPositionSequence",
    "CTExposureSequence",
    "CTXRayDetailsSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelMeasuresSequence",
    "CTImageFrameTypeSequence",
    "FrameContentSequence",
    "IrradiationEventIdentificationSequence",
    "FrameAnatomySequence",
)
MOST_FRAMES = 100_000
STEEPEST = 0.7  # of the slice's normal along z: half of a right angle


@dataclass(frozen=True)
class Frame:
    """What the header says of one slice; None or empty where it does not.

    Lengths in mm, `exposure_time_ms` in ms, `rotation_time_s` in s, `table_speed_mm_s` in mm/s. `tubes_kv` has as many
    values as the header; `added_tubes` are voltage and current of additional sources. `when` is a text that sorts by
    time; `series` and `frame_of_reference` tell those apart. `z_mm` is where the slice crosses the axis;
    `stated_tilt_deg` has whatever sign the maker gives it.
    """

    mode: str | None
    is_localizer: bool
    is_axial: bool
    series: str
    frame_of_reference: str
    uids: frozenset[str]
    acquisition_number: str
    when: str
    region: str | None
    position: str
    tubes_kv: tuple[float, ...]
    added_tubes: tuple[tuple[float, float | None], ...]
    current_ma: float | None
    exposure_mas: float | None
    exposure_time_ms: float | None
    rotation_time_s: float | None
    single_mm: float | None
    total_mm: float | None
    feed_mm: float | None
    table_speed_mm_s: float | None
    pitch: float | None
    centre_mm: tuple[float, ...] | None
    stated_tilt_deg: float | None
    has_orientation: bool
    plane: SlicePlane | None
    is_modulated: bool
    ctdi_vol_mgy: float | None
    ctdi_phantom_cm: int | None
    z_mm: float | None
    thickness_mm: float | None


def frames_of(image: Any) -> Iterator[Frame]:
    """Slices of one file.

    Raises
    ------
    CtdoseError
        A value is malformed; more frames than an examination has.
    """
    per_frame = items(image, "PerFrameFunctionalGroupsSequence")
    if not per_frame:
        yield _frame(_Layers([image]), image)
        return
    if len(per_frame) > MOST_FRAMES:
        raise CtdoseError(f"an image of {len(per_frame)} frames (more than {MOST_FRAMES}). Is it damaged?")
    common = items(image, "SharedFunctionalGroupsSequence")[:1]
    shared = [item for group in common for item in (*_groups(group), group)]
    for group in per_frame:
        yield _frame(_Layers([*_groups(group), group, *shared, image]), image)


def _groups(group: Any) -> list[Any]:
    return [item for name in GROUPS for item in items(group, name)[:1]]


class _Layers:
    """Data sets one above the other: the first that has an element with a value gives it."""

    def __init__(self, layers: list[Any]) -> None:
        self.layers = layers

    def get(self, keyword: str) -> Any:
        for layer in self.layers:
            if keyword in layer:
                value = layer.get(keyword)
                if value is not None and value != "":
                    return value
        return None


MODES = {"SPIRAL": "helical", "SEQUENCED": "axial", "CONSTANT_ANGLE": "localizer", "STATIONARY": "stationary"}
# Scan Options (0018,0022) is free text of the maker; these words say the mode.
OPTIONS = {
    "helical": ("HELICAL", "HELIX", "SPIRAL"),
    "axial": ("AXIAL", "SEQUENCE", "S&S", "VOLUME"),
    "localizer": ("SCOUT", "LOCALIZER", "SURVIEW", "TOPOGRAM", "SCANOSCOPE", "SCANOGRAM"),
}


def _frame(data: _Layers, image: Any) -> Frame:
    types = words(data, "FrameType") or words(data, "ImageType")
    mode = _mode(data, types)
    axes, centre = (
        vector(data, "ImageOrientationPatient", 6),
        vector(data, "DataCollectionCenterPatient", 3),
    )
    plane = slice_plane(vector(data, "ImagePositionPatient", 3), axes)
    return Frame(
        mode=mode,
        is_localizer="LOCALIZER" in types or mode == "localizer",
        is_axial=_is_axial(data),
        series=text(image, "SeriesInstanceUID"),
        frame_of_reference=text(image, "FrameOfReferenceUID"),
        uids=frozenset(words(data, "IrradiationEventUID")),
        acquisition_number=text(data, "FrameAcquisitionNumber") or text(data, "AcquisitionNumber"),
        when=_when(data),
        region=_region(data),
        position=_position(data),
        tubes_kv=_tubes_kv(data),
        added_tubes=_added_tubes(data),
        current_ma=_first(number(data, "XRayTubeCurrentInmA"), number(data, "XRayTubeCurrent")),
        exposure_mas=_first(number(data, "ExposureInmAs"), number(data, "Exposure")),
        exposure_time_ms=_first(number(data, "ExposureTimeInms"), number(data, "ExposureTime")),
        rotation_time_s=number(data, "RevolutionTime"),
        single_mm=number(data, "SingleCollimationWidth"),
        total_mm=number(data, "TotalCollimationWidth"),
        feed_mm=number(data, "TableFeedPerRotation") or None,
        table_speed_mm_s=number(data, "TableSpeed") or None,
        pitch=number(data, "SpiralPitchFactor"),
        centre_mm=centre,
        stated_tilt_deg=number(data, "GantryDetectorTilt"),
        has_orientation=axes is not None,
        plane=plane,
        is_modulated=text(data, "ExposureModulationType").upper() not in ("", "NONE", "OFF"),
        ctdi_vol_mgy=number(data, "CTDIvol") or None,
        ctdi_phantom_cm=ctdi_phantom_cm_of(code(data, "CTDIPhantomTypeCodeSequence")),
        z_mm=None if plane is None else _z_mm(data, plane, axes, centre),
        thickness_mm=number(data, "SliceThickness") or None,
    )


def _z_mm(
    data: _Layers, plane: SlicePlane, axes: tuple[float, ...] | None, centre: tuple[float, ...] | None
) -> float | None:
    """z where a slice crosses the axis of the table; that of its middle where the axis is not known."""
    columns, rows, spacing = data.get("Columns"), data.get("Rows"), vector(data, "PixelSpacing", 2)
    if centre is None and axes is not None and columns and rows and spacing:
        centre = middle_mm(plane.corner_mm, axes, (int(columns), int(rows)), (spacing[1], spacing[0]))
    if centre is not None:
        return plane.z_at(*centre[:2])
    return plane.corner_mm[2] if plane.is_upright else None


def _tubes_kv(data: _Layers) -> tuple[float, ...]:
    """Every voltage: a multi-energy image has one for each path of the beam."""
    energies = items(data, "MultienergyCTAcquisitionSequence")[:1] or [data]
    paths = items(energies[0], "CTXRayDetailsSequence")
    return tuple([kv for path in paths for kv in several(path, "KVP")] or several(data, "KVP"))


def _added_tubes(data: _Layers) -> tuple[tuple[float, float | None], ...]:
    found = []
    for item in items(data, "CTAdditionalXRaySourceSequence"):
        kv = number(item, "KVP")
        if kv:
            found.append((kv, _first(number(item, "XRayTubeCurrentInmA"), number(item, "XRayTubeCurrent"))))
    return tuple(found)


def _first(*values: float | None) -> float | None:
    """The first value that is above 0: makers write 0 for what they do not tell."""
    return next((value for value in values if value), None)


def _mode(data: _Layers, types: list[str]) -> str | None:
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


def _region(data: _Layers) -> str | None:
    return region_of(code(data, "AnatomicRegionSequence")) or region_of(text(data, "BodyPartExamined"))


POSITIONS = ("HFS", "HFP", "HFDL", "HFDR", "FFS", "FFP", "FFDL", "FFDR")


def _position(data: _Layers) -> str:
    """Patient position, empty if it is none of the standard's words."""
    found = text(data, "PatientPosition").upper()
    return found if found in POSITIONS else ""


def _when(data: _Layers) -> str:
    frame = text(data, "FrameAcquisitionDateTime") or text(data, "AcquisitionDateTime")
    return frame or text(data, "AcquisitionDate") + text(data, "AcquisitionTime")


def _is_axial(data: _Layers) -> bool:
    axes = vector(data, "ImageOrientationPatient", 6)
    if axes is None:
        return True
    normal_z = axes[0] * axes[4] - axes[1] * axes[3]
    return abs(normal_z) >= STEEPEST
