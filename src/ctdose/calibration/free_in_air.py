"""CTDI free in air: the dose profile on the axis of rotation with nothing in the beam, over nT.

IEC 60601-2-44 (edition 3 with its amendment 1) defines CTDI_100 of beams over 40 mm by that of a reference beam,

    CTDI_100(nT) = CTDI_100(ref) · CTDI_air(nT) / CTDI_air(ref),                                              (1)

the reference being 20 mm, or the largest nT of the scanner that is not larger; for CTDI_air the profile is integrated
over nT + 40 mm, and no less than 100 mm. The chamber of 100 mm misses what scatters beyond it, and of a wide beam the
beam itself; (1) makes it miss the same share at every nT.

Sources: the standard itself was not at hand. IAEA Human Health Report 5 (2011) and the wide-beam working party of IPEM
(PubMed Central PMC3922175) describe the method, but only their beginnings could be read; (1) with
20 mm stands in a public program. The integration length is as remembered: not verified.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ctdose.calibration.ctdi import CALIBRATION_SEED
from ctdose.dosimetry.units import MGY_PER_KEV_PER_G
from ctdose.kernels.tables import F64
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.physics.spectrum import Spectrum
from ctdose.simulation.beam_tables import BeamRow
from ctdose.simulation.ct_beam import CTBeam
from ctdose.simulation.rotation import rotation_at_rest
from ctdose.simulation.runner import BatchRunner, batches_for
from ctdose.simulation.scoring import FoldedResponse
from ctdose.simulation.seed import random_key
from ctdose.simulation.transport_tables import Physics, build_transport_tables

BEYOND_MM, LEAST_MM = 40.0, 100.0
STEPS = 4096
BIN_MM, PIXEL_MM, PIXELS = 5.0, 10.0, 12
CHAMBER_PIXELS = 2  # across: 20 mm


@dataclass(frozen=True)
class FreeInAir:
    """Dose profile on the axis of one rotation, free in air, for one emitted photon.

    Attributes
    ----------
    z_mm : float64 ndarray [n]
    air_kerma_mgy, standard_error_mgy : float64 ndarray [n]
    ctdi_mgy, ctdi_standard_error_mgy : float
        Integral over `integration_length_mm`, over nT.
    integration_length_mm : float
    """

    z_mm: F64
    air_kerma_mgy: F64
    standard_error_mgy: F64
    ctdi_mgy: float
    ctdi_standard_error_mgy: float
    integration_length_mm: float


def integration_length_mm(collimation_mm: float) -> float:
    """Length over which the profile of a nominal collimation is integrated: nT + 40 mm, at least 100 mm."""
    return max(collimation_mm + BEYOND_MM, LEAST_MM)


def ctdi_free_in_air_mgy(beam: CTBeam, collimation_mm: float) -> float:
    """CTDI free in air for one emitted photon, mGy, from the tables of the beam: heel and inverse square, no air.

    On the axis at z the air kerma of a rotation is K h / (R² + z²), K that of a steradian on the central ray, h the
    heel effect relative to it.
    """
    row = beam.row
    centre = row.fan_weight.size // 2
    spectrum = Spectrum(row.energy_kev, row.energy_weight[centre])
    kerma = spectrum.air_kerma() / float(np.sum(row.energy_weight[centre])) * MGY_PER_KEV_PER_G
    return _central_emission(beam) * kerma / row.radius**2 * axis_integral_mm(row) / collimation_mm


def axis_integral_mm(row: BeamRow) -> float:
    """Integral along the axis of the air kerma, relative to that on the central ray, mm."""
    low, high = row.tan_cone
    t = low + (high - low) * (np.arange(STEPS) + 0.5) / STEPS
    heel = np.asarray(row.heel_weight, np.float64)
    sine = t / np.hypot(1.0, t)
    first, last = (edge / math.hypot(1.0, edge) for edge in (low, high))
    step = np.clip((sine - first) / (last - first) * heel.size, 0, heel.size - 1).astype(int)
    relative = heel[step] / (1.0 + t**2)
    return 10.0 * float(relative.sum()) * row.radius * (high - low) / STEPS


def _central_emission(beam: CTBeam) -> float:
    """Photons per steradian on the central ray, per emitted photon."""
    row = beam.row
    behind = float(np.sum(row.energy_weight[row.fan_weight.size // 2]))
    return behind / beam.tube_fluence / beam.emitted


def simulate_free_in_air(
    beam: CTBeam, collimation_mm: float, *, histories: int = 2_000_000, threads: int = 1
) -> FreeInAir:
    """Simulate the dose profile on the axis, free in air.

    The chamber is 20 mm wide, in a box of air. A voxel of water in a corner of the box raises the majorant, and with
    it the number of scores; it changes no mean.

    Parameters
    ----------
    beam : CTBeam
    collimation_mm : float
        Its nominal nT.
    histories : int
    threads : int
    """
    length = integration_length_mm(collimation_mm)
    bins = 2 * math.ceil(length / (2.0 * BIN_MM))
    phantom = _box(bins)
    air = Material("air")
    tables = build_transport_tables(
        phantom,
        *rotation_at_rest(beam, phantom),
        key=random_key(CALIBRATION_SEED, "calibration", phantom.name),
        physics=Physics(),
        surroundings=air,
        responses=[FoldedResponse(f"bin {k}", k + 1, air) for k in range(bins)],
    )
    sums = BatchRunner(tables).run(range(batches_for(histories)), threads, None)
    volume = (CHAMBER_PIXELS * PIXEL_MM) ** 2 * BIN_MM / 1000.0
    scale = MGY_PER_KEV_PER_G / air.density_g_cm3 / volume
    mean, error = (scale * each[tables.run.regions :] for each in sums.row_estimates())
    total = scale * sums.batch_means()[:, tables.run.regions :].sum(axis=1) * BIN_MM / collimation_mm
    return FreeInAir(
        z_mm=((np.arange(bins) + 0.5 - bins / 2) * BIN_MM).astype(np.float64),
        air_kerma_mgy=mean,
        standard_error_mgy=error,
        ctdi_mgy=float(total.mean()),
        ctdi_standard_error_mgy=float(total.std(ddof=1) / math.sqrt(total.size)),
        integration_length_mm=bins * BIN_MM,
    )


def _box(bins: int) -> VoxelPhantom:
    """Air, with the regions 1 to `bins` along the axis and a voxel of water far from it."""
    material = np.zeros((bins, PIXELS, PIXELS), np.uint8)
    material[0, 0, 0] = 1
    region = np.zeros(material.shape, np.uint16)
    chamber = slice((PIXELS - CHAMBER_PIXELS) // 2, (PIXELS + CHAMBER_PIXELS) // 2)
    region[:, chamber, chamber] = np.arange(1, bins + 1, dtype=np.uint16)[:, None, None]
    first = (1 - PIXELS) / 2.0 * PIXEL_MM
    return VoxelPhantom(
        material,
        (Material("air"), Material("water")),
        (PIXEL_MM, PIXEL_MM, BIN_MM),
        (first, first, (1 - bins) / 2.0 * BIN_MM),
        region,
        name="free-in-air",
    )
