"""One reconstructed slice: the same for a file with one slice and a frame of an enhanced (multi-frame) image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.exam.dicom.codes import ctdi_phantom_cm_of
from ctdose.exam.dicom.element import code, items, number, text, vector, words
from ctdose.exam.dicom.frame_values import (
    added_tubes,
    filter_material,
    first_above_0,
    is_axial,
    mode_of_frame,
    position_of,
    region_of_frame,
    tubes_kv,
    when_of,
    z_on_axis_mm,
)
from ctdose.exam.dicom.layers import Layers, groups_of
from ctdose.exam.dicom.slice_plane import SlicePlane, slice_plane

MOST_FRAMES = 100_000


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
    filter_material: str | None
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
        yield _frame(Layers([image]), image)
        return
    if len(per_frame) > MOST_FRAMES:
        raise CtdoseError(f"an image of {len(per_frame)} frames (more than {MOST_FRAMES}). Is it damaged?")
    common = items(image, "SharedFunctionalGroupsSequence")[:1]
    shared = [item for group in common for item in (*groups_of(group), group)]
    for group in per_frame:
        yield _frame(Layers([*groups_of(group), group, *shared, image]), image)


def _frame(data: Layers, image: Any) -> Frame:
    types = words(data, "FrameType") or words(data, "ImageType")
    mode = mode_of_frame(data, types)
    axes, centre = (
        vector(data, "ImageOrientationPatient", 6),
        vector(data, "DataCollectionCenterPatient", 3),
    )
    plane = slice_plane(vector(data, "ImagePositionPatient", 3), axes)
    return Frame(
        mode=mode,
        is_localizer="LOCALIZER" in types or mode == "localizer",
        is_axial=is_axial(data),
        series=text(image, "SeriesInstanceUID"),
        frame_of_reference=text(image, "FrameOfReferenceUID"),
        uids=frozenset(words(data, "IrradiationEventUID")),
        acquisition_number=text(data, "FrameAcquisitionNumber") or text(data, "AcquisitionNumber"),
        when=when_of(data),
        region=region_of_frame(data),
        position=position_of(data),
        tubes_kv=tubes_kv(data),
        added_tubes=added_tubes(data),
        filter_material=filter_material(data),
        current_ma=first_above_0(number(data, "XRayTubeCurrentInmA"), number(data, "XRayTubeCurrent")),
        exposure_mas=first_above_0(number(data, "ExposureInmAs"), number(data, "Exposure")),
        exposure_time_ms=first_above_0(number(data, "ExposureTimeInms"), number(data, "ExposureTime")),
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
        z_mm=None if plane is None else z_on_axis_mm(data, plane, axes, centre),
        thickness_mm=number(data, "SliceThickness") or None,
    )
