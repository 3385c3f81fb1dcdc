"""The sections of a scanner's file."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from ctdose.schema import Checked, fault, key


class Geometry(Checked):
    """Where tube and fan are."""

    source_isocentre_distance_mm: float = key(
        doc="Focal spot to rotation axis", unit="mm", gt=100, le=1500, example=541
    )
    fan_angle_deg: float = key(
        doc="Full fan angle, symmetric about the central ray", unit="deg", gt=1, lt=120, example=55
    )
    anode_angle_deg: float = key(
        doc="Angle of the target surface; spectra are known for 7 to 12", unit="deg", ge=5, le=20, example=8
    )
    anode_side: Literal["head", "foot"] = key(
        doc="End of the rotation axis, of a head-first patient, towards which the anode lies: the weaker side"
    )
    source_collimator_distance_mm: float | None = key(
        None,
        doc="Focal spot to the blades that limit the beam along the rotation axis",
        unit="mm",
        gt=10,
        lt=1500,
        example=200,
    )
    gantry_tilt_max_deg: float = key(
        0.0, doc="Greatest tilt of the gantry to either side; 0: it cannot be tilted", unit="deg", ge=0, le=45
    )
    source: str = key("", doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")


class Beam(Checked):
    """One collimation."""

    nominal_mm: float = key(doc="Nominal beam collimation nT", unit="mm", gt=0, le=200, example=40)
    beam_width_mm: float = key(
        doc="Beam width at the isocentre (FWHM)", unit="mm", gt=0, le=250, example=42.5
    )


class Collimations(Checked):
    """The collimations that there are."""

    beams: list[Beam] = key(doc="Nominal collimations and their beam widths", min_length=1)
    source: str = key("", doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")


class Tube(Checked):
    """Limits of tube and generator."""

    voltages_kv: list[float] = key(doc="Tube voltages", unit="kV", min_length=1, example=[80, 120])
    current_min_ma: float = key(0.0, doc="Least tube current", unit="mA", ge=0, example=10)
    current_max_ma: float = key(doc="Greatest tube current", unit="mA", gt=0, le=5000, example=700)
    power_max_kw: float = key(doc="Greatest generator power", unit="kW", gt=0, le=500, example=80)
    source: str = key("", doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")

    @field_validator("voltages_kv")
    @classmethod
    def _in_range(cls, voltages: list[float]) -> list[float]:
        if any(not 40 <= kv <= 150 for kv in voltages):
            raise fault(
                "every tube voltage must lie between 40 and 150 kV", "For example [80, 100, 120, 140]."
            )
        return voltages


class Localizer(Checked):
    """The projection radiograph on which a scan is planned."""

    table_speed_mm_s: float = key(doc="Speed of the table", unit="mm/s", gt=0, le=1000, example=100)
    source: str = key("", doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")


class OverRanging(Checked):
    """Travel with the beam on beyond the planned length: a · pitch · nT + b."""

    a: float = key(doc="Part that grows with the feed per rotation", ge=0, le=10, example=1.3)
    b_mm: float = key(doc="Constant part", unit="mm", ge=0, le=500, example=12)
    dynamic_collimation: bool = key(
        False,
        doc="Whether the blades open and close at the ends, which blocks a part of the over-ranged beam",
    )
    source: str = key(doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")
