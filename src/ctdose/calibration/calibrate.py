"""Absolute output: photons per mAs, from the CTDI_w that the scanner's file states and the simulated one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ctdose._cache import cache_dir
from ctdose.calibration.ctdi import SimulatedCTDI, ctdi_tables, simulate_ctdi
from ctdose.calibration.reference_beam import ctdi_collimation_mm
from ctdose.errors import CtdoseError
from ctdose.kernels.tables import Tables
from ctdose.scanner.model import Scanner
from ctdose.simulation.compiled import kernel_sha256
from ctdose.simulation.ct_beam import CTBeam, build_ct_beam
from ctdose.simulation.runner import Progress
from ctdose.simulation.scoring import Composite

RELATIVE_STANDARD_ERROR = 1e-3


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
    relative_standard_error: float = RELATIVE_STANDARD_ERROR,
    threads: int = 1,
    progress: Progress | None = None,
) -> Calibration:
    """Photons per mAs of a beam.

    The source is simulated at the collimation for which the output is stated, in the CTDI phantom of the bowtie; if
    that is more than 40 mm, at the reference beam that defines its CTDI (`ctdi_collimation_mm`). Photons per mAs and
    solid angle are the same at every collimation.

    Parameters
    ----------
    scanner : Scanner
    tube_voltage_kv : float
    bowtie : str
    collimation_mm : float
        Of the acquisition.
    ctdi_phantom_cm : int, optional
        16 or 32: the CTDI phantom in which the acquisition's CTDI_vol is stated; default: that of the bowtie.
    relative_standard_error : float
        Of the simulated CTDI_w.
    threads : int
    progress : callable, optional

    Raises
    ------
    CtdoseError
        If the scanner's file states no output for this bowtie in that CTDI phantom.
    """
    phantom_cm = ctdi_phantom_cm or scanner.ctdi_phantom_cm(bowtie)
    stated = _stated(scanner, tube_voltage_kv, bowtie, phantom_cm)
    reference_mm = ctdi_collimation_mm(scanner)
    reference, tables, composites = _reference(scanner, tube_voltage_kv, bowtie, phantom_cm, reference_mm)
    identity = _identity(tables, reference_mm, relative_standard_error)
    simulated = _cached(identity)
    if simulated is None:
        simulated = simulate_ctdi(
            tables,
            composites,
            reference_mm,
            relative_standard_error=relative_standard_error,
            threads=threads,
            progress=progress,
        )
        _keep(identity, simulated)
    beam = build_ct_beam(scanner, tube_voltage_kv, bowtie, collimation_mm)
    here = scanner.ctdi_w_mgy_per_100mas(tube_voltage_kv, bowtie, phantom_cm, collimation_mm)
    assert here is not None
    return Calibration(
        calibration_id=identity,
        photons_per_mas=stated / 100.0 / simulated.weighted * beam.emitted / reference.emitted,
        relative_standard_error=simulated.relative_standard_error,
        relative_systematic_error=scanner.output_relative_systematic_error,
        ctdi_w_mgy_per_100mas=here,
        ctdi_phantom_cm=phantom_cm,
        center_to_periphery=simulated.center / simulated.periphery,
        histories=simulated.histories,
    )


def is_calibrated(
    scanner: Scanner, tube_voltage_kv: float, bowtie: str, *, ctdi_phantom_cm: int | None = None
) -> bool:
    """Whether the calibration of a beam is in the cache; parameters as `calibrate`."""
    phantom_cm = ctdi_phantom_cm or scanner.ctdi_phantom_cm(bowtie)
    _stated(scanner, tube_voltage_kv, bowtie, phantom_cm)
    reference_mm = ctdi_collimation_mm(scanner)
    _, tables, _ = _reference(scanner, tube_voltage_kv, bowtie, phantom_cm, reference_mm)
    return _cached(_identity(tables, reference_mm, RELATIVE_STANDARD_ERROR)) is not None


def _stated(scanner: Scanner, tube_voltage_kv: float, bowtie: str, phantom_cm: int) -> float:
    """The output of the scanner's file at `ctdi_collimation_mm`, CTDI_w in mGy per 100 mAs."""
    stated = None
    if scanner.output is not None:
        here = ctdi_collimation_mm(scanner)
        stated = scanner.ctdi_w_mgy_per_100mas(tube_voltage_kv, bowtie, phantom_cm, here)
    if stated is None:
        raise CtdoseError(
            f"scanner={scanner.scanner} (its file states no output for bowtie {bowtie} in the {phantom_cm} cm "
            "phantom, so there is no absolute dose). Add a table under output, or leave ctdi_phantom_cm out."
        )
    return stated


def _reference(
    scanner: Scanner, tube_voltage_kv: float, bowtie: str, phantom_cm: int, collimation_mm: float
) -> tuple[CTBeam, Tables, list[Composite]]:
    """The beam for which the output is stated, in the CTDI phantom."""
    beam = build_ct_beam(scanner, tube_voltage_kv, bowtie, collimation_mm)
    return beam, *ctdi_tables(beam, phantom_cm)


def _identity(tables: Tables, collimation_mm: float, precision: float) -> str:
    """Hash of the kernel and of every table that it reads: nothing that matters can be forgotten."""
    digest = hashlib.sha256(f"{kernel_sha256()} {collimation_mm!r} {precision!r}".encode())
    for group in tables:
        for value in group:
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return digest.hexdigest()[:32]


def _file(identity: str) -> Path | None:
    folder = cache_dir("calibration")
    return None if folder is None else folder / f"{identity}.json"


def _cached(identity: str) -> SimulatedCTDI | None:
    path = _file(identity)
    if path is None or not path.is_file():
        return None
    try:
        return SimulatedCTDI(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # damaged: it is made again


def _keep(identity: str, simulated: SimulatedCTDI) -> None:
    path = _file(identity)
    if path is None:
        return
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps(asdict(simulated)), "utf-8")
        part.replace(path)
    except OSError:
        return  # a cache that cannot be written is no cache
