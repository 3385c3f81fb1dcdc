"""Chords of the central rays through a grid of voxels: exact lengths, one plane for all slices.

A central ray runs from the focal spot through the rotation axis, in the plane of rotation. So its voxels are the same
in every slice, and its attenuation is a sum of coefficients times chord lengths (Siddon, Med. Phys. 12 (1985) 252-255).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.kernels.tables import F64


@dataclass(frozen=True)
class Chords:
    """The voxels on a set of rays.

    Parameters
    ----------
    pixel : int64 ndarray [n]
        Index of each voxel in its slice, y · nx + x; the rays one after the other.
    length_cm : float64 ndarray [n]
        Length of the ray in it.
    first : int64 ndarray [rays]
        Where each ray begins.
    """

    pixel: np.ndarray
    length_cm: F64
    first: np.ndarray

    def integrals(self, coefficient: F64) -> F64:
        """Line integrals through one slice, [rays], of a coefficient (1/cm) on the rays' voxels, [n]."""
        return np.add.reduceat(coefficient * self.length_cm, self.first)


def central_chords(
    corner_mm: tuple[float, float],
    spacing_mm: tuple[float, float],
    shape: tuple[int, int],
    axis_mm: tuple[float, float],
    angles_deg: F64,
) -> Chords:
    """Find the voxels on the central rays of a rotation.

    Parameters
    ----------
    corner_mm, spacing_mm : (float, float)
        Lowest corner of the grid, and voxel size, along x and y.
    shape : (int, int)
        Voxels along x and y.
    axis_mm : (float, float)
        The rotation axis.
    angles_deg : float64 ndarray [rays]
        Gantry angles; 0 is in front (-y), 90 at +x.

    Raises
    ------
    ValueError
        The axis lies outside the grid.
    """
    angle = np.deg2rad(np.asarray(angles_deg, np.float64))
    ways = np.column_stack([np.sin(angle), -np.cos(angle)])
    return chords_through(corner_mm, spacing_mm, shape, axis_mm, ways)


def chords_through(
    corner_mm: tuple[float, float],
    spacing_mm: tuple[float, float],
    shape: tuple[int, int],
    point_mm: tuple[float, float],
    directions: F64,
) -> Chords:
    """Find the voxels on lines through one point.

    Parameters
    ----------
    corner_mm, spacing_mm, shape
        As in `central_chords`.
    point_mm : (float, float)
        Inside the grid.
    directions : float64 ndarray [rays, 2]
        Unit vectors.

    Raises
    ------
    ValueError
        The point lies outside the grid.
    """
    high = tuple(c + s * n for c, s, n in zip(corner_mm, spacing_mm, shape, strict=True))
    if not all(low < at < up for low, at, up in zip(corner_mm, point_mm, high, strict=True)):
        raise ValueError(f"point={point_mm} (outside the grid). The rotation axis must cross the phantom.")
    pixels, lengths, first, count = [], [], [], 0
    for u, v in directions.tolist():
        pixel, length = _chord(corner_mm, spacing_mm, shape, point_mm, u, v)
        pixels.append(pixel)
        lengths.append(length)
        first.append(count)
        count += pixel.size
    return Chords(np.concatenate(pixels), np.concatenate(lengths), np.array(first))


def _chord(
    corner: tuple[float, float],
    spacing: tuple[float, float],
    shape: tuple[int, int],
    axis: tuple[float, float],
    u: float,
    v: float,
) -> tuple[np.ndarray, F64]:
    """Voxels and lengths (cm) of the line through the axis along (u, v)."""
    crossings = []
    enter, leave = -np.inf, np.inf
    for c, s, n, at, speed in zip(corner, spacing, shape, axis, (u, v), strict=True):
        if abs(speed) < 1e-12:
            continue
        places = (c + s * np.arange(n + 1) - at) / speed
        crossings.append(places)
        enter, leave = max(enter, float(places.min())), min(leave, float(places.max()))
    places = np.unique(np.clip(np.concatenate(crossings), enter, leave))
    middle, length = (places[1:] + places[:-1]) / 2.0, np.diff(places)
    x, y = (
        np.clip(((at + speed * middle - c) // s).astype(np.int64), 0, n - 1)
        for c, s, n, at, speed in zip(corner, spacing, shape, axis, (u, v), strict=True)
    )
    return y * shape[0] + x, length / 10.0
