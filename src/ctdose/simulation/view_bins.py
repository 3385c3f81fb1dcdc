"""Views in bins: the pieces of an exam cut so that each lies in one bin of z and gantry angle.

The kernel adds a history to the block of rows that its piece names. With one block for each bin, a run leaves the
dose of every view: from it follow, without new histories, other ranges and currents, and the share of over-ranging.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ctdose.exam.modulation_attenuation import ANGLE_BIN_DEG
from ctdose.exam.modulation_pieces import SAME, cut_pieces, z_step_mm
from ctdose.exam.view_pieces import ViewPiece
from ctdose.kernels.tables import F64, I32
from ctdose.simulation.exam_tables import BeamOfPlan, acquisition_numbers

Key = tuple[float, float, int]


@dataclass(frozen=True)
class ViewBins:
    """The bins of an exam on one body, acquisition after acquisition; those without photons are left out.

    Attributes
    ----------
    acquisition, beam : int32 ndarray [bins]
        Number of the acquisition in the exam; of the beam in the acquisition.
    z_start_mm, z_end_mm : float64 ndarray [bins]
        z of the beam's central plane, lower first; equal where the table stands still.
    angle_start_deg, angle_end_deg : float64 ndarray [bins]
        Gantry angle, 0 to 360.
    mas : float64 ndarray [bins]
        Tube current–time product; those of one acquisition and beam add up to its mAs.
    open_share : float64 ndarray [bins]
        Mean part of the collimator's opening that moving blades leave open; 1 without them.
    photon_share : float64 ndarray [bins]
        Of the photons that the exam emits on this body; they add up to 1. Times the histories of a run: the
        histories of the bin, on average.
    """

    acquisition: I32
    beam: I32
    z_start_mm: F64
    z_end_mm: F64
    angle_start_deg: F64
    angle_end_deg: F64
    mas: F64
    open_share: F64
    photon_share: F64

    @property
    def z_mm(self) -> F64:
        """Middle of each bin, mm."""
        return (self.z_start_mm + self.z_end_mm) / 2.0


@dataclass(frozen=True)
class CutViews:
    """The cut pieces of an exam, and the bin of each.

    Attributes
    ----------
    bins : ViewBins
    pieces : tuple of tuple of (ViewPiece, int)
        By planned beam, in the order of time: each piece and the number of its bin.
    """

    bins: ViewBins
    pieces: tuple[tuple[tuple[ViewPiece, int], ...], ...]

    def by_acquisition(self) -> CutViews:
        """The same pieces with the number of their acquisition instead of their bin: no views are kept."""
        acquisition = self.bins.acquisition.tolist()
        return replace(
            self, pieces=tuple(tuple((p, acquisition[n]) for p, n in of_beam) for of_beam in self.pieces)
        )


def cut_views(planned_beams: Sequence[BeamOfPlan]) -> CutViews:
    """Cut all pieces of an exam into bins of at most 5 mm along z and 10 degrees around.

    Along z the cuts fall on the ends of the planned range, so that no bin lies half inside it.

    Parameters
    ----------
    planned_beams : sequence of PlannedBeam
        As for `build_exam_tables`.
    """
    numbers: dict[tuple[int, int, Key], int] = {}
    cut: list[list[tuple[ViewPiece, int]]] = []
    gathered: dict[int, list[ViewPiece]] = {}
    photons: dict[int, float] = {}
    for planned, acquisition in zip(planned_beams, acquisition_numbers(planned_beams), strict=True):
        cut.append([])
        for piece, key in _cut(planned):
            number = numbers.setdefault((acquisition, planned.number, key), len(numbers))
            cut[-1].append((piece, number))
            gathered.setdefault(number, []).append(piece)
            photons[number] = photons.get(number, 0.0) + piece.mas * planned.photons_per_mas
    bins = _bins(list(numbers), [gathered[n] for n in range(len(numbers))], photons)
    return CutViews(bins, tuple(tuple(of_beam) for of_beam in cut))


def _cut(planned: BeamOfPlan) -> list[tuple[ViewPiece, Key]]:
    """Pieces of one beam that emit something, each with its place: z range and number of the angle."""
    plan = planned.plan
    own = [piece for piece in plan.pieces if piece.beam == planned.number and piece.mas > 0.0]
    planned_mm = (plan.z_start_mm, plan.z_end_mm)
    z = [end for piece in plan.pieces for end in (piece.z_start_mm, piece.z_end_mm)]
    travel = (min(z), max(z))
    pieces = cut_pieces(own, planned_mm, along_z=True, around=True)
    return [(piece, (*_z_bin(piece, planned_mm, travel), _angle_bin(piece))) for piece in pieces]


def _z_bin(
    piece: ViewPiece, planned_mm: tuple[float, float], travel_mm: tuple[float, float]
) -> tuple[float, float]:
    """Ends of the bin of z; the first and the last of a moving table may be shorter."""
    low, high = sorted((piece.z_start_mm, piece.z_end_mm))
    if high - low < SAME:
        return round(low, 6), round(low, 6)
    step = z_step_mm(planned_mm)
    number = math.floor(((low + high) / 2.0 - planned_mm[0]) / step)
    start, end = planned_mm[0] + number * step, planned_mm[0] + (number + 1) * step
    return round(max(start, travel_mm[0]), 6), round(min(end, travel_mm[1]), 6)


def _angle_bin(piece: ViewPiece) -> int:
    middle = math.degrees(piece.angle_start_rad + piece.angle_span_rad / 2.0)
    return math.floor(middle % 360.0 / ANGLE_BIN_DEG)


def _bins(
    keys: Sequence[tuple[int, int, Key]], pieces: Sequence[Sequence[ViewPiece]], photons: dict[int, float]
) -> ViewBins:
    mas = [math.fsum(piece.mas for piece in own) for own in pieces]
    opened = [math.fsum(piece.mas * piece.open_share for piece in own) for own in pieces]
    emitted = np.array([photons[n] for n in range(len(keys))])
    angle = np.array([place[2] for _, _, place in keys], np.float64) * ANGLE_BIN_DEG
    return ViewBins(
        acquisition=np.array([acquisition for acquisition, _, _ in keys], np.int32),
        beam=np.array([beam for _, beam, _ in keys], np.int32),
        z_start_mm=np.array([place[0] for _, _, place in keys]),
        z_end_mm=np.array([place[1] for _, _, place in keys]),
        angle_start_deg=angle,
        angle_end_deg=angle + ANGLE_BIN_DEG,
        mas=np.array(mas),
        open_share=np.array(opened) / np.array(mas),
        photon_share=emitted / emitted.sum(),
    )
