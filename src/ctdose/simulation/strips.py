"""A wide beam as strips along z, each with the spectrum of its own take-off angle.

The kernel has one spectrum for each fan angle of a beam, whatever the cone angle. Towards the anode of a wide beam the
tube's photons are harder. Such a beam is therefore several beams that stand side by side along z: every piece of the
scan is there once for each strip, with the strip's share of the photons. Within a strip the heel effect goes on, and
the spectrum is that of its middle.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ctdose.simulation.beam_tables import BeamRow
from ctdose.simulation.views import OPEN, PieceRow

WHOLE_MM, STRIP_MM = 50.0, 30.0
"""At the axis: the widest beam with one spectrum (at its ends the mean energy is off by 1 %), and the widest strip."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Strip:
    """A part of a beam along z, or all of it.

    Parameters
    ----------
    row : BeamRow
    share : float
        Of the photons that the beam emits.
    """

    row: BeamRow
    share: float


def strip_openings(tan_cone: Interval, beam_width_mm: float) -> list[Interval]:
    """Tangents of the strips of a beam, lower to upper; one if it is narrow. They depend on the geometry alone."""
    count = 1 if beam_width_mm <= WHOLE_MM else math.ceil(beam_width_mm / STRIP_MM)
    low, high = tan_cone
    edges = [low + (high - low) * k / count for k in range(count)] + [high]
    return list(itertools.pairwise(edges))


def pieces_of_strips(piece: PieceRow, strips: Sequence[Strip], whole: Interval) -> list[PieceRow]:
    """Give a piece once for each strip of its beam.

    Parameters
    ----------
    piece : PieceRow
        Its `beam` is the number of the first strip in the tables.
    strips : sequence of Strip
    whole : (float, float)
        Tangents of the opening of the beam, in which the blades of the piece are given.
    """
    return [
        replace(
            piece,
            photons=piece.photons * strip.share,
            beam=piece.beam + k,
            blades=_in_half_openings(piece.blades, whole, strip.row.tan_cone),
        )
        for k, strip in enumerate(strips)
    ]


def _in_half_openings(
    blades: tuple[float, float, float, float], whole: Interval, strip: Interval
) -> tuple[float, float, float, float]:
    """Blades in half openings of a strip; beyond its ends they leave it open, or close it."""
    if blades == OPEN or whole == strip:
        return blades
    (middle, half), (own_middle, own_half) = (((a + b) / 2.0, (b - a) / 2.0) for a, b in (whole, strip))
    first, second, third, fourth = ((middle + half * blade - own_middle) / own_half for blade in blades)
    return first, second, third, fourth
