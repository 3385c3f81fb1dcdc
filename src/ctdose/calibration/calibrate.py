"""Absolute output: photons per mAs, from the CTDI_w that the scanner's file states and the simulated one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ctdose.calibration.ctdi import SimulatedCTDI
from ctdose.calibration.ctdi_case import ctdi_case, is_cached, simulated_case
from ctdose.calibration.reference_beam import ctdi_collimation_mm
from ctdose.errors import CtdoseError
from ctdose.scanner.model import Scanner
from ctdose.simulation.ct_beam import CTBeam, build_ct_beam
from ctdose.simulation.runner import Progress

RELATIVE_STANDARD_ERROR = 1e-3

Simulated = tuple[str, CTBeam, SimulatedCTDI]
"""Identity of a CTDI measurement, its beam and its result."""
Measured = Callable[[str | None], Simulated]


@dataclass(frozen=True)
class Calibration:
    """Absolute output of one beam.

    Attributes
    ----------
    calibration_id : str
        Hash of everything the simulated part depends on; exams that share it share its error.
    photons_per_mas : float
        Photons that leave bowtie and collimator for one mAs.
    relative_standard_error : float
        Statistical, of the simulated CTDI_w.
    relative_systematic_error : float
        Of the stated output.
    ctdi_w_mgy_per_100mas : float
        At the acquisition's collimation.
    ctdi_phantom_cm : int
    center_to_periphery : float
        Simulated CTDI_100 in the centre over that in the periphery.
    histories : int
    """

    calibration_id: str
    photons_per_mas: float
    relative_standard_error: float
    relative_systematic_error: float
    ctdi_w_mgy_per_100mas: float
    ctdi_phantom_cm: int
    center_to_periphery: float
    histories: int

    @property
    def relative_error(self) -> float:
        """Stated output and simulated CTDI_w together; common to all organs."""
        return float(np.hypot(self.relative_standard_error, self.relative_systematic_error))


def calibrate(
    scanner: Scanner,
    tube_voltage_kv: float,
    bowtie: str,
    collimation_mm: float,
    *,
    ctdi_phantom_cm: int | None = None,
    filter: str | None = None,
    focal_spot: str | None = None,
    off_focal: bool = False,
    relative_standard_error: float = RELATIVE_STANDARD_ERROR,
    threads: int = 1,
    progress: Progress | None = None,
    measured: Measured | None = None,
) -> Calibration:
    """Photons per mAs of a beam.

    The source is simulated at the collimation for which the output is stated, in the CTDI phantom of the bowtie; if
    that is more than 40 mm, at the reference beam that defines its CTDI (`ctdi_collimation_mm`). On the central ray
    photons per mAs and solid angle are the same at every collimation. Behind an additional filter for which no output
    is stated, the tube emits the photons that it emits without one, and the model says how many the filter lets
    through; its CTDI_w is then simulated, not stated.

    Parameters
    ----------
    scanner : Scanner
    tube_voltage_kv : float
    bowtie : str
    collimation_mm : float
        Of the acquisition.
    ctdi_phantom_cm : int, optional
        16 or 32: the CTDI phantom in which the acquisition's CTDI_vol is stated; default: that of the bowtie.
    filter, focal_spot, off_focal
        As in `build_ct_beam`. A CTDI is measured without tilt.
    relative_standard_error : float
        Of the simulated CTDI_w.
    threads : int
    progress : callable, optional
    measured : callable, optional
        Gives the CTDI measurement behind an additional filter (None: behind none), instead of `simulated_case`.

    Raises
    ------
    CtdoseError
        If the scanner's file states no output for this bowtie in that CTDI phantom.
    """
    phantom_cm = ctdi_phantom_cm or scanner.ctdi_phantom_cm(bowtie)
    stated_behind = stated_filter(scanner, tube_voltage_kv, bowtie, phantom_cm, filter)
    stated = _stated(scanner, tube_voltage_kv, bowtie, phantom_cm, stated_behind)
    here = scanner.ctdi_w_mgy_per_100mas(tube_voltage_kv, bowtie, phantom_cm, collimation_mm, stated_behind)
    assert here is not None

    def simulated(behind: str | None) -> Simulated:
        case = ctdi_case(scanner, tube_voltage_kv, bowtie, phantom_cm, behind, focal_spot, off_focal)
        return simulated_case(case, relative_standard_error, threads, progress)

    of = measured or simulated
    identity, reference, found = of_stated = of(stated_behind)
    focus: dict[str, Any] = {"focal_spot": focal_spot, "off_focal": off_focal}
    beam = build_ct_beam(scanner, tube_voltage_kv, bowtie, collimation_mm, filter=filter, **focus)
    photons = stated / 100.0 / found.weighted * _relative_output(beam, reference)
    if stated_behind != filter:
        identity, found, of_filter = _behind_filter(of_stated, of(filter))
        here *= of_filter
    return _calibration(scanner, phantom_cm, identity, found, photons, here)


def _calibration(
    scanner: Scanner, phantom_cm: int, identity: str, found: SimulatedCTDI, photons: float, here: float
) -> Calibration:
    """Put together what was simulated, photons per mAs and CTDI_w per 100 mAs at the acquisition's collimation."""
    return Calibration(
        calibration_id=identity,
        photons_per_mas=photons,
        relative_standard_error=found.relative_standard_error,
        relative_systematic_error=scanner.output_relative_systematic_error,
        ctdi_w_mgy_per_100mas=here,
        ctdi_phantom_cm=phantom_cm,
        center_to_periphery=found.center / found.periphery,
        histories=found.histories,
    )


def _behind_filter(stated: Simulated, behind: Simulated) -> tuple[str, SimulatedCTDI, float]:
    """Identity and CTDI of a beam whose output is not stated, and its CTDI_w over that of the stated one.

    Its error is that of both simulations.
    """
    (identity, reference, found), (other, beam, found_behind) = stated, behind
    both = hashlib.sha256(f"{identity} {other}".encode()).hexdigest()[:32]
    of_filter = found_behind.weighted / found.weighted * _relative_output(beam, reference)
    error = float(np.hypot(found.relative_standard_error, found_behind.relative_standard_error))
    return both, replace(found_behind, relative_standard_error=error), of_filter


def filters_to_measure(
    scanner: Scanner, tube_voltage_kv: float, bowtie: str, phantom_cm: int, filter: str | None
) -> tuple[str | None, str | None]:
    """The additional filters behind which a beam's CTDI has to be known: that of the stated output, and its own.

    Raises
    ------
    CtdoseError
        If the scanner's file states no output for this bowtie in that CTDI phantom.
    """
    stated_behind = stated_filter(scanner, tube_voltage_kv, bowtie, phantom_cm, filter)
    _stated(scanner, tube_voltage_kv, bowtie, phantom_cm, stated_behind)
    return stated_behind, filter


def stated_filter(
    scanner: Scanner, tube_voltage_kv: float, bowtie: str, phantom_cm: int, filter: str | None
) -> str | None:
    """The additional filter for which the output is stated: the one asked for, else none at all."""
    value = scanner.ctdi_w_mgy_per_100mas(tube_voltage_kv, bowtie, phantom_cm, filter=filter)
    return filter if value is not None else None


def _relative_output(beam: CTBeam, reference: CTBeam) -> float:
    """Photons per mAs of a beam over those of another of the same tube at the same voltage."""
    return beam.emitted / reference.emitted * (beam.tube_fluence / reference.tube_fluence)


def is_calibrated(
    scanner: Scanner,
    tube_voltage_kv: float,
    bowtie: str,
    *,
    ctdi_phantom_cm: int | None = None,
    filter: str | None = None,
    focal_spot: str | None = None,
    off_focal: bool = False,
) -> bool:
    """Whether the calibration of a beam is in the cache; parameters as `calibrate`."""
    phantom_cm = ctdi_phantom_cm or scanner.ctdi_phantom_cm(bowtie)
    cases = (
        ctdi_case(scanner, tube_voltage_kv, bowtie, phantom_cm, behind, focal_spot, off_focal)
        for behind in set(filters_to_measure(scanner, tube_voltage_kv, bowtie, phantom_cm, filter))
    )
    return all(is_cached(case, RELATIVE_STANDARD_ERROR) for case in cases)


def _stated(
    scanner: Scanner, tube_voltage_kv: float, bowtie: str, phantom_cm: int, filter: str | None
) -> float:
    """The output of the scanner's file at `ctdi_collimation_mm`, CTDI_w in mGy per 100 mAs."""
    stated = None
    if scanner.output is not None:
        here = ctdi_collimation_mm(scanner)
        stated = scanner.ctdi_w_mgy_per_100mas(tube_voltage_kv, bowtie, phantom_cm, here, filter)
    if stated is None:
        raise CtdoseError(
            f"scanner={scanner.scanner} (its file states no output for bowtie {bowtie} in the {phantom_cm} cm "
            "phantom, so there is no absolute dose). Add a table under output, or leave ctdi_phantom_cm out."
        )
    return stated
