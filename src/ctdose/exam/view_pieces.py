"""Where the tube is while it is on: the pieces of a scan in the order of time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ctdose.exam.acquisition import Acquisition

TURN = 2.0 * math.pi
Blades = tuple[float, float, float, float]
OPEN: Blades = (-1.0, 1.0, -1.0, 1.0)
"""Blades that stand at the ends of the collimator's opening."""


@dataclass(frozen=True)
class ViewPiece:
    """A stretch of time with the beam on; z moves linearly in it, and so does the angle unless it is random.

    Parameters
    ----------
    z_start_mm, z_end_mm : float
        z of the beam's central plane at its begin and end, in the order of time (`z_end_mm` may be the lower).
    angle_start_rad, angle_span_rad : float
        Gantry angle at its begin, and its change; negative for a counterclockwise rotation.
    angle_is_random : bool
        The angle is uniform over its span and independent of z: the mean over all start angles.
    mas : float
        Tube current–time product.
    beam : int
        Which of `Plan.beams` is on. The beams of two tubes are on at the same time: each has pieces of its own.
    blades : tuple of float
        Lower and upper blade of the collimator at begin and end, in units of half the opening from its middle; they
        move evenly in between. What meets a blade is absorbed. Default: both out of the beam.
    """

    z_start_mm: float
    z_end_mm: float
    angle_start_rad: float
    angle_span_rad: float
    angle_is_random: bool
    mas: float
    beam: int = 0
    blades: Blades = OPEN

    @property
    def open_share(self) -> float:
        """Mean part of the opening between the blades."""
        low, high, low_end, high_end = self.blades
        return (high - low + high_end - low_end) / 4.0

    def part(self, begin: float, end: float) -> ViewPiece:
        """Cut out the stretch from `begin` to `end`, fractions of the piece; a random angle keeps its span."""

        def at(first: float, last: float, fraction: float) -> float:
            return first + (last - first) * fraction

        z = [at(self.z_start_mm, self.z_end_mm, f) for f in (begin, end)]
        angle = (0.0, 1.0) if self.angle_is_random else (begin, end - begin)
        blades = [at(self.blades[side], self.blades[side + 2], f) for f in (begin, end) for side in (0, 1)]
        return replace(
            self,
            z_start_mm=z[0],
            z_end_mm=z[1],
            angle_start_rad=self.angle_start_rad + self.angle_span_rad * angle[0],
            angle_span_rad=self.angle_span_rad * angle[1],
            mas=self.mas * (end - begin),
            blades=(blades[0], blades[1], blades[2], blades[3]),
        )


def _turn_sign(acquisition: Acquisition) -> float:
    return 1.0 if acquisition.rotation_direction == "clockwise" else -1.0


def _in_time(acquisition: Acquisition, low: float, high: float) -> tuple[float, float]:
    return (high, low) if acquisition.table_direction == "craniocaudal" else (low, high)


def helical_pieces(
    acquisition: Acquisition, travel_mm: tuple[float, float], rotations: float, total_mas: float
) -> tuple[ViewPiece, ...]:
    """Pieces of a helical scan: one of random angle, or a helix in pieces of at most one rotation.

    Parameters
    ----------
    acquisition : Acquisition
        Gives start angle and directions.
    travel_mm : tuple of float
        Travel of the central plane, lower z first.
    rotations, total_mas : float
        Over the whole travel.
    """
    first, last = _in_time(acquisition, *travel_mm)
    if acquisition.start_angle_deg == "averaged":
        return (ViewPiece(first, last, 0.0, TURN, True, total_mas),)
    return _turns(acquisition, first, last, rotations, total_mas)


def axial_pieces(
    acquisition: Acquisition, positions_mm: list[float], rotations: float, mas: float
) -> tuple[ViewPiece, ...]:
    """Pieces of an axial scan: `rotations` with `mas` at each position (lower z first).

    With a start angle each position begins there. Averaged over it, a part of a rotation is as often anywhere: its
    pieces differ from those of a whole one by the mAs only.
    """
    in_time = reversed(positions_mm) if acquisition.table_direction == "craniocaudal" else positions_mm
    return tuple(piece for z in in_time for piece in stationary_pieces(acquisition, z, rotations, mas))


def stationary_pieces(
    acquisition: Acquisition, z_mm: float, rotations: float, total_mas: float
) -> tuple[ViewPiece, ...]:
    """Pieces of a stationary scan at `z_mm`: random angle, or turns of at most one rotation from the start angle."""
    if acquisition.start_angle_deg == "averaged":
        return (ViewPiece(z_mm, z_mm, 0.0, TURN, True, total_mas),)
    return _turns(acquisition, z_mm, z_mm, rotations, total_mas)


def localizer_pieces(
    acquisition: Acquisition, z_range_mm: tuple[float, float], total_mas: float
) -> tuple[ViewPiece, ...]:
    """The one piece of a localizer: fixed angle, moving table."""
    first, last = _in_time(acquisition, *z_range_mm)
    return (ViewPiece(first, last, math.radians(acquisition.gantry_angle_deg), 0.0, False, total_mas),)


def _turns(
    acquisition: Acquisition, first_mm: float, last_mm: float, rotations: float, total_mas: float
) -> tuple[ViewPiece, ...]:
    """Cut `rotations` from the start angle into pieces of one rotation and a rest; z runs from first to last."""
    start = math.radians(float(acquisition.start_angle_deg))
    sign = _turn_sign(acquisition)
    feed = (last_mm - first_mm) / rotations
    pieces = []
    for turn in range(max(1, math.ceil(rotations - 1e-9))):
        part = min(1.0, rotations - turn)
        z = first_mm + turn * feed
        pieces.append(
            ViewPiece(z, z + part * feed, start, sign * part * TURN, False, total_mas * part / rotations)
        )
    return tuple(pieces)


def beam_pieces(
    pieces: tuple[ViewPiece, ...], shares: tuple[float, ...], offsets_rad: tuple[float, ...]
) -> tuple[ViewPiece, ...]:
    """Share pieces among the beams of an acquisition, which are on at the same time.

    Parameters
    ----------
    pieces : tuple of ViewPiece
        With the mAs of all beams, at the gantry angle of the first.
    shares, offsets_rad : tuple of float
        Share of the mAs of each beam; how far its tube is ahead of the first in the direction of rising gantry angle.
    """
    if len(shares) == 1:
        return pieces
    return tuple(
        replace(
            piece,
            angle_start_rad=piece.angle_start_rad + offset,
            mas=piece.mas * share,
            beam=piece.beam + number,
        )
        for piece in pieces
        for number, (share, offset) in enumerate(zip(shares, offsets_rad, strict=True))
    )
