"""Implicit shapes: functions of place that rise outwards and are about 1 on the surface as drawn.

Their values only rank voxels (rank.py), so their scale matters little; two shapes of one organ are joined by the
lesser value.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.stylized.cavity import Cavity
from ctdose.phantoms.stylized.frame import F32, Bounds, Points


class Shape(Protocol):
    """What every shape offers."""

    def bounds(self, scale: float) -> Bounds:
        """Bounds, mm, outside of which the rank exceeds `scale`."""

    def rank(self, points: Points, cavity: Cavity) -> F32:
        """Rank of every point, [z, y, x]."""


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / np.sqrt(vector @ vector)


def _turned(along: Sequence[float] | None, across: Sequence[float] | None) -> NDArray[np.float64]:
    """Rows: unit vectors of the three axes, `across` made square to `along`."""
    if along is None:
        return np.eye(3)
    first = _unit(np.asarray(along, np.float64))
    hint = np.asarray(across if across is not None else np.eye(3)[int(np.abs(first).argmin())], np.float64)
    second = _unit(hint - (hint @ first) * first)
    return np.stack([first, second, np.cross(first, second)])


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid; rank: distance from its centre over that of the surface.

    Parameters
    ----------
    centre, axes : (float, float, float)
        Centre and semi-axes, mm.
    along, across : (float, float, float), optional
        Directions of the first and second axis; default: along x, y, z.
    """

    centre: Sequence[float]
    axes: Sequence[float]
    along: Sequence[float] | None = None
    across: Sequence[float] | None = None

    def bounds(self, scale: float) -> Bounds:
        """Bounds of the ellipsoid swollen by `scale`."""
        spread = np.asarray(self.axes)[:, None] * _turned(self.along, self.across)
        reach = scale * np.sqrt((spread**2).sum(axis=0))
        low, high = np.asarray(self.centre) - reach, np.asarray(self.centre) + reach
        return low[0], high[0], low[1], high[1], low[2], high[2]

    def rank(self, points: Points, cavity: Cavity) -> F32:
        """Distance from the centre over that of the surface."""
        return self.squared(points, 1.0)

    def squared(self, points: Points, power: float) -> F32:
        """Distance from the centre, with each axis taken to `power` in the denominator."""
        dx, dy, dz = (p - np.float32(c) for p, c in zip((points.x, points.y, points.z), self.centre))
        total: F32 | float = 0.0
        for axis, direction in zip(self.axes, _turned(self.along, self.across)):
            u, v, w = (np.float32(component) for component in direction / axis**power)
            total = total + (u * dx + v * dy + w * dz) ** 2
        return np.sqrt(total)


@dataclass(frozen=True)
class Shell:
    """A shell around an ellipsoid; rank: distance from its middle over half its thickness.

    Parameters
    ----------
    centre, axes : (float, float, float)
        Of the ellipsoid that it encloses, mm.
    thickness : float
        mm.
    """

    centre: Sequence[float]
    axes: Sequence[float]
    thickness: float

    def bounds(self, scale: float) -> Bounds:
        """Bounds of the shell made `scale` times as thick."""
        reach = [axis + (1.0 + scale) * self.thickness / 2.0 for axis in self.axes]
        (x, y, z), (a, b, c) = self.centre, reach
        return x - a, x + a, y - b, y + b, z - c, z + c

    def rank(self, points: Points, cavity: Cavity) -> F32:
        """Distance from the middle of the shell over half the thickness."""
        inner = Ellipsoid(self.centre, self.axes)
        k0, k1 = inner.squared(points, 1.0), inner.squared(points, 2.0)
        distance = k0 * (k0 - 1.0) / np.maximum(k1, np.float32(1e-6))
        return np.abs(distance * np.float32(2.0 / self.thickness) - np.float32(1.0))


@dataclass(frozen=True)
class Coils:
    """Parallel coils along x in an ellipsoid; rank: distance from the nearest axis over half the pitch.

    Parameters
    ----------
    centre, axes : (float, float, float)
        Of the ellipsoid, which they do not leave, mm.
    pitch : float
        Distance of neighbouring axes, mm; they lie hexagonally in y and z.
    """

    centre: Sequence[float]
    axes: Sequence[float]
    pitch: float

    def bounds(self, scale: float) -> Bounds:
        """Bounds of the ellipsoid."""
        return Ellipsoid(self.centre, self.axes).bounds(1.0)

    def rank(self, points: Points, cavity: Cavity) -> F32:
        """Distance from the nearest axis over half the pitch, infinite outside the ellipsoid."""
        y, z = points.y - np.float32(self.centre[1]), points.z - np.float32(self.centre[2])
        row, column = np.float32(self.pitch * 1.7320508), np.float32(self.pitch)
        best = np.float32(np.inf)
        for shift in (np.float32(0.0), np.float32(0.5)):
            dz = z - (np.round(z / row - shift) + shift) * row
            dy = y - (np.round(y / column - shift) + shift) * column
            best = np.minimum(best, dy * dy + dz * dz)
        rank = np.sqrt(best) * np.float32(2.0 / self.pitch)
        inside = Ellipsoid(self.centre, self.axes).rank(points, cavity) <= 1.0
        return np.where(inside, rank, np.float32(np.inf))


@dataclass(frozen=True)
class Tube:
    """A bent tube; rank: distance from its axis over its radius.

    Parameters
    ----------
    points : sequence of (x, y, z, radius)
        Nodes of its axis, mm; the radius is linear between them.
    squash : (float, float, float)
        Factors by which its cross-section is stretched along x, y, z.
    """

    points: Sequence[Sequence[float]]
    squash: Sequence[float] = (1.0, 1.0, 1.0)

    def bounds(self, scale: float) -> Bounds:
        """Bounds of the tube made `scale` times as thick."""
        nodes = np.asarray(self.points, np.float64)
        reach = scale * nodes[:, 3:] * np.asarray(self.squash)
        low, high = (nodes[:, :3] - reach).min(axis=0), (nodes[:, :3] + reach).max(axis=0)
        return low[0], high[0], low[1], high[1], low[2], high[2]

    def rank(self, points: Points, cavity: Cavity) -> F32:
        """Distance from the axis over the radius, the least over the segments."""
        nodes = np.asarray(self.points, np.float64)
        squash = np.asarray(self.squash)
        nodes = np.hstack([nodes[:, :3] / squash, nodes[:, 3:]])
        place = [p / np.float32(s) for p, s in zip((points.x, points.y, points.z), squash)]
        best: F32 | None = None
        for begin, end in itertools.pairwise(nodes):
            rank = _segment_rank(place, begin, end)
            best = rank if best is None else np.minimum(best, rank)
        assert best is not None
        return best


def _segment_rank(place: list[F32], begin: NDArray[np.float64], end: NDArray[np.float64]) -> F32:
    step = end - begin
    length2 = np.float32(step[:3] @ step[:3])
    rel = [p - np.float32(b) for p, b in zip(place, begin)]
    dot = sum(r * np.float32(s) for r, s in zip(rel, step))
    t = np.clip(dot / length2, np.float32(0.0), np.float32(1.0))
    squared = sum((r - t * np.float32(s)) ** 2 for r, s in zip(rel, step))
    radius = np.float32(begin[3]) + t * np.float32(step[3])
    return (np.sqrt(squared) / radius).astype(np.float32, copy=False)


def read_shape(entry: Mapping[str, Any]) -> tuple[Shape, bool]:
    """Make a shape from its entry in the data file; also whether it stands on both sides."""
    from ctdose.phantoms.stylized.thorax import Lung, Ribs

    kinds = {"ellipsoid": Ellipsoid, "shell": Shell, "coils": Coils, "tube": Tube, "ribs": Ribs, "lung": Lung}
    (kind,) = [name for name in kinds if name in entry]
    return kinds[kind](**entry[kind]), bool(entry.get("mirror", False))
