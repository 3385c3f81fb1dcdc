"""The cross section of a patient table, and how much of each voxel of a grid it fills."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctdose.physics.materials import Material

SAMPLES = 16  # columns of a voxel are cut so often: the top slopes, and the ends lie anywhere


@dataclass(frozen=True)
class CouchShape:
    """A table top: two skins around a core, the same all along.

    Parameters
    ----------
    width_mm : float
        From side to side.
    thickness_mm : float
        Skins and core together, straight down.
    sag_mm : float
        How much lower the middle of its top lies than the edges: an arc of a circle; 0 is flat.
    gap_mm : float
        Between its top and the body, air.
    wall_mm : float
        Thickness of the upper and of the lower skin, straight down.
    wall, core : Material
        With their densities.
    """

    width_mm: float
    thickness_mm: float
    sag_mm: float
    gap_mm: float
    wall_mm: float
    wall: Material
    core: Material

    def rise_mm(self, across_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much higher the top lies than in its middle, mm, at distances from the middle, mm."""
        x = np.minimum(np.abs(across_mm), self.width_mm / 2.0)
        if self.sag_mm == 0.0:
            return np.zeros_like(x)
        radius = (self.width_mm**2 / 4.0 + self.sag_mm**2) / (2.0 * self.sag_mm)
        return radius - np.sqrt(radius**2 - x**2)


def filled(
    shape: CouchShape,
    middle_mm: tuple[float, float],
    x_edges_mm: NDArray[np.float64],
    y_edges_mm: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of each voxel that the skins and the core fill.

    Parameters
    ----------
    shape : CouchShape
    middle_mm : (float, float)
        x and y of the middle of its top.
    x_edges_mm, y_edges_mm : array of float, [nx + 1], [ny + 1]
        Edges of the voxels; y towards the back.

    Returns
    -------
    tuple of array of float, [ny, nx]
        Skins, core: from 0 to 1.
    """
    steps = (np.arange(SAMPLES) + 0.5) / SAMPLES
    x = (x_edges_mm[:-1, None] + np.diff(x_edges_mm)[:, None] * steps) - middle_mm[0]
    there = np.abs(x) <= shape.width_mm / 2.0
    top = middle_mm[1] - shape.rise_mm(x)
    inner, outer = shape.wall_mm, shape.thickness_mm - shape.wall_mm

    def between(upper: float, lower: float) -> NDArray[np.float64]:
        low = np.maximum(y_edges_mm[:-1, None, None], top + upper)
        high = np.minimum(y_edges_mm[1:, None, None], top + lower)
        length = np.clip(high - low, 0.0, None) * there
        return length.mean(axis=2) / np.diff(y_edges_mm)[:, None]

    wall = between(0.0, inner) + between(outer, shape.thickness_mm)
    return wall, between(inner, outer)


def areal_density_g_cm2(shape: CouchShape) -> float:
    """Mass per area, straight down, g/cm²."""
    walls = 2.0 * shape.wall_mm * shape.wall.density_g_cm3
    return (walls + (shape.thickness_mm - 2.0 * shape.wall_mm) * shape.core.density_g_cm3) / 10.0


def transmission(shape: CouchShape, energies_kev: NDArray[np.float64]) -> NDArray[np.float64]:
    """Narrow-beam transmission straight down, by energy (keV)."""
    from ctdose.physics.cross_sections import linear_attenuation

    core_mm = shape.thickness_mm - 2.0 * shape.wall_mm
    depth = 2.0 * shape.wall_mm * linear_attenuation(shape.wall, energies_kev)
    depth = depth + core_mm * linear_attenuation(shape.core, energies_kev)
    return np.exp(-depth / 10.0)


__all__ = ["CouchShape", "areal_density_g_cm2", "filled", "transmission"]
