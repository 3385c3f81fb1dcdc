"""What lies on the rays through one point of a slice: mass per area of each material, from every source position.

The rays run in the plane of rotation, so their voxels are the same in every slice (`ctdose.exam.modulation_rays`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.exam.modulation_rays import Chords, chords_through
from ctdose.kernels.tables import DENSITY_ONE, F64
from ctdose.phantoms.voxel_phantom import VoxelPhantom


@dataclass(frozen=True)
class ViewLines:
    """Rays through a point, one from each source position.

    Parameters
    ----------
    chords : Chords
        Of a slice of the phantom.
    fan_angle_rad : float64 ndarray [views]
        Angle of each ray from the central ray of its view.
    """

    chords: Chords
    fan_angle_rad: F64


def view_lines(
    body: VoxelPhantom,
    point_mm: tuple[float, float],
    axis_mm: tuple[float, float],
    radius_mm: float,
    angles_deg: F64,
) -> ViewLines:
    """Draw the rays from a circle of source positions through a point.

    Parameters
    ----------
    body : VoxelPhantom
    point_mm, axis_mm : (float, float)
        x and y of the point, and of the rotation axis.
    radius_mm : float
        Source to axis.
    angles_deg : float64 ndarray [views]
        Gantry angles; 0 is in front (-y), 90 at +x.

    Raises
    ------
    ValueError
        The point lies outside the body's grid.
    """
    angle = np.deg2rad(np.asarray(angles_deg, np.float64))
    outward = np.column_stack([np.sin(angle), -np.cos(angle)])
    way = np.subtract(point_mm, axis_mm) - radius_mm * outward
    way /= np.hypot(*way.T)[:, None]
    across = way[:, 0] * outward[:, 1] - way[:, 1] * outward[:, 0]
    _, ny, nx = body.shape
    corner, spacing = body.corner_mm, body.spacing_mm
    chords = chords_through(corner[:2], spacing[:2], (nx, ny), point_mm, way)
    return ViewLines(chords, np.arcsin(across))


def areal_densities(body: VoxelPhantom, k: int, lines: ViewLines) -> F64:
    """Mass per area of each material on the rays through slice k, g/cm2, [views, materials]."""
    chords, materials = lines.chords, len(body.materials)
    material = body.material_index[k].ravel()[chords.pixel].astype(np.int64)
    density = np.array([m.density_g_cm3 for m in body.materials])[material]
    if body.density_g_cm3 is not None:
        density = density * body.density_steps(k).ravel()[chords.pixel] / DENSITY_ONE
    views = lines.fan_angle_rad.size
    ray = np.repeat(np.arange(views), np.diff([*chords.first, chords.pixel.size]))
    flat = np.bincount(ray * materials + material, density * chords.length_cm, views * materials)
    return np.asarray(flat, np.float64).reshape(views, materials)
