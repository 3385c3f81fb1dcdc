"""Measurements of a source that a test makes up: read off its own simulation and analytic sums, with errors drawn."""

from __future__ import annotations

import numpy as np

from ctdose.calibration.ctdi_case import ctdi_case, simulated_case
from ctdose.scanner.beam_quality import beam_quality, bowtie_kerma
from ctdose.scanner.library import load_scanner
from ctdose.scanner.model import Scanner
from ctdose.simulation.ct_beam import tube_output
from ctdose.yaml_writer import write_yaml

CM2_PER_SR = 1e4  # at 1 m
OUTPUT = 1.12  # photons of the made-up tube over those of the tungsten model
HVL_ERROR, KERMA_ERROR, CTDI_ERROR, PROFILE_ERROR = 0.015, 0.02, 0.02, 0.015
OFF_AXIS_MM = [0.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0, 210.0, 240.0]


def made_up(
    filtration_mm: float = 5.2, rise_mm: float = 26.0, angle_rad: float = 0.235, p: float = 3.4
) -> Scanner:
    """generic-64 with another filtration and another body bowtie."""
    base = load_scanner("generic-64")
    body = base.bowties["body"].model_copy(update={"rise_mm": rise_mm, "angle_rad": angle_rad, "p": p})
    update = {
        "inherent_filtration_mm": {"aluminium": filtration_mm},
        "bowties": base.bowties | {"body": body},
    }
    return base.model_copy(update=update)


def ctdi_of(scanner: Scanner, kv: float, bowtie: str, phantom_cm: int) -> tuple[float, float]:
    """CTDI_100 in the centre and the periphery, mGy per 100 mAs, by the simulation of the whole beam."""
    case = ctdi_case(scanner, kv, bowtie, phantom_cm, None, None, False)
    _, beam, found = simulated_case(case, 5e-3, 2, None)
    photons = 100.0 * OUTPUT * beam.emitted * float(np.sum(tube_output(scanner, kv).weights)) * CM2_PER_SR
    return photons * found.center, photons * found.periphery


def noisy(rng: np.random.Generator | None, value: float, relative: float) -> float:
    """A reading with its error; None: without."""
    return float(value if rng is None else value * (1.0 + relative * rng.standard_normal()))


def layers(scanner: Scanner, kv: float, bowtie: str, rng: np.random.Generator | None) -> dict[str, float]:
    """Both half-value layers."""
    quality = beam_quality(scanner, kv, bowtie)
    return {
        "hvl_mm": noisy(rng, quality.hvl_mm, HVL_ERROR),
        "second_hvl_mm": noisy(rng, quality.second_hvl_mm, HVL_ERROR),
    }


def in_phantom(scanner: Scanner, kv: float, bowtie: str, phantom_cm: int, rng) -> dict[str, float]:
    """Centre and periphery."""
    centre, periphery = ctdi_of(scanner, kv, bowtie, phantom_cm)
    return {
        "phantom_cm": phantom_cm,
        "centre_mgy_per_100mas": noisy(rng, centre, CTDI_ERROR),
        "periphery_mgy_per_100mas": noisy(rng, periphery, CTDI_ERROR),
    }


def across_the_fan(
    scanner: Scanner, kv: float, bowtie: str, rng, *, shape: str = "formula"
) -> dict[str, object]:
    """A profile on the line across the central ray: farther out the readings also fall with the distance."""
    angles = np.arctan(np.array(OFF_AXIS_MM) / scanner.geometry.source_isocentre_distance_mm)
    kerma = 3.7 * bowtie_kerma(scanner, kv, bowtie, angles) * np.cos(angles) ** 2
    return {
        "bowtie": bowtie,
        "tube_voltage_kv": kv,
        "off_axis_mm": OFF_AXIS_MM,
        "relative_air_kerma": [noisy(rng, float(k), PROFILE_ERROR) for k in kerma],
        "shape": shape,
    }


def file_of(beams: list, profiles: list | None = None, **more: object) -> str:
    """YAML of a file of measurements with the errors that were drawn."""
    errors = {"hvl": HVL_ERROR, "second_hvl": HVL_ERROR, "air_kerma": KERMA_ERROR}
    data = {
        "scanner": "made-up",
        "base": "generic-64",
        "date": "2026-05-12",
        "relative_errors": errors | {"ctdi": CTDI_ERROR, "profile": PROFILE_ERROR},
        "beams": beams,
    }
    return write_yaml(data | ({"profiles": profiles} if profiles else {}) | more)
