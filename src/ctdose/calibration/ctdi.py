"""CTDI_w of a CT beam, simulated in the CTDI phantom: mGy for one emitted photon."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from ctdose.dosimetry.units import MGY_PER_KEV_PER_G
from ctdose.kernels.tables import Tables, Weights
from ctdose.phantoms.ctdi import CHAMBER_LENGTH_MM, CHAMBER_REGIONS, build_ctdi_phantom
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.beam_tables import BeamRow, pack_beams
from ctdose.simulation.ct_beam import CTBeam
from ctdose.simulation.runner import BatchRunner, Progress
from ctdose.simulation.scoring import Composite
from ctdose.simulation.seed import random_key
from ctdose.simulation.sums import Sums
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.views import PieceRow, build_views
from ctdose.simulation.voxel_tables import to_kernel_frame
from ctdose.simulation.zones import Raised

CALIBRATION_SEED = 0
CHAMBER_FACTOR = 32.0  # of the majorant around the chambers, for they are small
FIRST_ROUND = 64
CENTER_WEIGHT, PERIPHERY_WEIGHT = 1.0 / 3.0, 2.0 / 3.0


@dataclass(frozen=True)
class SimulatedCTDI:
    """CTDI_100 and CTDI_w for one emitted photon, mGy.

    Attributes
    ----------
    center, periphery, weighted : float
        CTDI_100 in the centre, its mean over the four peripheral holes, CTDI_w.
    relative_standard_error : float
        Of CTDI_w.
    histories : int
    """

    center: float
    periphery: float
    weighted: float
    relative_standard_error: float
    histories: int


def chamber_composites(phantom: VoxelPhantom) -> list[Composite]:
    """Air kerma in the centre, its mean in the periphery, and CTDI_w's combination of both, per mass (1/g).

    The energy imparted to air, scored as collision kerma, over the mass of air: air kerma, not dose to PMMA.
    """
    mass = phantom.region_masses_g()
    center = CHAMBER_REGIONS["center"]
    periphery = [region for name, region in CHAMBER_REGIONS.items() if name != "center"]
    parts = {region: 1.0 / mass[region] / len(periphery) for region in periphery}
    weighted = {center: CENTER_WEIGHT / mass[center]} | {r: PERIPHERY_WEIGHT * c for r, c in parts.items()}
    return [
        Composite("center", {center: 1.0 / mass[center]}),
        Composite("periphery", parts),
        Composite("weighted", weighted),
    ]


def ctdi_tables(beam: CTBeam, phantom_cm: int) -> tuple[Tables, list[Composite]]:
    """Kernel tables of one rotation without feed around a CTDI phantom, every start angle alike."""
    phantom = build_ctdi_phantom(phantom_cm)
    return rotation_tables(beam.row, phantom, phantom.name)


def rotation_tables(
    row: BeamRow, phantom: VoxelPhantom, name: str, weights: Weights | None = None
) -> tuple[Tables, list[Composite]]:
    """Kernel tables of such a rotation.

    Parameters
    ----------
    row : BeamRow
    phantom : VoxelPhantom
        From `build_ctdi_phantom`.
    name : str
        Chooses the random numbers.
    weights : Weights, optional
        Of several beams that share the histories.
    """
    composites = chamber_composites(phantom)
    x, y, z = to_kernel_frame(phantom, (0.0, 0.0, 0.0))
    row = replace(row, isocentre=(float(x), float(y)))
    tables = build_transport_tables(
        phantom,
        pack_beams([row]),
        build_views([PieceRow(1.0, (float(z), float(z)), (0.0, 2.0 * math.pi), True, 0, 0)]),
        key=random_key(CALIBRATION_SEED, "calibration", name),
        physics=Physics(),
        surroundings=Material("air"),
        composites=composites,
        raised=Raised(tuple(CHAMBER_REGIONS.values()), CHAMBER_FACTOR),
        weights=weights,
    )
    return tables, composites


def simulate_ctdi(
    tables: Tables,
    composites: list[Composite],
    collimation_mm: float,
    *,
    relative_standard_error: float,
    threads: int = 1,
    progress: Progress | None = None,
) -> SimulatedCTDI:
    """Run rounds of batches until CTDI_w is known well enough.

    The size of a round follows from the tallies of those before it alone, so the result depends on neither threads
    nor time.

    Parameters
    ----------
    tables, composites
        From `ctdi_tables`.
    collimation_mm : float
        Nominal nT: CTDI_100 is the integral over the chamber's 100 mm divided by min(nT, 100 mm).
    relative_standard_error : float
        Of CTDI_w, where to stop.
    threads : int
    progress : callable, optional
    """

    def reached(sums: Sums) -> float:
        values, errors = _estimates(sums, tables, composites)
        return errors[2] / values[2]

    sums = run_until(tables, reached, relative_standard_error, threads, progress)
    values, _ = _estimates(sums, tables, composites)
    per_photon = MGY_PER_KEV_PER_G * CHAMBER_LENGTH_MM / min(collimation_mm, CHAMBER_LENGTH_MM)
    center, periphery, weighted = (float(v) * per_photon for v in values)
    return SimulatedCTDI(center, periphery, weighted, float(reached(sums)), sums.histories)


def run_until(
    tables: Tables,
    reached: Callable[[Sums], float],
    wanted: float,
    threads: int,
    progress: Progress | None,
) -> Sums:
    """Run rounds of batches until the relative error that they reached is the wanted one."""
    sums = _whole_round(tables, range(FIRST_ROUND), threads, progress)
    while (error := reached(sums)) > wanted:
        done = sums.batches.size
        enough = math.ceil(done * min(4.0, 1.05 * (error / wanted) ** 2))
        sums = sums + _whole_round(tables, range(done, max(enough, done + 1)), threads, progress)
    return sums


def _whole_round(tables: Tables, batches: range, threads: int, progress: Progress | None) -> Sums:
    """Run a round; Ctrl-C ends the calibration, for half a round would depend on time."""
    runner = BatchRunner(tables)
    sums = runner.run(batches, threads, progress)
    if runner.interrupted:
        raise KeyboardInterrupt
    return sums


def _estimates(sums: Sums, tables: Tables, composites: list[Composite]) -> tuple[list[float], list[float]]:
    mean, error = sums.row_estimates()
    first = tables.run.rows
    scales = [c.scale for c in composites]
    values = [scale * float(mean[first + k]) for k, scale in enumerate(scales)]
    return values, [scale * float(error[first + k]) for k, scale in enumerate(scales)]
