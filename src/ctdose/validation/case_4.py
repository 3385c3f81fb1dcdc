"""Case 4: the CT head-and-body cylinder, 32 cm of PMMA in air, under a fan beam from 60 cm.

Case 4.1 scores discs of 1 cm across the whole cylinder, in and beside the beam's plane. Case 4.2 scores rods of 1 cm
diameter and 10 cm length: at the axis, and 1 cm below the surface for 36 angles of the source, or with the source going
round.

By symmetry one source and 36 rods stand for one rod and 36 sources: they do not overlap, and are of the cylinder's
own PMMA. The rod at the axis sees the same from every angle: its 36 rows are one estimate. For the rotating source
the peripheral rods are 36 estimates of one number, averaged. The air reaches beyond the source, which is inside the
grid. Of the report's 3 m of cylinder, 1.1 m and more are there: from beyond, nothing comes back through half a metre of
PMMA.
"""

from __future__ import annotations

import math
from functools import cache, partial

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.open_beams import PointSource, RotatingSource
from ctdose.simulation.scoring import Composite
from ctdose.validation.cylinder import Grid, build_cylinder, rod_voxels
from ctdose.validation.job import EV, Job, Readout
from ctdose.validation.reference import load_reference

DISTANCE_MM, FAN_MM = 600.0, 160.0
BEAMS = [f"{quality} {width} mm" for quality in ("56.4 keV", "120 kVp") for width in ("10", "80")]

DISC_GRID = Grid((-620.0, 200.0), (-200.0, 200.0), 2.0, 121, 10.0)
DISCS = 4
DISC_HISTORIES = 10_000_000

ROD_RADIUS_MM, ROD_DISTANCE_MM = 5.0, 150.0
ROD_GRID = Grid((-620.0, 200.0), (-200.0, 200.0), 1.0, 11, 100.0)
TURNING_GRID = Grid((-620.0, 620.0), (-620.0, 620.0), 1.0, 11, 100.0)
ANGLES = range(0, 360, 10)
PMMA, CENTRE, FIRST_ROD = 1, 2, 3  # regions; 0 is air
REGIONS = FIRST_ROD + len(ANGLES)
ROD_HISTORIES, TURNING_HISTORIES = 150_000_000, 90_000_000


def half_angles(beam: str) -> tuple[float, float]:
    """Fan and cone half angle: the cylinder's width, and the collimation at the axis."""
    return math.atan(FAN_MM / DISTANCE_MM), math.atan(float(beam.split()[2]) / 2.0 / DISTANCE_MM)


def fixed_source(beam: str) -> PointSource:
    """The source on the -x side."""
    spectrum = load_reference().spectrum(beam)
    return PointSource((-DISTANCE_MM, 0.0, 0.0), (0.0, 0.0, 0.0), half_angles(beam), spectrum)


@cache
def build_discs() -> VoxelPhantom:
    """The cylinder in slices of 1 cm: regions 2, 3, 4, 5 at z = 0, 1, 2, 3 cm; 1 elsewhere."""
    regions = np.ones(DISC_GRID.layers, np.uint16)
    middle = DISC_GRID.layers // 2
    regions[middle : middle + DISCS] = CENTRE + np.arange(DISCS)
    return build_cylinder(DISC_GRID, np.zeros(()), list(regions))


@cache
def build_rods(grid: Grid) -> VoxelPhantom:
    """The cylinder with the rod at the axis and 36 peripheral ones, 10 cm long.

    The source is at -x: the rod that it has beside it at angle 0 is at -x, and the others follow by the angle.
    """
    section = np.full(grid.distance().shape, PMMA, np.uint16)
    section.flat[rod_voxels(grid, 0.0, 0.0, ROD_RADIUS_MM)] = CENTRE
    for number, angle in enumerate(np.deg2rad(ANGLES)):
        x, y = -ROD_DISTANCE_MM * math.cos(angle), ROD_DISTANCE_MM * math.sin(angle)
        section.flat[rod_voxels(grid, x, y, ROD_RADIUS_MM)] = FIRST_ROD + number
    return build_cylinder(grid, section)


def _volume_factor(grid: Grid) -> float:
    """EV times a rod's true volume over that of its voxels."""
    area = math.pi * ROD_RADIUS_MM**2
    return EV * area / (round(area / grid.spacing_mm**2) * grid.spacing_mm**2)


def _disc_job(beam: str) -> Job:
    readouts = tuple(Readout("", f"VOI {n + 1}", CENTRE + n) for n in range(DISCS))
    return Job("4.1", beam, "", DISC_HISTORIES, build_discs, fixed_source(beam), readouts)


def _fixed_job(beam: str) -> Job:
    factor = _volume_factor(ROD_GRID)
    readouts = [Readout(str(a), "periphery", FIRST_ROD + n, factor) for n, a in enumerate(ANGLES)]
    readouts += [Readout(str(a), "centre", CENTRE, factor) for a in ANGLES]
    build = partial(build_rods, ROD_GRID)
    return Job("4.2", beam, "fixed", ROD_HISTORIES, build, fixed_source(beam), tuple(readouts))


def _turning_job(beam: str) -> Job:
    factor = _volume_factor(TURNING_GRID)
    rods = Composite("rods", {FIRST_ROD + n: 1.0 for n in range(len(ANGLES))})
    readouts = (
        Readout("continuous", "centre", CENTRE, factor),
        Readout("continuous", "periphery", REGIONS, factor / len(ANGLES)),
    )
    source = RotatingSource(DISTANCE_MM, half_angles(beam), load_reference().spectrum(beam))
    build = partial(build_rods, TURNING_GRID)
    return Job("4.2", beam, "continuous", TURNING_HISTORIES, build, source, readouts, composites=(rods,))


def disc_jobs() -> list[Job]:
    """All runs of case 4.1."""
    return [_disc_job(beam) for beam in BEAMS]


def rod_jobs() -> list[Job]:
    """All runs of case 4.2."""
    return [_fixed_job(beam) for beam in BEAMS] + [_turning_job(beam) for beam in BEAMS]
