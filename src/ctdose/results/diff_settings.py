"""What was not the same in two runs to begin with."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ctdose.results.exam_keys import differing_keys
from ctdose.results.result import Result

KEYS_NAMED = 5
RUN_SHA256 = "run_sha256"
"""By which a batch knows its results; what it follows from is compared itself."""


def different_settings(a: Result, b: Result) -> Iterator[str]:
    """One sentence for each: exams, scanners, bodies, phantoms, histories, seeds, versions, calibrations."""
    keys = differing_keys(a.exam_yaml, b.exam_yaml)
    if keys:
        more = f" and {len(keys) - KEYS_NAMED} more" if len(keys) > KEYS_NAMED else ""
        yield f"different exams: {a.exam!r} and {b.exam!r} differ in {', '.join(keys[:KEYS_NAMED])}{more}"
    if a.scanner_yaml != b.scanner_yaml:
        yield "different scanners, or different versions of one"
    yield from _phantoms(a, b)
    for name, what in (("histories", "histories"), ("seed", "seeds")):
        if getattr(a, name) != getattr(b, name):
            yield f"different {what}: {getattr(a, name)} and {getattr(b, name)}"
    for name in sorted({*a.versions, *b.versions} - {RUN_SHA256}):
        if a.versions.get(name) != b.versions.get(name):
            yield f"different {name}: {a.versions.get(name)} and {b.versions.get(name)}"
    if _calibrations(a) != _calibrations(b):
        yield "different calibrations: their statistical errors are added to those of the doses"


def calibration_error(a: Result, b: Result) -> float:
    """Relative standard error that two different calibrations put between the results."""
    if _calibrations(a) == _calibrations(b):
        return 0.0
    return math.hypot(*(_largest_calibration_error(result) for result in (a, b)))


def _phantoms(a: Result, b: Result) -> Iterator[str]:
    if list(a.bodies) != list(b.bodies):
        yield f"different bodies: {', '.join(a.bodies)} and {', '.join(b.bodies)}"
    for name in [name for name in a.bodies if name in b.bodies]:
        one, other = (result.bodies[name].grid.phantom_sha256 for result in (a, b))
        if one != other:
            yield f"different phantoms: {name} ({one[:12]} and {other[:12]})"


def _calibrations(result: Result) -> list[tuple[str, float]]:
    """Of every beam; a file of format 1.0 knows the acquisition's only one."""
    return [
        (beam.calibration_id, beam.photons_per_mas)
        for each in result.acquisitions
        for beam in (each.beams or (each,))
    ]


def _largest_calibration_error(result: Result) -> float:
    return max(
        (
            beam.calibration_relative_standard_error
            for each in result.acquisitions
            for beam in (each.beams or (each,))
        ),
        default=0.0,
    )
