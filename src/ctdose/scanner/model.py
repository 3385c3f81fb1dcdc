"""A CT scanner: what its file says, and what follows from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import field_validator

from ctdose.errors import CtdoseError
from ctdose.scanner.bowtie import Bowtie
from ctdose.scanner.couch import Couch
from ctdose.scanner.heel import axis_mean
from ctdose.scanner.output import Output, power_law
from ctdose.scanner.sections import Collimations, Geometry, Localizer, OverRanging, Tube
from ctdose.scanner.tube_extras import Filter, FocalSpot, OffFocal, SecondTube, checked_thickness
from ctdose.scanner.unsaid import said
from ctdose.schema import Checked, fault, key
from ctdose.yaml_writer import write_yaml

if TYPE_CHECKING:
    import numpy as np
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
    filters: dict[str, Filter] = key(dict, doc="Additional flat filters by name")
    bowties: dict[str, Bowtie] = key(doc="Beam-shaping filters by name", min_length=1)
    focal_spots: dict[str, FocalSpot] = key(
        dict, doc="Focal spots by name, the usual one first; without any it is a point"
    )
    off_focal: OffFocal | None = key(None, doc="Off-focal radiation; without it there is none")
    collimations: Collimations = key(doc="Collimations")
    tube: Tube = key(doc="Tube and generator")
    rotation_times_s: list[float] = key(doc="Rotation times", unit="s", min_length=1, example=[0.5, 1.0])
    localizer: Localizer | None = key(None, doc="Localizer; without it that mode is refused")
    over_ranging: OverRanging = key(doc="Over-ranging of helical scans")
    second_tube: SecondTube | None = key(None, doc="Second tube of a dual-source scanner")
    table: Couch | None = key(None, doc="Patient table; without it an exam cannot ask for one")
    output: Output | None = key(
        None, doc="CTDI_w per 100 mAs; without it doses are per mAs of an uncalibrated source"
    )

    @field_validator("inherent_filtration_mm")
    @classmethod
    def _thickness(cls, filtration: dict[str, float]) -> dict[str, float]:
        return checked_thickness(filtration)

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
        data = said(self.model_dump(mode="json"))
        if self.focal_spots:
            data["focal_spots"] = list(
                data["focal_spots"].items()
            )  # the first is the default: their order counts
        text = json.dumps(data, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_yaml(self) -> str:
        """Write everything the file says as YAML, comments lost; `load_scanner` reads it back."""
        return write_yaml(said(self.model_dump(mode="json", exclude_none=True)))

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
        return _named(name, self.bowties, "bowtie", self.scanner)

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

    def filtration_mm(self, filter: str | None = None) -> dict[str, float]:
        """Thickness of the flat filters by material, mm; the bowtie comes on top.

        Parameters
        ----------
        filter : str, optional
            Name of an additional filter, which is added to the inherent filtration.

        Raises
        ------
        CtdoseError
            The scanner has no such filter.
        """
        layers = dict(self.inherent_filtration_mm)
        for material, thickness in self.filter_mm(filter).items():
            layers[material] = layers.get(material, 0.0) + thickness
        return layers

    def filter_mm(self, filter: str | None) -> dict[str, float]:
        """Thickness of an additional filter by material, mm; empty for None."""
        if filter is None:
            return {}
        return dict(_named(filter, self.filters, "filter", self.scanner).thickness_mm)

    def focal_spot(self, name: str | None = None) -> FocalSpot | None:
        """Give a focal spot by its name.

        Parameters
        ----------
        name : str, optional
            Default: the first of the file.

        Returns
        -------
        FocalSpot or None
            None if no name is given and the file states no focal spot: a point.

        Raises
        ------
        CtdoseError
            The scanner has no such focal spot.
        """
        if name is None:
            return next(iter(self.focal_spots.values()), None)
        return _named(name, self.focal_spots, "focal_spot", self.scanner)

    def ctdi_phantom_cm(self, bowtie: str) -> int:
        """CTDI phantom, 16 or 32 cm, in which doses with this bowtie are stated unless the exam says otherwise."""
        return self._bowtie(bowtie).ctdi_phantom_cm

    def ctdi_w_mgy_per_100mas(
        self,
        kv: float,
        bowtie: str,
        phantom_cm: int,
        collimation_mm: float | None = None,
        filter: str | None = None,
    ) -> float | None:
        """CTDI_w of one rotation without table feed, per 100 mAs.

        Between the tube voltages of the table by a power law; at another collimation than that of the table in
        proportion to the index free in air, beam width / nT times the mean over the beam width (`heel.axis_mean`): so
        IEC 60601-2-44 defines CTDI of beams over 40 mm (calibration/free_in_air.py), and up to 40 mm a simulated CTDI_w
        agrees with it to 1 % (docs/dose-indices.md).

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
        filter : str, optional
            Name of an additional filter, default none.

        Returns
        -------
        float or None
            mGy per 100 mAs; None if the scanner's file has no table for this bowtie, phantom and filter. Behind a
            filter without a table of its own the output follows from the table without a filter: the photons
            that the model lets through.

        Raises
        ------
        CtdoseError
            The tube voltage lies outside the table, or the scanner has no such collimation.
        """
        table = self.output.table(bowtie, phantom_cm, filter) if self.output else None
        if table is None or self.output is None:
            return None
        reference = self.output.reference_collimation_mm
        nominal = reference if collimation_mm is None else collimation_mm
        stated = power_law(kv, table.ctdi_w_mgy_per_100mas, self.scanner)
        if abs(nominal - reference) < SAME_MM:
            return stated
        here, there = (
            self.beam_width_mm(each) / each * axis_mean(self, kv, each, filter)
            for each in (nominal, reference)
        )
        return stated * here / there


EntryT = TypeVar("EntryT")


def _named(name: str, known: Mapping[str, EntryT], kind: str, scanner: str) -> EntryT:
    if name not in known:
        raise CtdoseError(f"{kind}={name} (unknown to {scanner}). It has: {', '.join(known) or 'none'}.")
    return known[name]
