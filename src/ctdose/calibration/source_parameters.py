"""The parameters of an equivalent source: where they begin, how far the base scanner is believed, what they change.

After A. C. Turner et al. (Med. Phys. 36 (2009) 2154-2164) half-value layers determine the spectrum and the profile
behind the bowtie determines the filter across the fan. Here both are fitted at once, and CTDI in phantoms, which
scattered photons of the whole fan reach, takes part. Thickness is fitted of one flat filter; every bowtie is that of
the base scanner stretched in thickness and in angle (and, of the formula of four parameters, in its steepness), or a
thickness at each angle of a profile.

The base scanner is a weak witness: of each parameter it says a value and a `SPREAD`. What the measurements determine
hardly feels it; what they do not determine stays at it, and the report says so. Exactly degenerate parameters are not
fitted at all: of flat filter and central thickness of the first bowtie only the sum can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ctdose.calibration.measurements import Measurements
from ctdose.calibration.readings import ABSOLUTE, PROFILE, Reading, profile_places
from ctdose.scanner.bowtie import Bowtie
from ctdose.scanner.model import Scanner

SPREAD = 0.5  # one sigma of the base scanner, of a logarithm; the three bowties of generic-64 differ by 0.2 in theirs
CENTRE_SPREAD_MM = 2.0
THICKNESS_SPREAD_MM = 10.0
FACTOR_SPREAD = 2.0  # of the logarithm of an output or a normalisation: as good as unknown
LEAST_FILTRATION_MM = 0.01
LEAST_RISE = 1e-3  # of a parameter of a bowtie that is flat, so that it has a logarithm
DEGREES = 4  # decimals of the angles of a table


@dataclass(frozen=True)
class Parameter:
    """One number of the fit.

    Attributes
    ----------
    name : str
        For people: ``filtration aluminium``, ``bowtie body: angle``.
    unit : str
        Of `shown`.
    start, spread : float
        Value and one sigma that the base scanner gives, in the scale of the fit.
    low, high : float
        Bounds in that scale.
    shown : callable
        From that scale to what is shown.
    bowtie : str
        The bowtie that it shapes; empty for none.
    role : str
        ``filtration``, ``angle``, ``rise``, ``p``, ``centre``, ``table``, ``output``, ``scale``.
    place : float
        Tube voltage of an output (kV), number of a profile, fan angle of a table (deg).
    """

    name: str
    unit: str
    start: float
    spread: float
    low: float
    high: float
    shown: Callable[[float], float]
    bowtie: str
    role: str
    place: float = 0.0

    @property
    def is_logarithm(self) -> bool:
        """Whether the fit sees its logarithm."""
        return self.role not in ("centre", "table")


def parameters_of(measurements: Measurements, base: Scanner, readings: list[Reading]) -> list[Parameter]:
    """Parameters that the readings could say something about."""
    found = [_filtration(measurements.filtration_material, base)]
    shaped = {r.bowtie for r in readings if r.kind == PROFILE or r.kind in ABSOLUTE}
    seen = [name for name in base.bowties if any(r.bowtie == name and r.kind != PROFILE for r in readings)]
    for name in base.bowties:
        if name in seen[1:]:
            found.append(_centre(name, base.bowties[name]))
        if name in shaped:
            angles = table_angles_deg(measurements, name, base)
            found += _table(name, base, angles) if angles else _stretches(name, base.bowties[name])
    for kv in sorted({r.tube_voltage_kv for r in readings if r.kind in ABSOLUTE}):
        found.append(_factor(f"output at {kv:g} kV", "output", kv))
    for number in sorted({r.profile for r in readings if r.profile >= 0}):
        first = next(r for r in readings if r.profile == number)
        largest = max(r.value * r.distance_factor for r in readings if r.profile == number)
        name = f"scale of the profile of {first.bowtie} at {first.tube_voltage_kv:g} kV"
        found.append(_factor(name, "scale", float(number), largest))
    return found


def table_angles_deg(measurements: Measurements, bowtie: str, base: Scanner) -> list[float]:
    """Angles off the central ray at which a thickness is fitted; empty for a formula."""
    distance = base.geometry.source_isocentre_distance_mm
    found: set[float] = set()
    for profile in measurements.profiles:
        if profile.bowtie == bowtie and profile.shape == "table":
            degrees = np.rad2deg(np.abs(profile_places(profile, distance)[0]))
            found |= {round(float(angle), DEGREES) for angle in degrees}
    return sorted(found - {0.0})


def _filtration(material: str, base: Scanner) -> Parameter:
    start = max(base.inherent_filtration_mm.get(material, 0.0), 1.0)
    bounds = (math.log(LEAST_FILTRATION_MM / start), math.log(100.0 / start))
    return Parameter(
        f"filtration {material}", "mm", 0.0, SPREAD, *bounds, partial(_grown, start), "", "filtration"
    )


def _centre(name: str, bowtie: Bowtie) -> Parameter:
    start = float(bowtie.thickness_mm(np.zeros(1))[0])
    return Parameter(
        f"bowtie {name}: centre", "mm", start, CENTRE_SPREAD_MM, 0.0, 50.0, lambda x: x, name, "centre"
    )


def _stretches(name: str, bowtie: Bowtie) -> list[Parameter]:
    """Of a formula its own three parameters, of a table what angle and thickness are multiplied by."""
    is_formula = bowtie.table_deg_mm is None
    roles = {"angle": (bowtie.angle_rad, 1.0, "rad"), "rise": (bowtie.rise_mm, 200.0, "mm")}
    if is_formula:
        roles["p"] = (bowtie.p, 20.0, "")
    found = []
    for role, (value, most, unit) in roles.items():
        start = max(value, LEAST_RISE) if is_formula and value is not None else 1.0
        high = min(2.0, math.log(most / start)) if is_formula else 2.0
        found.append(
            Parameter(
                f"bowtie {name}: {role}",
                unit if is_formula else "of base",
                0.0,
                SPREAD,
                -2.0,
                high,
                partial(_grown, start),
                name,
                role,
            )
        )
    return found


def _grown(start: float, logarithm: float) -> float:
    return start * math.exp(logarithm)


def _table(name: str, base: Scanner, angles_deg: list[float]) -> list[Parameter]:
    starts = base.bowtie_thickness_mm(name, np.deg2rad(angles_deg))
    return [
        Parameter(
            f"bowtie {name}: thickness at {angle:.4g} deg",
            "mm",
            float(start),
            THICKNESS_SPREAD_MM,
            0.0,
            100.0,
            lambda x: x,
            name,
            "table",
            angle,
        )
        for angle, start in zip(angles_deg, starts, strict=True)
    ]


def _factor(name: str, role: str, place: float, start: float = 1.0) -> Parameter:
    return Parameter(name, "", math.log(start), FACTOR_SPREAD, -12.0, 12.0, math.exp, "", role, place)
