"""A beam as an acquisition chose it: its tables, and its photons per mAs."""

from __future__ import annotations

from dataclasses import replace

from ctdose.calibration.calibrate import Calibration, calibrate, is_calibrated
from ctdose.exam.beam_choice import BeamChoice
from ctdose.scanner.model import Scanner
from ctdose.simulation.ct_beam import CTBeam, build_ct_beam
from ctdose.simulation.runner import Progress


def build_chosen_beam(scanner: Scanner, choice: BeamChoice, *, off_focal: bool = False) -> CTBeam:
    """Build the beam of a scanner that an acquisition chose; see `build_ct_beam`."""
    return build_ct_beam(
        scanner,
        choice.tube_voltage_kv,
        choice.bowtie,
        choice.collimation_mm,
        filter=choice.filter,
        focal_spot=choice.focal_spot,
        off_focal=off_focal,
        gantry_tilt_deg=choice.gantry_tilt_deg,
    )


def calibrate_chosen_beam(
    scanner: Scanner,
    choice: BeamChoice,
    ctdi_phantom_cm: int,
    *,
    off_focal: bool = False,
    threads: int = 1,
    progress: Progress | None = None,
) -> Calibration:
    """Photons per mAs and CTDI_w per mAs of a beam that an acquisition chose; see `calibrate`."""
    return calibrate(
        scanner,
        choice.tube_voltage_kv,
        choice.bowtie,
        choice.collimation_mm,
        ctdi_phantom_cm=ctdi_phantom_cm,
        filter=choice.filter,
        focal_spot=choice.focal_spot,
        off_focal=off_focal,
        threads=threads,
        progress=progress,
    )


def calibration_choice(choice: BeamChoice) -> BeamChoice:
    """The part of a choice that its calibration depends on: two equal ones are calibrated once."""
    return replace(choice, collimation_mm=0.0, gantry_tilt_deg=0.0)


def is_chosen_beam_calibrated(
    scanner: Scanner, choice: BeamChoice, ctdi_phantom_cm: int, *, off_focal: bool = False
) -> bool:
    """Whether the calibration of such a beam is in the cache."""
    return is_calibrated(
        scanner,
        choice.tube_voltage_kv,
        choice.bowtie,
        ctdi_phantom_cm=ctdi_phantom_cm,
        filter=choice.filter,
        focal_spot=choice.focal_spot,
        off_focal=off_focal,
    )
