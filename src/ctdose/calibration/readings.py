"""Single readings of a file of measurements, each with its error and with what the model gives for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ctdose.calibration.measurements import BeamReadings, Measurements, Profile
from ctdose.calibration.source_model import SourceModel
from ctdose.faults import KeyPath
from ctdose.kernels.tables import F64
from ctdose.scanner.model import Scanner

HVL, SECOND_HVL, AIR_KERMA, CTDI_AIR, CENTRE, PERIPHERY, PROFILE = (
    "HVL1",
    "HVL2",
    "air kerma",
    "CTDI in air",
    "CTDI centre",
    "CTDI periphery",
    "profile",
)
ABSOLUTE = (AIR_KERMA, CTDI_AIR, CENTRE, PERIPHERY)
UNITS = {HVL: "mm Al", SECOND_HVL: "mm Al", PROFILE: ""} | dict.fromkeys(ABSOLUTE, "mGy/100 mAs")


@dataclass(frozen=True)
class Reading:
    """One number that was measured.

    Attributes
    ----------
    kind : str
        One of the constants of this module.
    bowtie : str
    tube_voltage_kv : float
    value, error : float
        Error: one sigma of the reading, without what is common to all readings in mGy.
    path : tuple
        Where it stands in the file.
    phantom_cm : int
        0 if it is not in a phantom.
    profile : int
        Number of its profile; -1 if it is of none.
    fan_angle_rad : float
    distance_factor : float
        What the reading of a profile must be multiplied by to hold at equal distance from the focus.
    """

    kind: str
    bowtie: str
    tube_voltage_kv: float
    value: float
    error: float
    path: KeyPath
    phantom_cm: int = 0
    profile: int = -1
    fan_angle_rad: float = 0.0
    distance_factor: float = 1.0

    @property
    def label(self) -> str:
        """Name for a table, for example ``body 120 kV, CTDI centre, 32 cm``."""
        parts = [f"{self.bowtie} {self.tube_voltage_kv:g} kV", self.kind]
        if self.phantom_cm:
            parts.append(f"{self.phantom_cm} cm")
        if self.profile >= 0:
            parts.append(f"{np.rad2deg(self.fan_angle_rad):.4g} deg")
        return ", ".join(parts)


def readings_of(measurements: Measurements, source_isocentre_distance_mm: float) -> list[Reading]:
    """All readings of a file, beams first, in its order."""
    found: list[Reading] = []
    for i, beam in enumerate(measurements.beams):
        found += _of_beam(measurements, beam, ("beams", i))
    for i, profile in enumerate(measurements.profiles):
        found += _of_profile(measurements, profile, i, source_isocentre_distance_mm)
    return found


def _of_beam(measurements: Measurements, beam: BeamReadings, path: KeyPath) -> Iterator[Reading]:
    errors = measurements.errors_of(beam)
    place = (beam.bowtie, beam.tube_voltage_kv)
    for kind, key, relative in (
        (HVL, "hvl_mm", errors.hvl),
        (SECOND_HVL, "second_hvl_mm", errors.second_hvl),
        (AIR_KERMA, "air_kerma_mgy_per_100mas", errors.air_kerma),
        (CTDI_AIR, "ctdi_air_mgy_per_100mas", errors.air_kerma),
    ):
        value = getattr(beam, key)
        if value is not None:
            yield Reading(kind, *place, value, relative * value, (*path, key))
    for j, reading in enumerate(beam.ctdi):
        for kind, key in ((CENTRE, "centre_mgy_per_100mas"), (PERIPHERY, "periphery_mgy_per_100mas")):
            value = getattr(reading, key)
            if value is not None:
                where = (*path, "ctdi", j, key)
                yield Reading(kind, *place, value, errors.ctdi * value, where, reading.phantom_cm)


def _of_profile(
    measurements: Measurements, profile: Profile, number: int, distance_mm: float
) -> Iterator[Reading]:
    relative = measurements.errors_of(profile).profile
    angles, factors = profile_places(profile, distance_mm)
    for j, value in enumerate(profile.relative_air_kerma):
        yield Reading(
            PROFILE,
            profile.bowtie,
            profile.tube_voltage_kv,
            value,
            relative * value,
            ("profiles", number, "relative_air_kerma", j),
            profile=number,
            fan_angle_rad=float(angles[j]),
            distance_factor=float(factors[j]),
        )


def profile_places(profile: Profile, distance_mm: float) -> tuple[F64, F64]:
    """Fan angles of a profile (rad), and the factors that bring its readings to equal distance.

    A chamber on the line across the central ray at the axis is farther from the focus by 1/cos of the fan angle.
    """
    if profile.fan_angle_deg is not None:
        angles = np.deg2rad(np.asarray(profile.fan_angle_deg, np.float64))
        return angles, np.ones_like(angles)
    angles = np.arctan(np.asarray(profile.off_axis_mm, np.float64) / distance_mm)
    return angles, 1.0 / np.cos(angles) ** 2


def predictions(model: SourceModel, scanner: Scanner, readings: list[Reading]) -> F64:
    """What a source gives for each reading: absolute ones for the tungsten model, profiles relative to the centre."""
    found = np.empty(len(readings))
    known: dict[tuple, F64 | tuple[float, float]] = {}
    passed: dict[int, int] = {}
    for i, r in enumerate(readings):
        beam = (r.bowtie, r.tube_voltage_kv)
        if r.kind in (HVL, SECOND_HVL):
            key: tuple = ("layers", *beam)
            if key not in known:
                known[key] = model.half_value_layers_mm(scanner, *beam)
            found[i] = known[key][0 if r.kind == HVL else 1]
        elif r.kind == AIR_KERMA:
            found[i] = model.air_kerma_mgy(scanner, *beam)
        elif r.kind == CTDI_AIR:
            found[i] = model.ctdi_air_mgy(scanner, *beam)
        elif r.kind == PROFILE:
            key = ("profile", *beam, r.profile)
            if key not in known:
                angles = np.array([x.fan_angle_rad for x in readings if x.profile == r.profile])
                known[key] = model.profile(scanner, *beam, angles)
            place = passed.get(r.profile, 0)
            passed[r.profile] = place + 1
            found[i] = known[key][place] / r.distance_factor
        else:
            key = ("phantom", *beam, r.phantom_cm)
            if key not in known:
                known[key] = model.ctdi_mgy(scanner, *beam, r.phantom_cm)[0]
            found[i] = known[key][0 if r.kind == CENTRE else 1]
    return found


def simulation_covariance(model: SourceModel, scanner: Scanner, readings: list[Reading]) -> F64:
    """Relative covariance of the predictions from the simulated response, [readings, readings].

    All CTDI of one phantom come from the same simulated cells: their errors are common to a large part. Those of
    centre and periphery come from different scores, and are taken as independent.
    """
    covariance = np.zeros((len(readings), len(readings)))
    for size in {r.phantom_cm for r in readings if r.phantom_cm}:
        response = model.responses[size]
        for part, kind in enumerate((CENTRE, PERIPHERY)):
            chosen = [i for i, r in enumerate(readings) if r.phantom_cm == size and r.kind == kind]
            rows = []
            for i in chosen:
                beam = (readings[i].bowtie, readings[i].tube_voltage_kv)
                weights = response.cell_weights(*model.photons(scanner, *beam, size))
                total = float((response.mgy_per_photon[part] * weights).sum())
                rows.append((response.standard_error[part] * weights).ravel() / total)
            if chosen:
                covariance[np.ix_(chosen, chosen)] = np.array(rows) @ np.array(rows).T
    return covariance
