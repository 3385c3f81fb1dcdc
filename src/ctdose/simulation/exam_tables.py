"""The tables of a CT exam on one body: beams over its isocentre, pieces of all acquisitions in one mixture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from ctdose.exam.plan import Plan
from ctdose.kernels.tables import Tables
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.beam_tables import BeamRow, pack_beams
from ctdose.simulation.ct_beam import CTBeam
from ctdose.simulation.scoring import Composite, FoldedResponse
from ctdose.simulation.strips import pieces_of_strips
from ctdose.simulation.transport_tables import NOWHERE, Physics, build_transport_tables
from ctdose.simulation.views import PieceRow, build_views
from ctdose.simulation.voxel_tables import to_kernel_frame
from ctdose.simulation.zones import Raised

if TYPE_CHECKING:
    from ctdose.exam.view_pieces import ViewPiece
    from ctdose.simulation.view_bins import CutViews


class BeamOfPlan(Protocol):
    """Which beam of which plan, and what it emits: as much of a `PlannedBeam` as cutting its pieces needs."""

    @property
    def plan(self) -> Plan: ...  # noqa: D102
    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def photons_per_mas(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class PlannedBeam:
    """One beam of an acquisition: where its source is, what it emits, how much.

    Parameters
    ----------
    plan : Plan
        Of the acquisition.
    beam : CTBeam
        As `plan.beams[number]` says.
    photons_per_mas : float
        Real photons that leave bowtie and collimator per mAs; or any relative number.
    number : int
        Which of `plan.beams` it is.
    """

    plan: Plan
    beam: CTBeam
    photons_per_mas: float
    number: int = 0

    @property
    def photons(self) -> float:
        """Photons of this beam over the whole acquisition."""
        return self.photons_per_mas * self.plan.beam_mas(self.number)


def acquisition_numbers(planned: Sequence[BeamOfPlan]) -> list[int]:
    """To which acquisition each beam belongs, from 0 on: the beams of one stand together, in their order.

    Raises
    ------
    ValueError
        A beam of an acquisition is missing or out of place: its dose would be missing.
    """
    numbers: list[int] = []
    expected: list[int] = []
    for item in planned:
        if not expected:
            expected = list(range(len(item.plan.beams)))
        if item.number != expected.pop(0):
            raise ValueError(
                f"beam {item.number} of {item.plan.name} (out of place). Give all beams of each plan in order."
            )
        numbers.append((numbers[-1] if numbers else -1) + (item.number == 0))
    if expected:
        raise ValueError(
            f"beam {expected[0]} of {planned[-1].plan.name} (missing). Give all beams of each plan."
        )
    return numbers


def _row(piece: ViewPiece, block: int, beam: int, planned: PlannedBeam, corner_z_mm: float) -> PieceRow:
    return PieceRow(
        photons=piece.mas * planned.photons_per_mas,
        z_cm=((piece.z_start_mm - corner_z_mm) / 10.0, (piece.z_end_mm - corner_z_mm) / 10.0),
        angle_rad=(piece.angle_start_rad, piece.angle_span_rad),
        angle_is_random=piece.angle_is_random,
        beam=beam,
        acquisition=block,
        blades=piece.blades,
    )


def beam_rows(phantom: VoxelPhantom, planned: PlannedBeam) -> list[BeamRow]:
    """The rows of a beam over the isocentre of its plan: one, or those of its strips."""
    x, y = planned.plan.isocentre_xy_mm
    centre = to_kernel_frame(phantom, (x, y, 0.0))
    isocentre = (float(centre[0]), float(centre[1]))
    return [replace(strip.row, isocentre=isocentre) for strip in planned.beam.strips]


def piece_rows(
    planned: PlannedBeam, pieces: Iterable[tuple[ViewPiece, int]], beam: int, corner_z_mm: float
) -> list[PieceRow]:
    """Pieces of one beam, each with its block of rows, in the frame of the phantom's corner.

    `beam` is the number in the tables of the beam, or of the first of its strips.
    """
    strips, whole = planned.beam.strips, planned.beam.row.tan_cone
    return [
        row
        for piece, block in pieces
        for row in pieces_of_strips(_row(piece, block, beam, planned, corner_z_mm), strips, whole)
    ]


def own_pieces(planned: PlannedBeam, acquisition: int) -> list[tuple[ViewPiece, int]]:
    """The pieces of a beam's plan that are its own, each with the number of the acquisition."""
    return [(piece, acquisition) for piece in planned.plan.pieces if piece.beam == planned.number]


def build_exam_tables(
    phantom: VoxelPhantom,
    planned_beams: Sequence[PlannedBeam],
    *,
    key: tuple[int, int],
    physics: Physics,
    responses: Sequence[FoldedResponse] = (),
    composites: Sequence[Composite] = (),
    with_voxels: bool = True,
    raised: Raised = NOWHERE,
    cut: CutViews | None = None,
) -> Tables:
    """Assemble the kernel tables of an exam on one body.

    The acquisitions become one mixture source, in which each has the share of the photons that it emits.

    Parameters
    ----------
    phantom : VoxelPhantom
    planned_beams : sequence of PlannedBeam
        All beams of all acquisitions, acquisition after acquisition.
    key, physics, responses, composites, with_voxels, raised
        As in `build_transport_tables`. Photons are tracked inside a convex set around the body, and around that
        there is air.
    cut : CutViews, optional
        The pieces of `planned_beams`, cut; each bin is then a block of rows. None: as they are, a block for each
        acquisition.
    """
    rows: list[BeamRow] = []
    pieces: list[PieceRow] = []
    for index, (planned, acquisition) in enumerate(zip(planned_beams, acquisition_numbers(planned_beams))):
        own = own_pieces(planned, acquisition) if cut is None else cut.pieces[index]
        pieces += piece_rows(planned, own, len(rows), phantom.corner_mm[2])
        rows += beam_rows(phantom, planned)
    return build_transport_tables(
        phantom,
        pack_beams(rows),
        build_views(pieces),
        key=key,
        physics=physics,
        surroundings=Material("air"),
        responses=responses,
        composites=composites,
        with_voxels=with_voxels,
        raised=raised,
        clip=True,
    )
