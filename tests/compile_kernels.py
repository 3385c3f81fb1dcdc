"""Compile one of the two kernels into the cache: `python tests/compile_kernels.py lanes|reference`."""

import sys

import numpy as np

import ctdose
from ctdose.simulation.beam_tables import open_beam_row, pack_beams
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.views import FIXED_PIECE, build_views
from ctdose.simulation.voxel_tables import to_kernel_frame

BEAM = ctdose.ParallelBeam(direction=(0, 0, 1), centre_mm=(10, 10, -100), field_mm=(5, 5), spectrum=60.0)


PHANTOM = ctdose.VoxelPhantom(
    np.zeros((2, 2, 2), np.uint8), [ctdose.Material("water")], (10.0, 10.0, 10.0), (5.0, 5.0, 5.0)
)

if __name__ == "__main__":
    tables = build_transport_tables(
        PHANTOM,
        pack_beams([open_beam_row(BEAM, lambda point: to_kernel_frame(PHANTOM, point))]),
        build_views([FIXED_PIECE]),
        key=(1, 2),
        physics=Physics("collision-kerma", 1.0, False),
    )
    BatchRunner(tables, reference=sys.argv[1] == "reference").run(range(1))
