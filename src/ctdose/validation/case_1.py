"""Case 1: half-value layers. Air kerma behind aluminium, in a disc of 1 cm diameter at 100 cm from a point source.

The report's cone covers exactly the disc; here a pyramid covers exactly a square of the disc's area, so that the
primary fluence per history is the same, and what is scattered into it differs by less than 10^-4. Along the axis:
aluminium from 10 cm on, air, and a thin layer of air below the plane of the disc as scoring volume, all primary
photons inside. A voxel along the axis is a whole part of the aluminium's thickness.

Kerma is what the report calls it: the sum over its bins of 0.5 keV of E (mu_en/rho) times fluence per mm2, with its
table of mu_en; scored at tentative collisions, which need the aluminium's majorant. Without a filter, an aluminium
voxel out of the beam keeps it up.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.energy_grid import regular_nodes
from ctdose.simulation.open_beams import PointSource
from ctdose.simulation.scoring import FoldedResponse
from ctdose.validation.job import Job, Readout
from ctdose.validation.reference import load_reference

CASE = "1"
FILTER_MM, DISC_MM = 100.0, 1000.0  # from the source
SIDE_MM = 10.0 * math.sqrt(math.pi) / 2.0
BEHIND_MM = 20.0  # of air
COLUMNS = 5
REGIONS, LAYER, KERMA = 2, 1, 2

BEAMS = {"30 keV": 2.0, "100 keV": 10.0, "30 kVp": 2.0, "100 kVp": 10.0}  # thickness of the scoring layer, mm
HISTORIES = {"30 keV": 8_000_000, "100 keV": 16_000_000, "30 kVp": 4_000_000, "100 kVp": 16_000_000}


def _spacing(aluminium_mm: float) -> float:
    """Voxel size along the axis: about 1 mm, and a whole part of the aluminium."""
    return aluminium_mm / max(1, round(aluminium_mm)) if aluminium_mm else 1.0


def _disc_layer(beam: str, spacing: float) -> tuple[int, int]:
    """First layer of the scoring volume and the one behind it; the layers count from the filter's front."""
    end = round((DISC_MM - FILTER_MM) / spacing)
    return end - max(1, round(BEAMS[beam] / spacing)), end


def build_phantom(beam: str, aluminium_mm: float) -> VoxelPhantom:
    """Aluminium and air along the axis; region 1 is the scoring volume."""
    reference, spacing = load_reference(), _spacing(aluminium_mm)
    first, end = _disc_layer(beam, spacing)
    layers = end + math.ceil(BEHIND_MM / spacing)
    material = np.zeros((layers, COLUMNS, COLUMNS), np.uint8)
    region = np.zeros(material.shape, np.uint16)
    material[: round(aluminium_mm / spacing)] = 1
    material[0, 0, 0] = 1
    region[first:end, COLUMNS // 2, COLUMNS // 2] = LAYER
    corner = -(COLUMNS // 2) * SIDE_MM
    return VoxelPhantom(
        material,
        (reference.material("air"), reference.material("aluminium")),
        spacing_mm=(SIDE_MM, SIDE_MM, spacing),
        origin_mm=(corner, corner, FILTER_MM + spacing / 2.0),
        region_index=region,
    )


def _job(beam: str, filtration: str, aluminium_mm: float) -> Job:
    reference, spacing = load_reference(), _spacing(aluminium_mm)
    first, end = _disc_layer(beam, spacing)
    tangent = SIDE_MM / 2.0 / (FILTER_MM + end * spacing)
    volume_cm3 = SIDE_MM**2 * (end - first) * spacing / 1000.0
    curve = reference.air_kerma_curve(regular_nodes().astype(np.float64))
    return Job(
        CASE,
        beam,
        filtration,
        HISTORIES[beam],
        partial(build_phantom, beam, aluminium_mm),
        PointSource(
            (0.0, 0.0, 0.0),
            (0.0, 0.0, 1.0),
            None,
            reference.spectrum(beam),
            ((-tangent, tangent), (-tangent, tangent)),
        ),
        (Readout("", filtration, KERMA, 1.0 / (100.0 * volume_cm3)),),
        surroundings=reference.material("air"),
        responses=(FoldedResponse("air kerma", LAYER, curve),),
    )


def jobs() -> list[Job]:
    """All runs of the case."""
    made = []
    for beam in BEAMS:
        half, quarter = load_reference().aluminium_mm(beam)
        for filtration, aluminium_mm in (("none", 0.0), ("HVL", half), ("QVL", quarter)):
            made.append(_job(beam, filtration, aluminium_mm))
    return made
