"""A CT scanner: what its file says, and what follows from it."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING

import numpy as np
from pydantic import field_validator

from ctdose.errors import CtdoseError
from ctdose.scanner.bowtie import Bowtie
from ctdose.scanner.sections import Collimations, Geometry, Localizer, Output, OutputTable, OverRanging, Tube
from ctdose.schema import Checked, fault, key
from ctdose.yaml_writer import write_yaml

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAME_MM = 1e-3  # collimations and rotation times closer than this are the same


class Scanner(Checked):
    """A CT scanner, as its YAML file describes it.

    Lengths in mm, angles of methods in rad. Made by `load_scanner`.
    """

    scanner: str = key(doc="Name", min_length=1, max_length=80, example="generic-64")
    description: str = key("", doc="What it is")
    geometry: Geometry = key(doc="Geometry of tube and fan")
    inherent_filtration_mm: dict[str, float] = key(
        doc="Thickness of the flat filters by material",
        unit="mm",
        right="Write material: thickness in mm, for example aluminium: 7.0.",
    )
    bowties: dict[str, Bowtie] = key(doc="Beam-shaping filters by name", min_length=1)
    collimations: Collimations = key(doc="Collimations")
    tube: Tube = key(doc="Tube and generator")
    rotation_times_s: list[float] = key(doc="Rotation times", unit="s", min_length=1, example=[0.5, 1.0])
    localizer: Localizer | None = key(None, doc="Localizer; without it that mode is refused")
    over_ranging: OverRanging = key(doc="Over-ranging of helical scans")
    output: Output | None = key(
        None, doc="CTDI_w per 100 mAs; without it doses are per mAs of an uncalibrated source"
    )

    @field_validator("inherent_filtration_mm")
    @classmethod
    def _thickness(cls, filtration: dict[str, float]) -> dict[str, float]:
        if any(not 0 <= thickness <= 100 for thickness in filtration.values()):
            raise fault("every thickness must lie between 0 and 100 mm", "For example {aluminium: 7.0}.")
        return filtration

    @field_validator("rotation_times_s")
    @classmethod
    def _times(cls, times: list[float]) -> list[float]:
        if any(not 0.05 <= time <= 60 for time in times):
            raise fault("every rotation time must lie between 0.05 and 60 s", "For example [0.5, 1.0].")
        return times

    @property
    def output_relative_systematic_error(self) -> float:
        """Relative standard error that all doses of this scanner share; 0 without an output table."""
        return self.output.relative_systematic_error if self.output else 0.0

    @property
    def collimations_mm(self) -> tuple[float, ...]:
        """Nominal beam collimations nT, mm."""
        return tuple(beam.nominal_mm for beam in self.collimations.beams)

    @property
    def sha256(self) -> str:
        """Hash of everything the file says (comments and order aside)."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_yaml(self) -> str:
        """Write everything the file says as YAML, comments lost; `load_scanner` reads it back."""
        return write_yaml(self.model_dump(mode="json", exclude_none=True))

    def bowtie_thickness_mm(self, bowtie: str, fan_angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
        """Thickness of a bowtie along rays of the given fan angles.

        Parameters
        ----------
        bowtie : str
            Its name.
        fan_angle_rad : ndarray
            Angles from the central ray in the plane of rotation, any shape.

        Returns
        -------
        ndarray
            Thickness in mm of `bowtie_material`, of the same shape.

        Raises
        ------
        CtdoseError
            The scanner has no such bowtie.
        """
        return self._bowtie(bowtie).thickness_mm(fan_angle_rad)

    def bowtie_material(self, bowtie: str) -> str:
        """Name of the material of a bowtie."""
        return self._bowtie(bowtie).material

    def _bowtie(self, name: str) -> Bowtie:
        if name not in self.bowties:
            raise CtdoseError(
                f"bowtie={name} (unknown to {self.scanner}). It has: {', '.join(self.bowties)}."
            )
        return self.bowties[name]

    def beam_width_mm(self, collimation_mm: float) -> float:
        """Beam width (FWHM at the isocentre) of a nominal collimation.

        Raises
        ------
        CtdoseError
            The scanner has no such collimation.
        """
        for beam in self.collimations.beams:
            if abs(beam.nominal_mm - collimation_mm) < SAME_MM:
                return beam.beam_width_mm
        known = ", ".join(f"{value:g}" for value in self.collimations_mm)
        raise CtdoseError(f"collimation_mm={collimation_mm:g} (unknown to {self.scanner}). It has: {known}.")

    def over_ranging_mm(self, pitch: float, collimation_mm: float) -> float:
        """Table travel with the beam on beyond the planned length of a helical scan: a · pitch · nT + b, mm."""
        return self.over_ranging.a * pitch * collimation_mm + self.over_ranging.b_mm

    def filtration_mm(self) -> dict[str, float]:
        """Thickness of the inherent filtration by material, mm; the bowtie comes on top."""
        return dict(self.inherent_filtration_mm)

    def ctdi_phantom_cm(self, bowtie: str) -> int:
        """CTDI phantom, 16 or 32 cm, in which doses with this bowtie are stated unless the exam says otherwise."""
        return self._bowtie(bowtie).ctdi_phantom_cm

    def ctdi_w_mgy_per_100mas(
        self, kv: float, bowtie: str, phantom_cm: int, collimation_mm: float | None = None
    ) -> float | None:
        """CTDI_w of one rotation without table feed, per 100 mAs.

        Between the tube voltages of the table by a power law; at another collimation than that of the table in
        proportion to the free-in-air index, beam width / nT, as IEC 60601-2-44 scales beams over 40 mm (not verified).

        Parameters
        ----------
        kv : float
            Tube voltage, kV.
        bowtie : str
            Name of the bowtie.
        phantom_cm : int
            16 or 32.
        collimation_mm : float, optional
            Nominal collimation, default that of the table.

        Returns
        -------
        float or None
            mGy per 100 mAs; None if the scanner's file has no table for this bowtie and phantom.

        Raises
        ------
        CtdoseError
            The tube voltage lies outside the table, or the scanner has no such collimation.
        """
        table = self._output_table(bowtie, phantom_cm)
        if table is None or self.output is None:
            return None
        reference = self.output.reference_collimation_mm
        nominal = reference if collimation_mm is None else collimation_mm
        scale = self.beam_width_mm(nominal) / nominal * reference / self.beam_width_mm(reference)
        return scale * _power_law(kv, table.ctdi_w_mgy_per_100mas, self.scanner)

    def _output_table(self, bowtie: str, phantom_cm: int) -> OutputTable | None:
        tables = self.output.tables if self.output else []
        return next((t for t in tables if (t.bowtie, t.ctdi_phantom_cm) == (bowtie, phantom_cm)), None)


def _power_law(kv: float, rows: list[list[float]], scanner: str) -> float:
    voltages, values = zip(*rows, strict=True)
    if not voltages[0] - 1e-9 <= kv <= voltages[-1] + 1e-9:
        span = f"{voltages[0]:g} to {voltages[-1]:g} kV"
        raise CtdoseError(
            f"tube_voltage_kv={kv:g} (outside the output table of {scanner}). It covers {span}."
        )
    return math.exp(float(np.interp(math.log(kv), np.log(voltages), np.log(values))))
