"""What the source of a scanner's file gives at the places where a physicist measures; nothing is simulated anew.

Half-value layers, air kerma and profiles are narrow-beam sums over the tungsten spectrum of the tube, as in
`scanner.beam_quality`; CTDI in a phantom is a sum over the simulated response of its chambers (chamber_response.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from ctdose.calibration.chamber_response import ChamberResponse
from ctdose.calibration.ctdi import CENTER_WEIGHT, PERIPHERY_WEIGHT
from ctdose.calibration.free_in_air import axis_integral_mm
from ctdose.kernels.tables import F64
from ctdose.physics.spectrum import MICROGRAY_PER_KEV_G, layer_mm
from ctdose.scanner.model import Scanner
from ctdose.simulation.beam_tables import BeamRow

SUBSAMPLES = 4  # the bowtie's transmission is averaged over a fan bin
CM2_PER_SR = 1e4  # at 1 m
MGY_PER_UGY, MAS = 1e-3, 100.0


@dataclass(frozen=True)
class SourceModel:
    """Predictions for sources that share their geometry, tube and collimation.

    Attributes
    ----------
    anode_angle_deg : float
    collimation_mm : float
        Nominal, of every CTDI.
    row : BeamRow
        Of a beam of that collimation: its opening and heel effect count.
    responses : dict of int to ChamberResponse
        By diameter of the CTDI phantom, cm: as it lay when it was measured, on the table or not.
    in_air : dict of int to ChamberResponse
        Of phantoms that lay on the table: without it.
    """

    anode_angle_deg: float
    collimation_mm: float
    row: BeamRow
    responses: dict[int, ChamberResponse] = field(default_factory=dict)
    in_air: dict[int, ChamberResponse] = field(default_factory=dict)

    def without_table(self) -> SourceModel:
        """The same with no table under any phantom: what a scanner's file states."""
        return replace(self, responses=self.responses | self.in_air)

    def table_takes(self, scanner: Scanner, bowtie: str, tube_voltage_kv: float, phantom_cm: int) -> float:
        """Share of CTDI_w that the table under a phantom takes up; 0 without one."""
        if phantom_cm not in self.in_air:
            return 0.0
        weights = np.array([CENTER_WEIGHT, PERIPHERY_WEIGHT])
        on_table, in_air = (
            float(weights @ model.ctdi_mgy(scanner, bowtie, tube_voltage_kv, phantom_cm)[0])
            for model in (self, self.without_table())
        )
        return 1.0 - on_table / in_air

    def half_value_layers_mm(
        self, scanner: Scanner, bowtie: str, tube_voltage_kv: float
    ) -> tuple[float, float]:
        """First and second half-value layer on the central ray, mm Al."""
        energies, weights = self._central(scanner, bowtie, tube_voltage_kv)
        kerma, mu = weights * kerma_of_a_photon(energies), attenuation("aluminium", energies)
        first = layer_mm(kerma, mu, 0.5)
        return first, layer_mm(kerma, mu, 0.25) - first

    def air_kerma_mgy(self, scanner: Scanner, bowtie: str, tube_voltage_kv: float) -> float:
        """Air kerma on the axis, tube at rest, behind the air on the way (narrow beam), mGy per 100 mAs."""
        distance_mm = scanner.geometry.source_isocentre_distance_mm
        energies, weights = self._central(scanner, bowtie, tube_voltage_kv)
        weights = weights * np.exp(-attenuation("air", energies) * distance_mm / 10.0)
        kerma_ugy = float(weights @ kerma_of_a_photon(energies)) * MICROGRAY_PER_KEV_G
        return kerma_ugy * (1000.0 / distance_mm) ** 2 * MAS * MGY_PER_UGY

    def ctdi_air_mgy(self, scanner: Scanner, bowtie: str, tube_voltage_kv: float) -> float:
        """CTDI free in air at the collimation, mGy per 100 mAs: about the air kerma times beam width over nT."""
        kerma = self.air_kerma_mgy(scanner, bowtie, tube_voltage_kv)
        return kerma * axis_integral_mm(self.row) / self.collimation_mm

    def profile(self, scanner: Scanner, bowtie: str, tube_voltage_kv: float, fan_angle_rad: F64) -> F64:
        """Air kerma at equal distance from the focus at fan angles, relative to the central ray, [n]."""
        energies, weights = self._tube(scanner, tube_voltage_kv)
        kerma = weights * kerma_of_a_photon(energies)
        mu = attenuation(scanner.bowtie_material(bowtie), energies)
        angles = np.concatenate([[0.0], fan_angle_rad])
        thickness_cm = scanner.bowtie_thickness_mm(bowtie, angles)[:, None] / 10.0
        found = np.exp(-thickness_cm * mu) @ kerma
        return np.asarray(found[1:] / found[0])

    def ctdi_mgy(
        self, scanner: Scanner, bowtie: str, tube_voltage_kv: float, phantom_cm: int
    ) -> tuple[F64, F64]:
        """CTDI_100 in the centre and the periphery of a phantom, mGy per 100 mAs, and their statistical errors."""
        photons, energies = self.photons(scanner, bowtie, tube_voltage_kv, phantom_cm)
        return self.responses[phantom_cm].ctdi_mgy(photons, energies)

    def photons(
        self, scanner: Scanner, bowtie: str, tube_voltage_kv: float, phantom_cm: int
    ) -> tuple[F64, F64]:
        """Photons per steradian and 100 mAs in each fan bin, mean along z, [bins, energies], and the energies, keV."""
        edges = self.responses[phantom_cm].fan_edges_rad
        energies, weights = self._tube(scanner, tube_voltage_kv)
        places = (np.arange(SUBSAMPLES) + 0.5) / SUBSAMPLES
        angles = edges[:-1, None] + np.diff(edges)[:, None] * places
        thickness_cm = scanner.bowtie_thickness_mm(bowtie, angles) / 10.0
        mu = attenuation(scanner.bowtie_material(bowtie), energies)
        passed = np.exp(-thickness_cm[..., None] * mu).mean(axis=1)
        return passed * weights * (CM2_PER_SR * MAS * self._mean_output), energies

    @property
    def _mean_output(self) -> float:
        """Mean over the opening along z of the tube's output, relative to the central ray: the heel effect."""
        return float(np.mean(self.row.heel_weight))

    def _tube(self, scanner: Scanner, tube_voltage_kv: float) -> tuple[F64, F64]:
        """Photons behind the flat filters, per cm2 and mAs at 1 m."""
        energies, weights = _unfiltered(tube_voltage_kv, self.anode_angle_deg)
        path = np.zeros_like(energies)
        for material, thickness_mm in scanner.filtration_mm().items():
            path = path + attenuation(material, energies) * thickness_mm / 10.0
        return energies, weights * np.exp(-path)

    def _central(self, scanner: Scanner, bowtie: str, tube_voltage_kv: float) -> tuple[F64, F64]:
        energies, weights = self._tube(scanner, tube_voltage_kv)
        centre_mm = float(scanner.bowtie_thickness_mm(bowtie, np.zeros(1))[0])
        mu = attenuation(scanner.bowtie_material(bowtie), energies)
        return energies, weights * np.exp(-mu * centre_mm / 10.0)


@cache
def _unfiltered(tube_voltage_kv: float, anode_angle_deg: float) -> tuple[F64, F64]:
    """The tube's own spectrum in bins of 0.5 keV, from where its photons can pass a filter."""
    from ctdose.physics.spectra import BINS_JOINED
    from ctdose.physics.tube_table import unfiltered_spectrum

    joined = unfiltered_spectrum(tube_voltage_kv, anode_angle_deg).joined(BINS_JOINED)
    return joined.energies_kev, joined.weights


def attenuation(material: str, energies_kev: F64) -> F64:
    """Linear attenuation coefficient, 1/cm, kept for the energies that come again and again."""
    return _attenuation(material, energies_kev.tobytes())


@cache
def _attenuation(material: str, energies: bytes) -> F64:
    from ctdose.physics.cross_sections import linear_attenuation
    from ctdose.physics.materials import Material

    return linear_attenuation(Material(material), np.frombuffer(energies))


def kerma_of_a_photon(energies_kev: F64) -> F64:
    """Air kerma of one photon per cm2, keV/g."""
    return _kerma_of_a_photon(energies_kev.tobytes())


@cache
def _kerma_of_a_photon(energies: bytes) -> F64:
    from ctdose.physics.spectrum import Spectrum

    energies_kev = np.frombuffer(energies)
    return Spectrum(energies_kev, np.ones_like(energies_kev)).kerma_by_energy()
