"""The primary that reaches the detector through a body, ray by ray."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.imaging.detector import Detector
from ctdose.kernels.tables import F64
from ctdose.scanner.model import Scanner

LINES = 120  # energies of a spectrum at most; more change no noise by 0.1 %


@dataclass(frozen=True)
class ImagingBeam:
    """A beam as the detector needs it.

    Parameters
    ----------
    energies_kev : float64 ndarray [energies]
    photons_per_cm2_mas : float64 ndarray [energies]
        At the isocentre, behind the flat filters and before the bowtie, without a body.
    bowtie_per_cm : float64 ndarray [energies]
        Attenuation coefficient of the bowtie.
    scanner : Scanner
    bowtie : str
    """

    energies_kev: F64
    photons_per_cm2_mas: F64
    bowtie_per_cm: F64
    scanner: Scanner
    bowtie: str

    @property
    def radius_mm(self) -> float:
        """Source to isocentre."""
        return self.scanner.geometry.source_isocentre_distance_mm

    def behind_bowtie(self, fan_angle_rad: F64) -> F64:
        """Photons per cm2 (at the isocentre's distance) and mAs on rays, [rays, energies]."""
        thickness_cm = self.scanner.bowtie_thickness_mm(self.bowtie, np.abs(fan_angle_rad)) / 10.0
        return self.photons_per_cm2_mas * np.exp(-np.multiply.outer(thickness_cm, self.bowtie_per_cm))


def imaging_beam(
    scanner: Scanner,
    tube_voltage_kv: float,
    bowtie: str,
    photons_per_sr_mas: float,
    filter: str | None = None,
) -> ImagingBeam:
    """Describe a beam for the detector.

    Parameters
    ----------
    scanner : Scanner
    tube_voltage_kv : float
    bowtie : str
    photons_per_sr_mas : float
        Photons of all energies behind the flat filters, per steradian and mAs: `Calibration.photons_per_mas` over
        `CTBeam.emitted`.
    filter : str, optional
        An additional flat filter of the scanner.
    """
    from ctdose.physics.cross_sections import linear_attenuation
    from ctdose.physics.materials import Material
    from ctdose.simulation.ct_beam import tube_output

    spectrum = tube_output(scanner, tube_voltage_kv, filter)
    spectrum = spectrum.joined(max(1, spectrum.energies_kev.size // LINES))
    weights = np.asarray(spectrum.weights, np.float64)
    used = weights > 0.0
    energies = np.asarray(spectrum.energies_kev, np.float64)[used]
    radius_cm = scanner.geometry.source_isocentre_distance_mm / 10.0
    return ImagingBeam(
        energies_kev=energies,
        photons_per_cm2_mas=photons_per_sr_mas / radius_cm**2 * weights[used] / weights.sum(),
        bowtie_per_cm=linear_attenuation(Material(scanner.bowtie_material(bowtie)), energies),
        scanner=scanner,
        bowtie=bowtie,
    )


@dataclass(frozen=True)
class Arrived:
    """The detected primary on some rays, per mAs and cm2 at the isocentre's distance.

    Parameters
    ----------
    signal, variance : float64 ndarray [rays]
        Mean signal, and its Poisson variance: Σ n η u and Σ n η u², u the signal of one photon.
    share : float64 ndarray [rays, energies]
        Share of each energy in the signal.
    """

    signal: F64
    variance: F64
    share: F64

    @property
    def quanta(self) -> F64:
        """Noise-equivalent quanta, signal² / variance, [rays]."""
        return self.signal**2 / self.variance


def arrived(
    beam: ImagingBeam, detector: Detector, fan_angle_rad: F64, areal: F64, mass_per_cm2: F64
) -> Arrived:
    """Send the beam through a body.

    Parameters
    ----------
    beam : ImagingBeam
    detector : Detector
    fan_angle_rad : float64 ndarray [rays]
    areal : float64 ndarray [rays, materials]
        Mass per area on each ray, g/cm2.
    mass_per_cm2 : float64 ndarray [materials, energies]
        Mass attenuation coefficients, cm2/g.
    """
    crossed = areal.any(axis=0)  # most materials of a body are not in one slice
    photons = beam.behind_bowtie(fan_angle_rad) * np.exp(-areal[:, crossed] @ mass_per_cm2[crossed])
    each = photons * detector.gain(beam.energies_kev)
    signal = each.sum(axis=1)
    variance = photons @ detector.gain_squared(beam.energies_kev) * (1.0 + detector.scatter_to_primary)
    return Arrived(signal, variance, each / signal[:, None])
