"""What a physicist measured at a scanner: the file that `ctdose scanner calibrate` reads."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Literal

from pydantic import field_validator, model_validator

from ctdose.scanner.sections import Collimations, Geometry
from ctdose.schema import Checked, fault, key

MOST_PROFILE_POINTS = 200
AHEAD_OF_UTC = dt.timedelta(days=1)
"""East of Greenwich it may be the next day already."""


class RelativeErrors(Checked):
    """One sigma of a reading over its value.

    The defaults are assumed, not from one source: what careful work with a calibrated chamber reaches. Two techniques
    of measuring an HVL in CT differ by 1.3 % on average (Med. Phys. 42 (2015), doi 10.1118/1.4921805, abstract).
    """

    hvl: float = key(0.02, doc="Of a half-value layer", gt=0, le=0.5)
    second_hvl: float = key(0.03, doc="Of a second half-value layer", gt=0, le=0.5)
    air_kerma: float = key(
        0.03, doc="Of air kerma or CTDI free in air, beside chamber_calibration", gt=0, le=0.5
    )
    ctdi: float = key(0.03, doc="Of a CTDI_100 in a phantom, beside chamber_calibration", gt=0, le=0.5)
    profile: float = key(0.02, doc="Of each point of a bowtie profile", gt=0, le=0.5)
    chamber_calibration: float = key(
        0.05, doc="Common to all readings in mGy; it moves doses, not the shape of the source", ge=0, le=0.5
    )


class PhantomReading(Checked):
    """CTDI_100 in one CTDI phantom."""

    phantom_cm: Literal[16, 32] = key(doc="Diameter of the CTDI phantom", unit="cm", example=32)
    centre_mgy_per_100mas: float | None = key(
        None, doc="CTDI_100 in the centre", unit="mGy", gt=0, le=500, example=4.1
    )
    periphery_mgy_per_100mas: float | None = key(
        None, doc="CTDI_100 in the periphery, mean of the four holes", unit="mGy", gt=0, le=500, example=8.9
    )

    @model_validator(mode="after")
    def _some(self) -> PhantomReading:
        if self.centre_mgy_per_100mas is None and self.periphery_mgy_per_100mas is None:
            raise fault("holds no reading", "Give centre_mgy_per_100mas, periphery_mgy_per_100mas, or both.")
        return self


class BeamReadings(Checked):
    """What was measured of one beam: a bowtie at a tube voltage, no additional filter."""

    bowtie: str = key(doc="Name of a bowtie of the base scanner", min_length=1, example="body")
    tube_voltage_kv: float = key(doc="Tube voltage", unit="kV", ge=50, le=150, example=120)
    hvl_mm: float | None = key(
        None,
        doc="First half-value layer on the central ray, of aluminium",
        unit="mm",
        gt=0,
        le=30,
        example=7.4,
    )
    second_hvl_mm: float | None = key(
        None, doc="Second half-value layer: what halves again", unit="mm", gt=0, le=40, example=9.6
    )
    air_kerma_mgy_per_100mas: float | None = key(
        None, doc="Air kerma free in air on the axis, tube at rest", unit="mGy", gt=0, le=1000, example=25
    )
    ctdi_air_mgy_per_100mas: float | None = key(
        None, doc="CTDI free in air: integral over z over nT", unit="mGy", gt=0, le=1000, example=26
    )
    ctdi: list[PhantomReading] = key(list, doc="CTDI_100 in phantoms, one rotation without table feed")
    relative_errors: RelativeErrors | None = key(None, doc="Errors of this beam; default: those of the file")

    @model_validator(mode="after")
    def _some(self) -> BeamReadings:
        one = (self.hvl_mm, self.second_hvl_mm, self.air_kerma_mgy_per_100mas, self.ctdi_air_mgy_per_100mas)
        if all(value is None for value in one) and not self.ctdi:
            raise fault("holds no reading", "Give hvl_mm, air_kerma_mgy_per_100mas or ctdi, or leave it out.")
        return self


class Profile(Checked):
    """Air kerma across the fan behind a bowtie, the tube at rest."""

    bowtie: str = key(doc="Name of a bowtie of the base scanner", min_length=1, example="body")
    tube_voltage_kv: float = key(doc="Tube voltage", unit="kV", ge=50, le=150, example=120)
    fan_angle_deg: list[float] | None = key(
        None,
        doc="Fan angles; the readings hold at equal distance from the focal spot",
        unit="deg",
        example=[0, 5, 10, 15, 20],
    )
    off_axis_mm: list[float] | None = key(
        None,
        doc="Instead: distance from the axis on the line across the central ray; readings as they are",
        unit="mm",
        example=[0, 50, 100, 150, 200],
    )
    relative_air_kerma: list[float] = key(
        doc="Readings, in any unit",
        min_length=3,
        max_length=MOST_PROFILE_POINTS,
        example=[1, 0.9, 0.6, 0.3, 0.2],
    )
    shape: Literal["formula", "table"] = key(
        "formula",
        doc="What is fitted: the base bowtie stretched, or a thickness at every angle measured",
    )
    relative_errors: RelativeErrors | None = key(
        None, doc="Errors of this profile; default: those of the file"
    )

    @field_validator("fan_angle_deg", "off_axis_mm")
    @classmethod
    def _rising(cls, values: list[float] | None) -> list[float] | None:
        if values is not None and any(b <= a for a, b in itertools.pairwise(values)):
            raise fault("must rise", "Sort the readings by place, each once.")
        return values

    @field_validator("relative_air_kerma")
    @classmethod
    def _positive(cls, values: list[float]) -> list[float]:
        if any(value <= 0 for value in values):
            raise fault(
                "every reading must be positive", "Leave out readings that are lost in the background."
            )
        return values

    @model_validator(mode="after")
    def _places(self) -> Profile:
        if (self.fan_angle_deg is None) == (self.off_axis_mm is None):
            raise fault("needs fan_angle_deg or off_axis_mm, one of them", "Keep the one that was measured.")
        places = self.fan_angle_deg if self.fan_angle_deg is not None else self.off_axis_mm
        assert places is not None
        if len(places) != len(self.relative_air_kerma):
            why = f"{len(places)} places and {len(self.relative_air_kerma)} readings"
            raise fault(why, "Give one reading of relative_air_kerma for each place.")
        return self


class Measurements(Checked):
    """The file of measurements."""

    scanner: str = key(
        doc="Name of the scanner that is written", min_length=1, max_length=80, example="ct-room-3"
    )
    description: str = key("", doc="What it is")
    base: str = key(
        doc="Scanner of the library, or a file: gives what is not measured and where the fit begins",
        min_length=1,
        example="generic-64",
    )
    date: str = key(doc="Day of the measurements", example="2026-05-12")
    geometry: Geometry | None = key(None, doc="Geometry of tube and fan; default: that of base")
    collimations: Collimations | None = key(None, doc="Collimations; default: those of base")
    collimation_mm: float | None = key(
        None,
        doc="Nominal collimation of all CTDI, at most 40 mm; default: that of base's output",
        unit="mm",
        gt=0,
        example=40,
    )
    phantoms_on_table_cm: list[Literal[16, 32]] = key(
        list,
        doc="CTDI phantoms that lay on the patient table: that of base is simulated under them, and CTDI_w is written "
        "without it",
        unit="cm",
        example=[32],
    )
    filtration_material: str = key(
        "aluminium", doc="Material whose thickness is fitted; other filters stay those of base", min_length=1
    )
    relative_errors: RelativeErrors = key(RelativeErrors, doc="Relative standard errors of the readings")
    beams: list[BeamReadings] = key(doc="Readings by beam", min_length=1, max_length=100)
    profiles: list[Profile] = key(list, doc="Bowtie profiles", max_length=20)

    @field_validator("date")
    @classmethod
    def _day(cls, text: str) -> str:
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            raise fault("not a day", "Write year-month-day, for example 2026-05-12.") from None
        if day > dt.datetime.now(dt.UTC).date() + AHEAD_OF_UTC:
            raise fault("in the future", "Give the day of the measurements as year-month-day.")
        return text

    def errors_of(self, part: BeamReadings | Profile) -> RelativeErrors:
        """The relative errors that hold for a beam or a profile."""
        return part.relative_errors or self.relative_errors
