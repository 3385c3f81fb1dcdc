"""What is timed: AAPM 195 case 5, the adult chest, and phantoms made to size."""

from __future__ import annotations

from functools import partial

import numpy as np

from ctdose import Material, PointSource, VoxelPhantom
from ctdose.api import prepare
from ctdose.dosimetry.body_rows import build_body_rows
from ctdose.kernels.tables import Tables
from ctdose.simulation.beam_tables import open_beam_row, pack_beams
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
from ctdose.simulation.irradiate import _piece
from ctdose.simulation.seed import random_key
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.views import build_views
from ctdose.simulation.voxel_tables import to_kernel_frame
from ctdose.validation import case_5


def open_beam_tables(phantom: VoxelPhantom, beam, estimator="collision-kerma", **options) -> Tables:
    """Tables of a phantom in a beam without a scanner, as `irradiate` builds them."""
    beams = pack_beams([open_beam_row(beam, partial(to_kernel_frame, phantom))])
    views = build_views([_piece(beam, phantom)])
    return build_transport_tables(
        phantom, beams, views, key=random_key(1, "exam", phantom.name), physics=Physics(estimator), **options
    )


def torso(with_voxels: bool, estimator: str = "collision-kerma") -> Tables:
    """AAPM 195 case 5, 120 kVp, rotating source; needs the report's volume (CTDOSE_REFERENCE)."""
    path = case_5.find_volume()
    if path is None:
        raise FileNotFoundError("CTDOSE_REFERENCE (not set): case 5 needs the report's case5world.tar.gz")
    job = next(job for job in case_5.jobs(path) if job.angle == "continuous")
    options = {"surroundings": job.surroundings, "clip": job.clip, "with_voxels": with_voxels}
    return open_beam_tables(job.phantom(), job.source, estimator, **options)


def chest(with_voxels: bool, estimator: str = "collision-kerma") -> Tables:
    """The shipped chest exam on the adult female, with all its rows."""
    ready = prepare("chest")
    phantom, plans = ready.phantoms[0], next(iter(ready.resolved.plans.values()))
    rows = build_body_rows(phantom)
    planned = [
        PlannedBeam(
            plan, build_ct_beam(ready.resolved.scanner, a.tube_voltage_kv, a.bowtie, a.collimation_mm), 1.0
        )
        for plan, a in zip(plans, ready.exam.acquisitions)
    ]
    return build_exam_tables(
        phantom,
        planned,
        key=random_key(1, "exam", phantom.name),
        physics=Physics(estimator),
        responses=rows.responses,
        composites=rows.composites,
        with_voxels=with_voxels,
    )


def cube(voxels: int, materials: int = 4, regions: int = 16, with_voxels: bool = False) -> Tables:
    """A cube of 30 cm of so many voxels along each edge, of tissues in random blocks, lit by a point source."""
    random = np.random.default_rng(1)
    coarse = random.integers(0, materials, (8, 8, 8))
    blocks = np.arange(voxels) * 8 // voxels
    index = coarse[np.ix_(blocks, blocks, blocks)].astype(np.uint8)
    region = random.integers(0, regions, (8, 8, 8))[np.ix_(blocks, blocks, blocks)].astype(np.uint16)
    tissues = [
        Material.from_mass_fractions(
            f"tissue {i}", {"H": 0.1, "C": 0.1 + 0.01 * i, "O": 0.8 - 0.01 * i}, density_g_cm3=1.0 + 0.02 * i
        )
        for i in range(materials)
    ]
    size = 300.0 / voxels
    phantom = VoxelPhantom(index, tissues, (size,) * 3, (size / 2 - 150.0,) * 3, region_index=region)
    beam = PointSource((0, -600, 0), (0, 0, 0), (0.25, 0.25), 60.0)
    return open_beam_tables(phantom, beam, with_voxels=with_voxels)
