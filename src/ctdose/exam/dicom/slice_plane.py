"""The plane of a slice in the patient's coordinates: its tilt, and where it crosses the axis of the table.

Image Position (0020,0032) is the corner of a slice. In a tilted slice the corner has another z than the place where
the plane crosses the axis, by the height over the axis times the tangent of the tilt: 10 cm and 20 degrees make 36 mm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Vector = tuple[float, ...]
UPRIGHT_DEG = 0.5
SLEWED_DEG = 1.0  # turned about another axis than x: no gantry does that


@dataclass(frozen=True)
class SlicePlane:
    """A plane that is closer to the axial than to any other.

    Parameters
    ----------
    corner_mm : tuple of float
        A point of it.
    normal : tuple of float
        Unit vector, its z above 0.
    """

    corner_mm: Vector
    normal: Vector

    @property
    def tilt_deg(self) -> float:
        """Angle about x, as `gantry_tilt_deg` of an exam: positive where the front lies at lower z than the back."""
        return math.degrees(math.atan2(-self.normal[1], self.normal[2]))

    @property
    def is_upright(self) -> bool:
        """Whether all of it has one z, as far as anybody can tell."""
        return abs(self.tilt_deg) < UPRIGHT_DEG and not self.is_slewed

    @property
    def is_slewed(self) -> bool:
        """Whether it is turned about another axis too."""
        return abs(math.degrees(math.asin(max(-1.0, min(1.0, self.normal[0]))))) > SLEWED_DEG

    def z_at(self, x_mm: float, y_mm: float) -> float:
        """z where the plane crosses a line along the table, mm."""
        (x, y, z), (u, v, w) = self.corner_mm, self.normal
        return z - (u * (x_mm - x) + v * (y_mm - y)) / w


def slice_plane(corner_mm: Vector | None, axes: Vector | None) -> SlicePlane | None:
    """Plane of a slice.

    Parameters
    ----------
    corner_mm : tuple of float or None
        Image Position.
    axes : tuple of float or None
        Image Orientation: directions of the rows and of the columns; None: an upright slice.

    Returns
    -------
    SlicePlane or None
        None without a position, or if the plane stands along the table.
    """
    if corner_mm is None:
        return None
    if axes is None:
        return SlicePlane(corner_mm, (0.0, 0.0, 1.0))
    a, b = axes[:3], axes[3:]
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    length = math.copysign(math.hypot(*cross), cross[2])
    return SlicePlane(corner_mm, tuple(each / length for each in cross)) if cross[2] else None


def middle_mm(corner_mm: Vector, axes: Vector, size: Vector, spacing_mm: Vector) -> Vector:
    """Middle of a slice.

    Parameters
    ----------
    corner_mm, axes : tuple of float
        As `slice_plane`: the corner is the middle of the first pixel.
    size, spacing_mm : tuple of float
        Numbers of columns and rows; distance between columns and between rows.
    """
    right, down = ((n - 1) / 2.0 * step for n, step in zip(size, spacing_mm, strict=True))
    return tuple(corner_mm[i] + right * axes[i] + down * axes[3 + i] for i in range(3))
