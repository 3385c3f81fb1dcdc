"""The trunk's cavity: what lies inside the ribs and the muscles of the belly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctdose.phantoms.stylized.frame import F32, Points


class Cavity:
    """Elliptic sections along z, in the frame.

    Parameters
    ----------
    rows : sequence of (z, half width, front, back)
        In mm, ascending in z.
    girth : float
        How much wider and deeper it is than drawn.
    """

    def __init__(self, rows: Sequence[Sequence[float]], girth: float = 1.0) -> None:
        self._table = np.asarray(rows, np.float64)
        if girth != 1.0:
            self._table = self._table * np.array([1.0, girth, girth, girth])
        self.z_low, self.z_high = float(self._table[0, 0]), float(self._table[-1, 0])

    def section(self, z: F32) -> tuple[F32, F32, F32]:
        """Half width, centre y and half depth at heights z, mm, each of the shape of z."""
        width, front, back = (np.interp(z, self._table[:, 0], self._table[:, i]) for i in (1, 2, 3))
        half = (back - front) / 2.0
        return width.astype(np.float32), ((front + back) / 2.0).astype(np.float32), half.astype(np.float32)

    def radius(self, points: Points) -> F32:
        """Distance from the axis over that of the surface, [z, y, x]; infinite below and above the cavity."""
        width, centre, half = self.section(points.z)
        radius = np.sqrt((points.x / width) ** 2 + ((points.y - centre) / half) ** 2)
        outside = (points.z < self.z_low) | (points.z > self.z_high)
        return np.where(outside, np.float32(np.inf), radius)
