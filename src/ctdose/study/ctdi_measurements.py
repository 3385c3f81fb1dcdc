"""The CTDI measurements that calibrate a study: those of its base alone, the others relative to them where they can be.

The base is calibrated as in any other run. A beam of a variant has the CTDI of a beam of the base times their ratio,
which comes from histories that both share; so what the base's has of error is in both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ctdose.calibration.calibrate import RELATIVE_STANDARD_ERROR, Simulated
from ctdose.calibration.ctdi import SimulatedCTDI
from ctdose.calibration.ctdi_case import ctdi_case, simulated_case
from ctdose.calibration.ctdi_ratios import CTDIRatios, ctdi_ratios, geometry_of
from ctdose.calibration.reference_beam import ctdi_collimation_mm
from ctdose.execution.calibrated import Progress, stage_of
from ctdose.scanner.model import Scanner
from ctdose.simulation.ct_beam import CTBeam, build_ct_beam
from ctdose.study.ctdi_needed import Measurement


@dataclass(frozen=True)
class Found:
    """A measurement's result, and where its error comes from.

    Parameters
    ----------
    simulated : Simulated
    anchor : str
        Identity of the measurement that it is relative to, or its own.
    anchor_error : float
        Relative standard error of that one's CTDI_w.
    place : int
        In the ratios; 0 for the anchor.
    ratios : CTDIRatios or None
        That it was simulated in.
    """

    simulated: Simulated
    anchor: str
    anchor_error: float
    place: int = 0
    ratios: CTDIRatios | None = None


def relative_covariance(one: Found, other: Found) -> float:
    """Covariance of the relative errors of two CTDI_w."""
    if one.anchor != other.anchor:
        return 0.0
    of_anchor = one.anchor_error**2
    if one.ratios is None or other.ratios is None:
        return of_anchor
    return of_anchor + one.ratios.covariance[one.place][other.place]


def measure(
    of_base: Iterable[Measurement],
    others: Iterable[Measurement],
    scanners: Mapping[str, Scanner],
    threads: int,
    progress: Progress | None,
) -> dict[Measurement, Found]:
    """Simulate all measurements of a study, each once, or take them from the cache.

    Parameters
    ----------
    of_base : iterable of Measurement
        Simulated alone.
    others : iterable of Measurement
        Relative to the first one of the base with their geometry; alone if there is none.
    scanners : mapping of str to Scanner
        By `sha256`.
    threads : int
        The result does not depend on it.
    progress : callable or None
    """
    found = {each: _alone(each, scanners, threads, progress) for each in dict.fromkeys(of_base)}
    anchors: dict[tuple[object, ...], Measurement] = {}
    for each, own in found.items():
        anchors.setdefault(_geometry(each, own.simulated[1], scanners), each)
    related: dict[Measurement, list[tuple[Measurement, CTBeam]]] = {}
    for each in sorted(set(others) - found.keys(), key=str):
        beam = _beam(each, scanners)
        anchor = anchors.get(_geometry(each, beam, scanners))
        if anchor is None:
            found[each] = _alone(each, scanners, threads, progress)
        else:
            related.setdefault(anchor, []).append((each, beam))
    for anchor, members in related.items():
        found |= _relative(found[anchor], anchor, members, threads, progress)
    return found


def _alone(
    each: Measurement, scanners: Mapping[str, Scanner], threads: int, progress: Progress | None
) -> Found:
    case = ctdi_case(scanners[each.scanner_sha256], *each[1:])
    report = stage_of(progress, f"calibration {each.label}")
    simulated = simulated_case(case, RELATIVE_STANDARD_ERROR, threads, report)
    return Found(simulated, simulated[0], simulated[2].relative_standard_error)


def _beam(each: Measurement, scanners: Mapping[str, Scanner]) -> CTBeam:
    scanner = scanners[each.scanner_sha256]
    options: dict[str, Any] = {
        "filter": each.filter,
        "focal_spot": each.focal_spot,
        "off_focal": each.off_focal,
    }
    return build_ct_beam(scanner, each.tube_voltage_kv, each.bowtie, ctdi_collimation_mm(scanner), **options)


def _geometry(each: Measurement, beam: CTBeam, scanners: Mapping[str, Scanner]) -> tuple[object, ...]:
    collimation_mm = ctdi_collimation_mm(scanners[each.scanner_sha256])
    return (each.phantom_cm, collimation_mm, *geometry_of(beam.row))


def _relative(
    base: Found,
    anchor: Measurement,
    members: Sequence[tuple[Measurement, CTBeam]],
    threads: int,
    progress: Progress | None,
) -> dict[Measurement, Found]:
    """Measurements of one geometry, from that of the base and their ratios to it."""
    identity, beam, of_base = base.simulated
    rows = [beam.row, *(each.row for _, each in members)]
    report = stage_of(progress, f"calibration of {len(members)} more")
    of_ratios, ratios = ctdi_ratios(rows, anchor.phantom_cm, threads=threads, progress=report)
    found = {}
    for i, (each, own) in enumerate(members, 1):
        name = hashlib.sha256(f"{identity} {of_ratios} {i}".encode()).hexdigest()[:32]
        simulated = (name, own, _scaled(of_base, ratios, i))
        found[each] = Found(simulated, identity, of_base.relative_standard_error, i, ratios)
    return found


def _scaled(of_base: SimulatedCTDI, ratios: CTDIRatios, i: int) -> SimulatedCTDI:
    error = (of_base.relative_standard_error**2 + ratios.covariance[i][i]) ** 0.5
    center, periphery, weighted = (
        of_base.weighted * each[i] for each in (ratios.center, ratios.periphery, ratios.weighted)
    )
    return SimulatedCTDI(center, periphery, weighted, error, of_base.histories + ratios.histories)
