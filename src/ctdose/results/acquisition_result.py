"""What a result says of one acquisition: dose indices, beam, and how it lay on each body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ctdose.results.beam_result import BeamResult

if TYPE_CHECKING:
    from ctdose.exam.view_pieces import ViewPiece
    from ctdose.imaging.size_specific import SizeSpecific


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


def _mean_if_all(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None
