"""The tables of several variants of a CT exam on one body, which share their histories (`variants.py`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctdose.kernels.tables import Tables
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.beam_tables import pack_beams
from ctdose.simulation.exam_tables import (
    PlannedBeam,
    acquisition_numbers,
    beam_rows,
    own_pieces,
    piece_rows,
)
from ctdose.simulation.scoring import Composite, FoldedResponse
from ctdose.simulation.transport_tables import NOWHERE, Physics, build_transport_tables
from ctdose.simulation.variants import mix_beams, mix_views, on_common_lines, pack_weights
from ctdose.simulation.views import PieceRow, build_views
from ctdose.simulation.zones import Raised

SAME_CM = 1e-6


def build_variant_tables(
    phantom: VoxelPhantom,
    variants: Sequence[Sequence[PlannedBeam]],
    *,
    key: tuple[int, int],
    physics: Physics,
    responses: Sequence[FoldedResponse] = (),
    composites: Sequence[Composite] = (),
    raised: Raised = NOWHERE,
) -> Tables:
    """Assemble the kernel tables of variants that differ in what they emit, not in where they emit it.

    Parameters
    ----------
    phantom : VoxelPhantom
    variants : sequence of sequences of PlannedBeam
        All beams of all acquisitions of each variant. Their pieces are the same one by one, but for the mAs.
    key, physics, responses, composites, raised
        As in `build_exam_tables`.

    Raises
    ------
    ValueError
        Beams or pieces of the variants differ in geometry.
    """
    first = variants[0]
    numbers = acquisition_numbers(first)
    rows_of = [[row for planned in own for row in beam_rows(phantom, planned)] for own in variants]
    mixed = [mix_beams(on_common_lines(rows)) for rows in zip(*rows_of, strict=True)]
    pieces = [_pieces(phantom, of_variant, numbers) for of_variant in variants]
    _check_alike(pieces)
    share, view = mix_views(np.array([[piece.photons for piece in own] for own in pieces]))
    emits = share > 0.0  # `build_views` leaves the others out
    rows = [
        PieceRow(float(part), p.z_cm, p.angle_rad, p.angle_is_random, p.beam, p.acquisition, p.blades)
        for p, part in zip(pieces[0], share, strict=True)
    ]
    return build_transport_tables(
        phantom,
        pack_beams([beam.row for beam in mixed]),
        build_views(rows),
        key=key,
        physics=physics,
        surroundings=Material("air"),
        responses=responses,
        composites=composites,
        raised=raised,
        clip=True,
        weights=pack_weights(view[:, emits], mixed),
    )


def _pieces(
    phantom: VoxelPhantom, planned_beams: Sequence[PlannedBeam], numbers: list[int]
) -> list[PieceRow]:
    """The pieces of all beams of a variant."""
    found: list[PieceRow] = []
    beam = 0
    for planned, acquisition in zip(planned_beams, numbers, strict=True):
        found += piece_rows(planned, own_pieces(planned, acquisition), beam, phantom.corner_mm[2])
        beam += len(planned.beam.strips)
    return found


def _check_alike(pieces: Sequence[Sequence[PieceRow]]) -> None:
    def places(rows: Sequence[PieceRow]) -> np.ndarray:
        return np.array(
            [(*p.z_cm, *p.angle_rad, p.angle_is_random, p.beam, p.acquisition, *p.blades) for p in rows]
        )

    expected = places(pieces[0])
    for own in pieces[1:]:
        found = places(own)
        if found.shape != expected.shape or np.abs(found - expected).max() > SAME_CM:
            raise ValueError("pieces (differ between variants). Cut the scans of all variants alike.")
