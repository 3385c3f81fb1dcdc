"""The grid of a body, and its voxels' places in the frame in which the shapes are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Box = tuple[slice, slice, slice]
Bounds = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Points:
    """Places of the voxels of a box in the common frame, mm; the three broadcast to [z, y, x].

    Parameters
    ----------
    x, y, z : array of float32, [nz, 1, nx], [nz, ny, 1], [nz, 1, 1]
    """

    x: F32
    y: F32
    z: F32


@dataclass(frozen=True)
class Frame:
    """How one body's coordinates map to the frame of the adult male: by pieces along z.

    Organs of all bodies are those of one drawing, scaled along x, y and z, and then filled to their own masses.

    Parameters
    ----------
    rows : sequence of (z, z of the frame, x scale, y scale)
        In mm, ascending; between them linear, beyond them continued.
    """

    rows: Sequence[Sequence[float]]

    def _column(self, i: int, at: NDArray[np.float64], key: int) -> NDArray[np.float64]:
        table = np.asarray(self.rows, np.float64)
        return np.interp(at, table[:, key], table[:, i])

    def to_frame_z(self, z_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Height in the frame of heights in the body."""
        return self._column(1, np.asarray(z_mm, np.float64), 0)

    def to_body_z(self, z_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Height in the body of heights in the frame."""
        return self._column(0, np.asarray(z_mm, np.float64), 1)

    def scales(self, z_mm: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scales of x and y at heights in the body."""
        z = np.asarray(z_mm, np.float64)
        return self._column(2, z, 0), self._column(3, z, 0)

    def behind(self, first: Frame) -> Frame:
        """The frame that maps by `first`, and what that gives by this one."""
        nodes = np.union1d(np.asarray(self.rows, np.float64)[:, 0], np.asarray(first.rows, np.float64)[:, 1])
        z = first.to_body_z(nodes)
        x, y = (a * b for a, b in zip(first.scales(z), self.scales(nodes)))
        kept = np.concatenate([[True], np.diff(z) > 0.0])  # beyond the first frame's ends there is nothing
        return Frame(np.stack([z, self.to_frame_z(nodes), x, y], axis=1)[kept].tolist())


class Grid:
    """A regular grid in body coordinates whose voxel edges meet at x = 0 and z = 0.

    Parameters
    ----------
    voxel_mm : float
        Size of the cubic voxels.
    low_mm, high_mm : (float, float, float)
        What it must cover, (x, y, z).
    frame : Frame
        Of the body.
    proportions : Frame, optional
        How the body maps to that of an adult, if it is not one.
    """

    def __init__(
        self,
        voxel_mm: float,
        low_mm: Sequence[float],
        high_mm: Sequence[float],
        frame: Frame,
        proportions: Frame | None = None,
    ) -> None:
        self.voxel_mm, self.frame, self.proportions = float(voxel_mm), frame, proportions
        first = [int(np.floor(low / voxel_mm)) for low in low_mm]
        last = [int(np.ceil(high / voxel_mm)) for high in high_mm]
        centres = [(np.arange(a, b) + 0.5) * self.voxel_mm for a, b in zip(first, last)]
        self.x: NDArray[np.float64] = centres[0].astype(np.float64)
        self.y: NDArray[np.float64] = centres[1].astype(np.float64)
        self.z: NDArray[np.float64] = centres[2].astype(np.float64)
        self.frame_z = frame.to_frame_z(self.z)
        self._x_scale, self._y_scale = frame.scales(self.z)
        x, y = proportions.scales(self.z) if proportions is not None else (np.ones_like(self.z),) * 2
        self.size: NDArray[np.float64] = np.sqrt(x * y)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y, x."""
        return self.z.size, self.y.size, self.x.size

    @property
    def voxel_cm3(self) -> float:
        """Volume of a voxel."""
        return self.voxel_mm**3 / 1000.0

    def box(self, bounds: Bounds) -> Box:
        """The voxels that reach into bounds (x0, x1, y0, y1, z0, z1) of the frame, mm."""
        x0, x1, y0, y1, z0, z1 = bounds
        z = _span(self.frame_z, z0, z1)
        x_scale, y_scale = self._x_scale[z], self._y_scale[z]
        if x_scale.size == 0:
            return z, slice(0, 0), slice(0, 0)
        x = _span(self.x, *_scaled(x0, x1, x_scale))
        y = _span(self.y, *_scaled(y0, y1, y_scale))
        return z, y, x

    def points(self, box: Box) -> Points:
        """Places of a box's voxels in the frame."""
        z, y, x = box
        return Points(
            (self.x[x][None, None, :] / self._x_scale[z][:, None, None]).astype(np.float32),
            (self.y[y][None, :, None] / self._y_scale[z][:, None, None]).astype(np.float32),
            self.frame_z[z][:, None, None].astype(np.float32),
        )


def _scaled(low: float, high: float, scale: NDArray[np.float64]) -> tuple[float, float]:
    return float((low * scale).min()), float((high * scale).max())


def _span(centres: NDArray[np.float64], low: float, high: float) -> slice:
    return slice(int(np.searchsorted(centres, low, "left")), int(np.searchsorted(centres, high, "right")))
