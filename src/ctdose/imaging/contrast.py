"""CT numbers of small details, in the beam as it was detected, and their ratio to the noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ctdose.imaging.noise import HU, SliceNoise
from ctdose.kernels.tables import F64


def _mass(material: str, energies_kev: F64) -> F64:
    from ctdose.physics.cross_sections import mass_coefficients
    from ctdose.physics.materials import Material

    return mass_coefficients(Material(material), energies_kev).total


def _linear(material: str, energies_kev: F64) -> F64:
    from ctdose.physics.cross_sections import linear_attenuation
    from ctdose.physics.materials import Material

    return linear_attenuation(Material(material), energies_kev)


def iodine(mg_per_ml: float) -> Callable[[F64], F64]:
    """Iodine dissolved in the tissue: what it adds to μ, 1/cm."""
    return lambda energies: mg_per_ml / 1000.0 * _element(53, energies)


def calcium(mg_per_ml: float) -> Callable[[F64], F64]:
    """Calcium added to the tissue."""
    return lambda energies: mg_per_ml / 1000.0 * _element(20, energies)


def between(material: str, background: str) -> Callable[[F64], F64]:
    """One tissue in another: fat in soft tissue, soft tissue in lung."""
    return lambda energies: _linear(material, energies) - _linear(background, energies)


DETAILS: dict[str, Callable[[F64], F64]] = {
    "iodine": iodine(1.0),
    "calcium": calcium(1.0),
    "fat": between("adipose_tissue", "soft_tissue"),
    "soft tissue": between("soft_tissue", "water"),
    "lung lesion": between("soft_tissue", "lung_inflated"),
}
"""Details by name; iodine and calcium at 1 mg/ml."""


def contrast_hu(detail: Callable[[F64], F64], energies_kev: F64, noise: SliceNoise) -> float:
    """CT number that a small detail adds, HU: 1000 Δμ/μ_water, both averaged over the detected signal.

    A small detail changes the logarithm of the signal by Σ share(E) Δμ(E) per length (first order, so without its own
    beam hardening).
    """
    return HU * float(noise.share @ detail(energies_kev)) / noise.water_per_cm


def contrast_to_noise(detail: Callable[[F64], F64], energies_kev: F64, noise: SliceNoise) -> float:
    """Magnitude of the contrast over the noise."""
    return abs(contrast_hu(detail, energies_kev, noise)) / noise.noise_hu


def _element(number: int, energies_kev: F64) -> F64:
    from ctdose.physics.cross_sections import element_coefficients

    return element_coefficients(number, np.asarray(energies_kev)).total
