"""A CTDI measurement to be simulated, and the cache of those that were."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ctdose._cache import cache_dir
from ctdose.calibration.ctdi import SimulatedCTDI, ctdi_tables, simulate_ctdi
from ctdose.kernels.tables import Tables
from ctdose.scanner.model import Scanner
from ctdose.simulation.compiled import kernel_sha256
from ctdose.simulation.ct_beam import CTBeam, build_ct_beam
from ctdose.simulation.runner import Progress
from ctdose.simulation.scoring import Composite


class CTDICase(NamedTuple):
    """A CTDI measurement: the beam at the collimation for which the output is stated, in the CTDI phantom."""

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
    assert scanner.output is not None
    collimation_mm = scanner.output.reference_collimation_mm
    focus: dict[str, Any] = {"focal_spot": focal_spot, "off_focal": off_focal}
    beam = build_ct_beam(scanner, tube_voltage_kv, bowtie, collimation_mm, filter=filter, **focus)
    return CTDICase(beam, *ctdi_tables(beam, phantom_cm), collimation_mm)


def simulated_case(
    case: CTDICase, precision: float, threads: int, progress: Progress | None
) -> tuple[str, CTBeam, SimulatedCTDI]:
    """Give the identity of a measurement, its beam and its result, from the cache if it is there."""
    identity = _identity(case, precision)
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
    return _cached(_identity(case, precision)) is not None


def _identity(case: CTDICase, precision: float) -> str:
    """Hash of the kernel and of every table that it reads: nothing that matters can be forgotten."""
    digest = hashlib.sha256(f"{kernel_sha256()} {case.collimation_mm!r} {precision!r}".encode())
    for group in case.tables:
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
