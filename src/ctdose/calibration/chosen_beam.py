"""A beam as an acquisition chose it: its tables, and its photons per mAs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ctdose.calibration import calibrate as calibration
from ctdose.calibration.calibrate import Calibration, Measured
from ctdose.exam.beam_choice import FIRST_TUBE, BeamChoice
from ctdose.scanner.model import Scanner
from ctdose.simulation.ct_beam import CTBeam, build_ct_beam
from ctdose.simulation.runner import Progress


def build_chosen_beam(scanner: Scanner, choice: BeamChoice, *, off_focal: bool = False) -> CTBeam:
    """Build the beam of a scanner that an acquisition chose; see `build_ct_beam`."""
    return build_ct_beam(
        _seen_from(scanner, choice),
        choice.tube_voltage_kv,
        choice.bowtie,
        choice.collimation_mm,
        gantry_tilt_deg=choice.gantry_tilt_deg,
        **_focus_and_filter(choice, off_focal),
    )


def calibrate_chosen_beam(
    scanner: Scanner,
    choice: BeamChoice,
    ctdi_phantom_cm: int,
    *,
    off_focal: bool = False,
    threads: int = 1,
    progress: Progress | None = None,
    measured: Measured | None = None,
) -> Calibration:
    """Photons per mAs and CTDI_w per mAs of a beam that an acquisition chose; see `calibrate`.

    The second tube is one like the first: it is calibrated as the first is at its voltage, bowtie and filter, and emits
    the part of those photons that its fan lets through.
    """
    found = calibration.calibrate(
        scanner,
        choice.tube_voltage_kv,
        choice.bowtie,
        choice.collimation_mm,
        ctdi_phantom_cm=ctdi_phantom_cm,
        threads=threads,
        progress=progress,
        measured=measured,
        **_focus_and_filter(choice, off_focal),
    )
    if choice.tube == FIRST_TUBE:
        return found
    own, first = (build_chosen_beam(scanner, each) for each in (choice, replace(choice, tube=FIRST_TUBE)))
    photons = found.photons_per_mas * own.emitted / first.emitted
    return replace(found, photons_per_mas=photons)


def calibration_choice(choice: BeamChoice) -> BeamChoice:
    """The part of a choice that its calibration depends on: two equal ones are calibrated once."""
    return replace(choice, tube=FIRST_TUBE, collimation_mm=0.0, gantry_tilt_deg=0.0)


def is_chosen_beam_calibrated(
    scanner: Scanner, choice: BeamChoice, ctdi_phantom_cm: int, *, off_focal: bool = False
) -> bool:
    """Whether the calibration of such a beam is in the cache."""
    return calibration.is_calibrated(
        scanner,
        choice.tube_voltage_kv,
        choice.bowtie,
        ctdi_phantom_cm=ctdi_phantom_cm,
        **_focus_and_filter(choice, off_focal),
    )


def _focus_and_filter(choice: BeamChoice, off_focal: bool) -> dict[str, Any]:
    return {"filter": choice.filter, "focal_spot": choice.focal_spot, "off_focal": off_focal}


def _seen_from(scanner: Scanner, choice: BeamChoice) -> Scanner:
    """The scanner with the fan of the tube that emits the beam."""
    if choice.tube == FIRST_TUBE:
        return scanner
    assert scanner.second_tube is not None
    geometry = scanner.geometry.model_copy(update={"fan_angle_deg": scanner.second_tube.fan_angle_deg})
    return scanner.model_copy(update={"geometry": geometry})
