"""One rotation without table movement about the origin: how a CTDI or a profile is measured."""

from __future__ import annotations

import math
from dataclasses import replace

from ctdose.kernels.tables import Beams, Views
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.beam_tables import pack_beams
from ctdose.simulation.ct_beam import CTBeam
from ctdose.simulation.strips import pieces_of_strips
from ctdose.simulation.views import PieceRow, build_views
from ctdose.simulation.voxel_tables import to_kernel_frame


def rotation_at_rest(beam: CTBeam, phantom: VoxelPhantom) -> tuple[Beams, Views]:
    """Beams and views of one rotation with the isocentre at (0, 0, 0), every start angle alike.

    Parameters
    ----------
    beam : CTBeam
    phantom : VoxelPhantom
        In whose frame they are.
    """
    x, y, z = (float(part) for part in to_kernel_frame(phantom, (0.0, 0.0, 0.0)))
    rows = [replace(strip.row, isocentre=(x, y)) for strip in beam.strips]
    turn = PieceRow(1.0, (z, z), (0.0, 2.0 * math.pi), True, 0, 0)
    return pack_beams(rows), build_views(pieces_of_strips(turn, beam.strips, beam.row.tan_cone))
