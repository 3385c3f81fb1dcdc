"""The result of an exam in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdose.dosimetry.dose_map import DoseMap
from ctdose.dosimetry.effective_dose import EffectiveDose, mean_of_bodies, mean_share
from ctdose.dosimetry.organ_dose import BodyDose, OrganDose
from ctdose.dosimetry.systematic_parts import mean_parts
from ctdose.dosimetry.view_dose import ViewDoses
from ctdose.results.beam_result import BeamResult

if TYPE_CHECKING:
    from ctdose.exam.view_pieces import ViewPiece
    from ctdose.imaging.size_specific import SizeSpecific

ALWAYS_LISTED = ("eye_lenses", "uterus")


@dataclass(frozen=True)
class OnBody:
    """One acquisition on one body.

    Attributes
    ----------
    dlp_mgy_cm : float
    planned_mm, irradiated_mm : (float, float)
        z ranges; the irradiated one from the first to the last position of the beam's centre.
    beam_edges_mm : (float, float)
        Outer edges of the beam over the whole scan.
    total_mas : float
    pieces : tuple of ViewPiece
        mAs along z and angle, in the order of time.
    beam_mas : tuple of float
        mAs of each of the acquisition's beams; they add up to `total_mas`. Empty in files of format 1.0.
    size : SizeSpecific or None
        Water-equivalent diameter and SSDE; None in files from before they were computed.
    ctdi_vol_mgy : float or None
        With the time-weighted mean of the tube current on this body; None in files that do not have it.
    tube_current_ma, tube_current_min_ma, tube_current_max_ma : float or None
        Time-weighted mean over the beam-on, least and greatest; None in files that do not have them.
    """

    dlp_mgy_cm: float
    planned_mm: tuple[float, float]
    irradiated_mm: tuple[float, float]
    beam_edges_mm: tuple[float, float]
    total_mas: float
    pieces: tuple[ViewPiece, ...]
    beam_mas: tuple[float, ...] = ()
    size: SizeSpecific | None = None
    ctdi_vol_mgy: float | None = None
    tube_current_ma: float | None = None
    tube_current_min_ma: float | None = None
    tube_current_max_ma: float | None = None

    @property
    def ssde_mgy(self) -> float | None:
        """Size-specific dose estimate; None where it is not defined (`size.note` says why)."""
        return None if self.size is None else self.size.mean_ssde_mgy

    @property
    def water_equivalent_diameter_cm(self) -> float | None:
        """Mean water-equivalent diameter over the planned range; None if nothing of the body lies in it."""
        return None if self.size is None else self.size.mean_diameter_cm


@dataclass(frozen=True)
class AcquisitionResult:
    """Dose indices and beam of one acquisition.

    Attributes
    ----------
    name, mode, bowtie : str
    tube_voltage_kv, collimation_mm, beam_width_mm : float
    ctdi_vol_mgy : float
        Mean over the bodies: a modulated scan that states no mean differs from body to body.
    ctdi_phantom_cm : int
        16 or 32: what CTDI_vol and DLP are stated for.
    photons_per_mas : float
    calibration_id : str
    calibration_relative_standard_error, output_relative_systematic_error : float
        Of the simulated calibration; of the stated output. Common to all organs.
    hvl_mm_al, mean_energy_kev : float
        On the central ray behind the bowtie.
    spectrum_kev, spectrum_weight : float64 ndarray
        On the central ray behind the bowtie; weights sum to 1.
    on_body : dict of str to OnBody
    beams : tuple of BeamResult
        The attributes above are those of the first beam, CTDI_vol and DLP those of all beams together. Empty in files
        of format 1.0.
    """

    name: str
    mode: str
    bowtie: str
    tube_voltage_kv: float
    collimation_mm: float
    beam_width_mm: float
    ctdi_vol_mgy: float
    ctdi_phantom_cm: int
    photons_per_mas: float
    calibration_id: str
    calibration_relative_standard_error: float
    output_relative_systematic_error: float
    hvl_mm_al: float
    mean_energy_kev: float
    spectrum_kev: np.ndarray
    spectrum_weight: np.ndarray
    on_body: dict[str, OnBody]
    beams: tuple[BeamResult, ...] = ()

    @property
    def dlp_mgy_cm(self) -> float:
        """DLP, mean over the bodies."""
        return float(np.mean([body.dlp_mgy_cm for body in self.on_body.values()]))

    @property
    def ssde_mgy(self) -> float | None:
        """Size-specific dose estimate, mean over the bodies; None unless all have one."""
        return _mean_if_all([body.ssde_mgy for body in self.on_body.values()])

    @property
    def water_equivalent_diameter_cm(self) -> float | None:
        """Water-equivalent diameter, mean over the bodies; None unless all have one."""
        return _mean_if_all([body.water_equivalent_diameter_cm for body in self.on_body.values()])

    @property
    def planned_length_mm(self) -> float:
        """Planned length, mean over the bodies."""
        return float(np.mean([body.planned_mm[1] - body.planned_mm[0] for body in self.on_body.values()]))

    @property
    def irradiated_length_mm(self) -> float:
        """Irradiated length, mean over the bodies."""
        return float(
            np.mean([body.irradiated_mm[1] - body.irradiated_mm[0] for body in self.on_body.values()])
        )


@dataclass(frozen=True)
class Grid:
    """The phantom as far as a picture of the dose needs it.

    Attributes
    ----------
    organ_index : uint16 ndarray [z, y, x]
    material_index : uint8 ndarray [z, y, x]
    density_g_cm3 : float64 ndarray [materials]
    material_names : tuple of str
    origin_mm, spacing_mm : (float, float, float)
        (x, y, z); the origin is the centre of voxel [0, 0, 0].
    phantom_sha256 : str
    """

    organ_index: np.ndarray
    material_index: np.ndarray
    density_g_cm3: np.ndarray
    material_names: tuple[str, ...]
    origin_mm: tuple[float, float, float]
    spacing_mm: tuple[float, float, float]
    phantom_sha256: str


@dataclass(frozen=True)
class Batches:
    """Integer sums by batch: what errors of ratios and merging need.

    Attributes
    ----------
    numbers : int64 ndarray [batches]
    rows : int64 ndarray [batches, acquisitions, rows, 2]
        Sum of e (2^-20 keV) and of e^2 (2^-24 keV^2).
    row_names : tuple of str
        ``region:N``, ``response:…``, ``group:…``, ``tissue:…``, ``weighted:…``.
    row_scale : float64 ndarray [rows]
        mGy (weighted: mSv) of the whole exam for 1 keV per history.
    """

    numbers: np.ndarray
    rows: np.ndarray
    row_names: tuple[str, ...]
    row_scale: np.ndarray


@dataclass(frozen=True)
class BodyResult:
    """Doses, maps and tallies of one body.

    Attributes
    ----------
    name : str
    dose : BodyDose
    grid : Grid
    batches : Batches
    map : DoseMap or None
    histories : int
    groups : dict of str to tuple of str
        Organs that are reported together: ``lungs`` -> (``left_lung``, ``right_lung``).
    sex : str
        ``male``, ``female``, or empty if the phantom is no person.
    reference_person : bool
        Whether effective dose is defined for it.
    views : ViewDoses or None
        What each bin of views gives to the doses; None if they were not kept.
    """

    name: str
    dose: BodyDose
    grid: Grid
    batches: Batches
    map: DoseMap | None
    histories: int
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sex: str = ""
    reference_person: bool = False
    views: ViewDoses | None = None

    @property
    def organs(self) -> dict[str, OrganDose]:
        """Organ doses by name."""
        return self.dose.organs


@dataclass(frozen=True)
class Result:
    """The result of an exam; made by `ctdose.simulate` or `ctdose.load_result`.

    Attributes
    ----------
    exam : str
        Title.
    bodies : dict of str to BodyResult
    acquisitions : tuple of AcquisitionResult
    effective_dose : EffectiveDose or None
    histories, seed : int
        Histories of all bodies together.
    complete : bool
        False if the run was interrupted and holds fewer histories than asked for.
    exam_yaml, scanner_yaml : str
        The resolved exam, and the scanner.
    exam_sha256 : str
    created_utc : str
    versions : dict of str to str
        ``ctdose_version``, ``kernel_sha256``, ``physics_data``, ``device`` (``cpu`` or ``cuda``).
    seconds : float
        Wall time of the simulation.
    """

    exam: str
    bodies: dict[str, BodyResult]
    acquisitions: tuple[AcquisitionResult, ...]
    effective_dose: EffectiveDose | None
    histories: int
    seed: int
    complete: bool
    exam_yaml: str
    scanner_yaml: str
    exam_sha256: str
    created_utc: str
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def organs(self) -> dict[str, OrganDose]:
        """Organ doses averaged over the bodies that have the organ."""
        bodies = [body.dose for body in self.bodies.values()]
        names = dict.fromkeys(name for body in bodies for name in body.organs)
        return {name: _averaged(bodies, name) for name in names}

    @property
    def dlp_mgy_cm(self) -> dict[int, float]:
        """DLP of the exam by CTDI phantom; 16 and 32 cm are never added."""
        total: dict[int, float] = {}
        for acquisition in self.acquisitions:
            key = acquisition.ctdi_phantom_cm
            total[key] = total.get(key, 0.0) + acquisition.dlp_mgy_cm
        return total

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the HDF5 file: under a temporary name first, so that a broken file never has the final one.

        Parameters
        ----------
        path : str or Path
        overwrite : bool
            Replace an existing file.

        Raises
        ------
        CtdoseError
            If the file exists and `overwrite` is False, or it cannot be written.
        """
        from ctdose.results.result_file import save_result

        save_result(self, path, overwrite=overwrite)


def _mean_if_all(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def _averaged(bodies: Sequence[BodyDose], name: str) -> OrganDose:
    having = [body.organs[name] for body in bodies if name in body.organs]
    if len(having) == 1:
        return having[0]
    dose, error = mean_of_bodies(bodies, name)

    def mean(attribute: str) -> float:
        return float(np.mean([getattr(organ, attribute) for organ in having]))

    parts = mean_parts([organ.systematic for organ in having])
    share, share_error = mean_share(
        [organ.absorbed_dose_mgy for organ in having],
        [(o.over_ranging_fraction, o.over_ranging_fraction_standard_error) for o in having],
    )
    return replace(
        having[0],
        absorbed_dose_mgy=dose,
        standard_error_mgy=error,
        systematic_error_mgy=mean("systematic_error_mgy") if parts is None else parts.combined,
        systematic=parts,
        over_ranging_fraction=share,
        over_ranging_fraction_standard_error=share_error,
        mass_g=mean("mass_g"),
        reference_mass_g=mean("reference_mass_g"),
        mass_in_range_fraction=mean("mass_in_range_fraction"),
        partial=any(organ.partial for organ in having),
    )
