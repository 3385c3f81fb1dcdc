"""A CTDI measurement to be simulated, and the cache of those that were."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from ctdose.calibration.ctdi import SimulatedCTDI, ctdi_tables, simulate_ctdi
from ctdose.calibration.kept_results import keep_result, kept_result
from ctdose.calibration.reference_beam import ctdi_collimation_mm
from ctdose.kernels.tables import Tables
from ctdose.scanner.model import Scanner
from ctdose.simulation.compiled import kernel_sha256
from ctdose.simulation.ct_beam import CTBeam, build_ct_beam
from ctdose.simulation.runner import Progress
from ctdose.simulation.scoring import Composite


class CTDICase(NamedTuple):
    """A CTDI measurement: the beam of the stated output (of a wide one its reference), in the CTDI phantom."""

    beam: CTBeam
    tables: Tables
    composites: list[Composite]
    collimation_mm: float


def ctdi_case(
    scanner: Scanner,
    tube_voltage_kv: float,
    bowtie: str,
    phantom_cm: int,
    filter: str | None,
    focal_spot: str | None,
    off_focal: bool,
) -> CTDICase:
    """Prepare the measurement of a beam without tilt; parameters as `build_ct_beam`."""
    collimation_mm = ctdi_collimation_mm(scanner)
    focus: dict[str, Any] = {"focal_spot": focal_spot, "off_focal": off_focal}
    beam = build_ct_beam(scanner, tube_voltage_kv, bowtie, collimation_mm, filter=filter, **focus)
    return CTDICase(beam, *ctdi_tables(beam, phantom_cm), collimation_mm)


def simulated_case(
    case: CTDICase, precision: float, threads: int, progress: Progress | None
) -> tuple[str, CTBeam, SimulatedCTDI]:
    """Give the identity of a measurement, its beam and its result, from the cache if it is there."""
    identity = identity_of(case.tables, case.collimation_mm, precision)
    found = _cached(identity)
    if found is None:
        found = simulate_ctdi(
            case.tables,
            case.composites,
            case.collimation_mm,
            relative_standard_error=precision,
            threads=threads,
            progress=progress,
        )
        _keep(identity, found)
    return identity, case.beam, found


def is_cached(case: CTDICase, precision: float) -> bool:
    """Whether the result of a measurement is in the cache."""
    return _cached(identity_of(case.tables, case.collimation_mm, precision)) is not None


def identity_of(tables: Tables, collimation_mm: float, precision: float) -> str:
    """Hash of the kernel and of every table that it reads: nothing that matters can be forgotten."""
    digest = hashlib.sha256(f"{kernel_sha256()} {collimation_mm!r} {precision!r}".encode())
    for group in tables:
        for value in group:
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return digest.hexdigest()[:32]


def _cached(identity: str) -> SimulatedCTDI | None:
    return kept_result(identity, SimulatedCTDI)


def _keep(identity: str, simulated: SimulatedCTDI) -> None:
    keep_result(identity, asdict(simulated))
