"""One beam of an acquisition in a result: what it was, its output, its quality."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BeamResult:
    """One beam; an acquisition with two tubes or two tube voltages has several.

    Attributes
    ----------
    tube : str
        ``A``, or ``B`` for the second tube.
    tube_voltage_kv : float
    bowtie : str
    filter : str
        Additional flat filter; empty: none.
    ctdi_w_mgy_per_100mas : float
        In the CTDI phantom of the acquisition, at its collimation.
    photons_per_mas : float
    calibration_id : str
    calibration_relative_standard_error : float
    hvl_mm_al, mean_energy_kev : float
        On the central ray behind the bowtie.
    """

    tube: str
    tube_voltage_kv: float
    bowtie: str
    filter: str
    ctdi_w_mgy_per_100mas: float
    photons_per_mas: float
    calibration_id: str
    calibration_relative_standard_error: float
    hvl_mm_al: float
    mean_energy_kev: float
