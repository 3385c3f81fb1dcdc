"""The simulation of a CTDI phantom for cells of fan angle and energy: one beam, piece and acquisition for each."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ctdose.calibration.ctdi import CALIBRATION_SEED, CHAMBER_FACTOR, chamber_composites
from ctdose.kernels.tables import F64, Tables
from ctdose.phantoms.couch import add_couch
from ctdose.phantoms.couch_shape import CouchShape
from ctdose.phantoms.ctdi import CHAMBER_REGIONS, build_ctdi_phantom
from ctdose.physics.materials import Material
from ctdose.simulation.beam_tables import BeamRow, pack_beams
from ctdose.simulation.runner import BatchRunner, Progress
from ctdose.simulation.scoring import Composite
from ctdose.simulation.seed import random_key
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.views import PieceRow, build_views
from ctdose.simulation.voxel_tables import to_kernel_frame
from ctdose.simulation.zones import Raised

NODES_KEV = np.array([12, 16, 20, 25, 30, 36, 43, 52, 62, 75, 90, 108, 128, 150], np.float64)


def cell_shares(edges: F64, seen_rad: float) -> F64:
    """Share of the histories that each cell gets, [bins, nodes]; least error for usual bowties behind 5 to 10 mm Al.

    Few for rays that miss the phantom, which is seen under `seen_rad` to either side, and for energies that hardly
    leave the tube or enter the phantom.
    """
    middle, width = (edges[1:] + edges[:-1]) / 2.0, np.diff(edges)
    open_part = np.exp(-((middle / np.deg2rad(11.0)) ** 2)) * (middle < seen_rad)
    of_energy = np.interp(
        NODES_KEV, [12.0, 20.0, 30.0, 43.0, 62.0, 90.0, 150.0], [0.03, 0.1, 0.35, 0.8, 1.0, 0.5, 0.15]
    )
    share = np.outer(width * np.maximum(0.03, open_part), of_energy)
    return share / share.sum()


def cell_tables(
    row: BeamRow,
    phantom_cm: int,
    edges: F64,
    share: F64,
    cells: list[tuple[int, int]],
    couch: CouchShape | None,
) -> tuple[Tables, list[Composite]]:
    """One beam, piece and acquisition for each cell."""
    phantom = build_ctdi_phantom(phantom_cm)
    if couch is not None:
        phantom = add_couch(phantom, couch)
    composites = chamber_composites(phantom)[:2]
    x, y, z = to_kernel_frame(phantom, (0.0, 0.0, 0.0))
    beams = [
        replace(
            row,
            fan=(float(edges[b]), float(edges[b + 1] - edges[b])),
            fan_weight=np.ones(1),
            energy_kev=NODES_KEV[e : e + 1],
            energy_weight=np.ones((1, 1)),
            isocentre=(float(x), float(y)),
        )
        for b, e in cells
    ]
    turn = (0.0, 2.0 * math.pi)
    pieces = [
        PieceRow(float(share[cell]), (float(z), float(z)), turn, True, k, k) for k, cell in enumerate(cells)
    ]
    tables = build_transport_tables(
        phantom,
        pack_beams(beams),
        build_views(pieces),
        key=random_key(CALIBRATION_SEED, "calibration", f"response of {phantom.name}"),
        physics=Physics(),
        surroundings=Material("air"),
        composites=composites,
        raised=Raised(tuple(CHAMBER_REGIONS.values()), CHAMBER_FACTOR),
    )
    return tables, composites


def simulate_cells(
    tables: Tables,
    composites: list[Composite],
    batches: int,
    threads: int,
    progress: Progress | None,
    cells: int,
) -> tuple[F64, F64]:
    """Mean per history of the whole run and its standard error, [cells, 2]."""
    runner = BatchRunner(tables, cells)
    sums = runner.run(range(batches), threads, progress)
    if runner.interrupted:
        raise KeyboardInterrupt
    scales = np.array([c.scale for c in composites])
    rows = [sums.row_estimates(k) for k in range(cells)]
    first = tables.run.rows
    value, error = (np.array([r[i][first : first + 2] for r in rows]) * scales for i in (0, 1))
    return value, error
