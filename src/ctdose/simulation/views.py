"""The pieces of a scan as the kernel has them: when the source is where, by emitted photon number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.kernels.tables import Views

OPEN = (-1.0, 1.0, -1.0, 1.0)
"""Blades that stand at the ends of the collimator's opening."""


@dataclass(frozen=True)
class PieceRow:
    """A piece of the scan in the kernel's frame.

    Parameters
    ----------
    photons : float
        Emitted in this piece; any common unit.
    z_cm : (float, float)
        Of the source at begin and end.
    angle_rad : (float, float)
        Gantry angle at begin, and its change over the piece.
    angle_is_random : bool
        The angle is uniform over its span, independent of z (start angle averaged over).
    beam, acquisition : int
    blades : tuple of float
        Lower and upper blade of the collimator at begin and end of the piece, in units of half the opening from its
        middle; photons beyond them are absorbed, but they count as emitted.
    """

    photons: float
    z_cm: tuple[float, float]
    angle_rad: tuple[float, float]
    angle_is_random: bool
    beam: int
    acquisition: int
    blades: tuple[float, float, float, float] = OPEN


FIXED_PIECE = PieceRow(1.0, (0.0, 0.0), (0.0, 0.0), False, 0, 0)
"""The one piece of a beam that does not move."""


def build_views(pieces: list[PieceRow]) -> Views:
    """Pack the pieces in the order of time; those that emit nothing are left out."""
    pieces = [piece for piece in pieces if piece.photons > 0.0]
    cumulative = np.concatenate([[0.0], np.cumsum([piece.photons for piece in pieces])])
    cumulative /= cumulative[-1]
    cumulative[-1] = 1.0
    return Views(
        cumulative=cumulative,
        z=np.array([piece.z_cm for piece in pieces], np.float32),
        angle=np.array([piece.angle_rad for piece in pieces], np.float32),
        angle_is_random=np.array([piece.angle_is_random for piece in pieces], np.int32),
        beam=np.array([piece.beam for piece in pieces], np.int32),
        acquisition=np.array([piece.acquisition for piece in pieces], np.int32),
        blades=np.array([piece.blades for piece in pieces], np.float32),
    )
