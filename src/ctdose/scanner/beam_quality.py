"""Quality and output of a scanner's beam on its central ray, from the model of its tube; nothing is simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ctdose.phantoms.couch_shape import CouchShape
    from ctdose.physics.spectra import Spectrum
    from ctdose.scanner.model import Scanner


@dataclass(frozen=True)
class BeamQuality:
    """One beam on its central ray, behind all filters.

    Attributes
    ----------
    tube_voltage_kv : float
    filter : str or None
        Additional filter.
    hvl_mm, second_hvl_mm : float
        First and second half-value layer, mm Al.
    mean_energy_kev : float
        By fluence.
    air_kerma_mgy_per_100mas : float
        Free in air on the axis, the tube standing still: of a tungsten tube without losses, so an estimate.
    """

    tube_voltage_kv: float
    filter: str | None
    hvl_mm: float
    second_hvl_mm: float
    mean_energy_kev: float
    air_kerma_mgy_per_100mas: float


def central_spectrum(
    scanner: Scanner, tube_voltage_kv: float, bowtie: str, filter: str | None = None
) -> Spectrum:
    """Spectrum on the central ray, behind all filters and the bowtie; photons/cm² per mAs at 1 m.

    Raises
    ------
    CtdoseError
        The scanner has no such bowtie or filter.
    """
    from ctdose.physics.spectra import tube_spectrum

    centre_mm = float(scanner.bowtie_thickness_mm(bowtie, np.zeros(1))[0])
    layers = scanner.filtration_mm(filter)
    material = scanner.bowtie_material(bowtie)
    layers[material] = layers.get(material, 0.0) + centre_mm
    return tube_spectrum(tube_voltage_kv, scanner.geometry.anode_angle_deg, layers)


def beam_quality(
    scanner: Scanner, tube_voltage_kv: float, bowtie: str, filter: str | None = None
) -> BeamQuality:
    """Give half-value layers, mean energy and air kerma of a beam; see `central_spectrum`."""
    spectrum = central_spectrum(scanner, tube_voltage_kv, bowtie, filter)
    per_mas_at_axis_ugy = spectrum.air_kerma() * (1000.0 / scanner.geometry.source_isocentre_distance_mm) ** 2
    return BeamQuality(
        tube_voltage_kv,
        filter,
        spectrum.hvl_mm(),
        spectrum.second_hvl_mm(),
        spectrum.mean_energy_kev,
        per_mas_at_axis_ugy * 100.0 / 1000.0,
    )


def bowtie_kerma(
    scanner: Scanner, tube_voltage_kv: float, bowtie: str, fan_angle_rad: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Air kerma behind a bowtie at equal distance, relative to the beam without it, at fan angles (rad), [n]."""
    from ctdose.physics.cross_sections import linear_attenuation
    from ctdose.physics.materials import Material
    from ctdose.physics.spectra import tube_spectrum

    tube = tube_spectrum(tube_voltage_kv, scanner.geometry.anode_angle_deg, scanner.filtration_mm())
    kerma = tube.kerma_by_energy()
    mu = linear_attenuation(Material(scanner.bowtie_material(bowtie)), tube.energies_kev)
    thickness_cm = scanner.bowtie_thickness_mm(bowtie, fan_angle_rad)[:, None] / 10.0
    return np.asarray(np.exp(-thickness_cm * mu) @ kerma / kerma.sum())


def couch_attenuation(scanner: Scanner, tube_voltage_kv: float, bowtie: str, shape: CouchShape) -> float:
    """Share of the air kerma that the table takes out of the central ray from straight below (narrow beam)."""
    from ctdose.phantoms.couch_shape import transmission

    spectrum = central_spectrum(scanner, tube_voltage_kv, bowtie)
    kerma = spectrum.kerma_by_energy()
    return float(1.0 - kerma @ transmission(shape, spectrum.energies_kev) / kerma.sum())
