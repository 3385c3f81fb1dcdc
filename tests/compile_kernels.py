"""Compile a kernel into the cache, for 256 kinds of voxels at most or for more (a byte or two of each voxel).

`python tests/compile_kernels.py lanes|reference KINDS`
"""

import sys

import numpy as np

import ctdose
from ctdose.simulation.beam_tables import open_beam_row, pack_beams
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.views import FIXED_PIECE, build_views
from ctdose.simulation.voxel_tables import to_kernel_frame

BEAM = ctdose.ParallelBeam(direction=(0, 0, 1), centre_mm=(10, 10, -100), field_mm=(5, 5), spectrum=60.0)


def tables_of(kinds: int):
    """A row of voxels of as many densities."""
    shape = (kinds, 2, 2)
    density = np.broadcast_to(np.linspace(0.5, 1.5, kinds)[:, None, None], shape).astype(np.float32)
    phantom = ctdose.VoxelPhantom(
        np.zeros(shape, np.uint8), [ctdose.Material("water")], (10.0,) * 3, (5.0,) * 3, density_g_cm3=density
    )
    return build_transport_tables(
        phantom,
        pack_beams([open_beam_row(BEAM, lambda point: to_kernel_frame(phantom, point))]),
        build_views([FIXED_PIECE]),
        key=(1, 2),
        physics=Physics("collision-kerma", 1.0, False),
    )


if __name__ == "__main__":
    BatchRunner(tables_of(int(sys.argv[2])), reference=sys.argv[1] == "reference").run(range(1))
