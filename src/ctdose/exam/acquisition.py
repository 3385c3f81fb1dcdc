"""One irradiation event of an exam: the keys under `acquisitions`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import PlainValidator

from ctdose.exam.ecg import Ecg
from ctdose.exam.modulation_keys import LIST_RIGHT, ModulationChoice, ModulationOptions, modulation_options
from ctdose.exam.second_tube import SecondTubeUse
from ctdose.exam.subject import EventUid
from ctdose.schema import AS_IS, Checked, fault, is_number, key

Mode = Literal["helical", "axial", "stationary", "localizer"]
MODES: tuple[Mode, ...] = ("helical", "axial", "stationary", "localizer")
MODES_ELSEWHERE = {
    "spiral": "helical",
    **dict.fromkeys(("sequenced", "sequential", "step and shoot", "sequence"), "axial"),
    **dict.fromkeys(
        ("constant angle", "localiser", "scout", "topogram", "scanogram", "surview"), "localizer"
    ),
}
"""DICOM's CT Acquisition Type (0018,9302) says SPIRAL, SEQUENCED, CONSTANT_ANGLE and STATIONARY; vendors say more."""
OUTPUTS = ("tube_current_ma", "mas_per_rotation", "effective_mas", "ctdi_vol_mgy", "quality_reference_mas")
ROTATING = ("helical", "axial", "stationary")
REGION_WORD = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")


def _scan_range(value: Any) -> str | tuple[float, float]:
    right = "Write a region such as chest, or [z_start_mm, z_end_mm], for example [-150, 180]."
    if isinstance(value, str):
        if not REGION_WORD.match(value):
            raise fault("neither a region nor two numbers in mm", right)
        return value
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(is_number(item) for item in value):
        raise fault("neither a region nor two numbers in mm", right)
    start, end = float(value[0]), float(value[1])
    if start == end:
        raise fault("has no length", right)
    if start > end:
        right = f"Write the lower z first: [{end:g}, {start:g}]; the travel is table_direction."
        raise fault("z_start_mm must be less than z_end_mm", right)
    if max(abs(start), abs(end)) > 1e4:
        raise fault("beyond ±10000 mm", right)
    return start, end


def _start_angle(value: Any) -> float | Literal["averaged"]:
    if value == "averaged":
        return "averaged"
    if not is_number(value) or not -360 <= value <= 360:
        right = "Write averaged, or the gantry angle at beam-on in deg from -360 to 360, without the unit."
        raise fault("neither averaged nor an angle", right)
    return float(value)


ScanRange = Annotated[
    str | tuple[float, float], PlainValidator(_scan_range, json_schema_input_type=str | list[float]), AS_IS
]
StartAngle = Annotated[
    float | Literal["averaged"],
    PlainValidator(_start_angle, json_schema_input_type=float | Literal["averaged"]),
    AS_IS,
]


class Acquisition(Checked):
    """One irradiation event. Units are in the names; `ctdose exam keys` lists meaning, default and range of each."""

    name: str = key(doc="Its name, unique in the exam", min_length=1, max_length=60, example="chest")
    mode: Mode = key(
        doc="How tube and table move",
        example="helical",
        right="For example mode: helical.",
        elsewhere=MODES_ELSEWHERE,
    )
    tube_voltage_kv: float = key(doc="Peak tube voltage", unit="kV", ge=40, le=150, example=120)
    bowtie: str = key(doc="A bowtie of the scanner", example="body")
    collimation_mm: float = key(doc="Nominal beam collimation nT", unit="mm", gt=0, le=200, example=40)
    pitch: float | None = key(
        None,
        doc="Table feed per rotation over nT",
        gt=0,
        le=4,
        example=1.0,
        modes=("helical",),
        right="Write a number above 0, at most 4. For an axial scan set mode: axial and table_increment_mm.",
    )
    rotation_time_s: float | None = key(
        None, doc="Time of one rotation", unit="s", gt=0, le=60, example=0.5, modes=ROTATING
    )
    scan_range: ScanRange = key(
        doc="A region that every phantom defines by the same landmarks, or [z_start_mm, z_end_mm]",
        unit="mm",
        example="chest",
    )
    scan_margin_mm: float = key(
        0.0, doc="Added to the scan range at either end", unit="mm", ge=0, le=500, example=10
    )
    tube_current_ma: float | None = key(
        None, doc="Tube current (one of five ways to state the output)", unit="mA", gt=0, le=5000, example=200
    )
    mas_per_rotation: float | None = key(
        None, doc="Tube current × rotation time", unit="mAs", gt=0, le=20000, example=100, modes=ROTATING
    )
    effective_mas: float | None = key(
        None, doc="mAs per rotation over pitch", unit="mAs", gt=0, le=20000, example=100, modes=("helical",)
    )
    ctdi_vol_mgy: float | None = key(
        None, doc="CTDI_vol of this acquisition, with ctdi_phantom_cm", unit="mGy", gt=0, le=5000, example=7.8
    )
    ctdi_phantom_cm: Literal[16, 32] | None = key(
        None,
        doc="CTDI phantom in which CTDI_vol is stated; default: that of the bowtie",
        unit="cm",
        example=32,
        right="Write ctdi_phantom_cm: 32 (body) or 16 (head, children).",
    )
    quality_reference_mas: float | None = key(
        None,
        doc="mAs (helical: effective mAs) that longitudinal modulation gives at reference_diameter_cm",
        unit="mAs",
        gt=0,
        le=20000,
        example=150,
        modes=ROTATING,
    )
    reference_diameter_cm: float | None = key(
        None,
        doc="Water-equivalent diameter at which quality_reference_mas is given; it has no default",
        unit="cm",
        ge=5,
        le=80,
        example=30,
        modes=ROTATING,
    )
    modulation: ModulationChoice = key(
        (),
        doc="Tube current modulation: [], some of longitudinal, angular, organ, ecg, or a mapping",
        example=[],
        right=LIST_RIGHT,
    )
    second_tube: SecondTubeUse | None = key(
        None,
        doc="The second tube of a dual-source scanner; {}: it does what the first does",
        modes=ROTATING,
        right="Write a mapping such as {tube_voltage_kv: 140, filter: tin-0.4, tube_current_ma: 150}, or {}.",
    )
    switched_tube_voltage_kv: float | None = key(
        None,
        doc="Second voltage of fast kV switching; tube_voltage_kv is the first",
        unit="kV",
        ge=40,
        le=150,
        example=80,
        modes=ROTATING,
    )
    switched_time_fraction: float | None = key(
        None, doc="Share of the time at switched_tube_voltage_kv", gt=0, lt=1, example=0.6, modes=ROTATING
    )
    switched_mas_fraction: float | None = key(
        None,
        doc="Share of the mAs at switched_tube_voltage_kv; default: that of the time, one current at both",
        gt=0,
        lt=1,
        example=0.6,
        modes=ROTATING,
    )
    ecg: Ecg | None = key(
        None,
        doc="Cardiac scan: gated (axial), or with a current that follows the heart (helical)",
        modes=("helical", "axial"),
        right="Write a mapping such as {heart_rate_per_min: 60, window_percent: [40, 80]}.",
    )
    table_increment_mm: float | None = key(
        None,
        doc="Table feed between axial rotations; without it one rotation must cover the range",
        unit="mm",
        gt=0,
        le=1000,
        example=40,
        modes=("axial",),
    )
    gantry_angle_deg: float = key(
        0.0,
        doc="Where the tube stands: 0 in front of a supine patient, 90 at the patient's left, 180 behind",
        unit="deg",
        ge=-360,
        le=360,
        example=0,
        modes=("localizer",),
    )
    rotations: float = key(
        1.0,
        doc="Number of rotations at one place; a part of a rotation is allowed",
        gt=0,
        le=10000,
        example=1,
        modes=("axial", "stationary"),
    )
    start_angle_deg: StartAngle = key(
        "averaged",
        doc="Gantry angle at beam-on; averaged: the mean over all start angles",
        unit="deg",
        example="averaged",
        modes=ROTATING,
    )
    rotation_direction: Literal["clockwise", "counterclockwise"] = key(
        "clockwise",
        doc="Seen from the foot end; clockwise: the gantry angle rises. Matters with a start_angle_deg",
        modes=ROTATING,
    )
    table_direction: Literal["craniocaudal", "caudocranial"] = key(
        "craniocaudal",
        doc="Way of the beam along the patient: towards the feet, or towards the head",
        modes=("helical", "axial", "localizer"),
    )
    focal_spot: str | None = key(
        None, doc="A focal spot of the scanner by name; default: its first", example="large"
    )
    filter: str | None = key(
        None, doc="An additional flat filter of the scanner by name; default: none", example="tin-0.6"
    )
    gantry_tilt_deg: float = key(
        0.0,
        doc="Tilt of the gantry as in DICOM (0018,1120); positive: its top towards the end where the table enters it, "
        "the feet of a head-first patient. Scan range and feed are those along the table",
        unit="deg",
        ge=-45,
        le=45,
        example=15,
        modes=ROTATING,
    )
    table_speed_mm_s: float | None = key(
        None,
        doc="Speed of the table; default: that of the scanner",
        unit="mm/s",
        gt=0,
        le=1000,
        example=100,
        modes=("localizer",),
    )
    irradiation_event_uid: EventUid | None = key(
        None,
        doc="DICOM UID of the irradiation event; kept in the result",
        example="1.2.840.113619.2.1",
        right="Write digits and dots, at most 64 characters, in quotes.",
    )

    @property
    def output_key(self) -> str:
        """Which key states the output: one of `OUTPUTS`, or ``modulation`` where a table alone gives it."""
        return next((name for name in OUTPUTS if getattr(self, name) is not None), "modulation")

    @property
    def modulation_options(self) -> ModulationOptions:
        """Every option of the tube current modulation, whichever way it was written."""
        return modulation_options(self.modulation)

    @property
    def rotations_at_one_place(self) -> float:
        """Rotations with the beam on at each place of an axial or stationary scan; gated: what fits into the window."""
        if self.mode == "axial" and self.ecg is not None and self.rotation_time_s is not None:
            return self.ecg.window_s / self.rotation_time_s
        return self.rotations
