"""A box of water under a scan, run with its views kept: what the tests of views share."""

from __future__ import annotations

import numpy as np

import ctdose
from ctdose.dosimetry.body_rows import build_body_rows
from ctdose.dosimetry.organ_dose import Scale, body_dose
from ctdose.dosimetry.view_dose import view_doses
from ctdose.exam.plan import plan_exam
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.scanner.library import load_scanner
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.seed import random_key
from ctdose.simulation.transport_tables import Physics
from ctdose.simulation.view_bins import cut_views

SCANNER = load_scanner("generic-64")
BEAM = {"tube_voltage_kv": 120, "bowtie": "body", "collimation_mm": 40, "tube_current_ma": 200}
HELIX = {
    "name": "h",
    "mode": "helical",
    "pitch": 1.0,
    "rotation_time_s": 0.5,
    "scan_range": [-31, 31],
    **BEAM,
}
PHOTONS_PER_MAS = 1e11


def box() -> VoxelPhantom:
    """Water with organs ``low`` and ``high``, below and above z = 0, and a rod ``rod`` in both."""
    region = np.zeros((24, 24, 24), np.int32)
    region[:, 4:20, 2:22] = 1
    region[12:] += np.where(region[12:] > 0, 1, 0)
    region[:, 5:9, 9:15] = 3
    organs = tuple(Organ(number, name) for number, name in enumerate(("air", "low", "high", "rod")))
    return VoxelPhantom(
        (region > 0).astype(np.uint8),
        [Material("air"), Material("water")],
        (10.0, 10.0, 10.0),
        (-115.0, -115.0, -115.0),
        region_index=region,
        organs=organs,
        name="box",
    )


def planned_of(phantom, *acquisitions, scanner=SCANNER):
    """Plans of acquisitions with a beam each."""
    exam = {"exam": "x", "phantom": "adult-male", "scanner": "generic-64", "acquisitions": list(acquisitions)}
    plans = plan_exam(ctdose.load_exam(exam), scanner, phantom)
    return [PlannedBeam(plan, build_ct_beam(scanner, 120, "body", 40), PHOTONS_PER_MAS) for plan in plans]


def tables_of(phantom, planned, cut, seed=1):
    """Tables of a run."""
    return build_exam_tables(
        phantom,
        planned,
        key=random_key(seed, "exam", "box"),
        physics=Physics("collision-kerma", 1.0, False),
        with_voxels=False,
        cut=cut,
    )


def run(phantom, planned, *, seed=1, batches=4):
    """Doses, their views and the sums of a run."""
    cut = cut_views(planned)
    runner = BatchRunner(
        tables_of(phantom, planned, cut, seed), len(planned), bins=cut.bins.acquisition.tolist()
    )
    sums, rows = runner.run(range(batches), 2), build_body_rows(phantom)
    scale = Scale(sum(each.photons for each in planned), 0.0)
    dose = body_dose(phantom, rows, sums, scale, (-31.0, 31.0))
    return dose, view_doses(rows, sums, cut.bins, scale, dose), sums
