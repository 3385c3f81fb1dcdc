"""The body's surface: a distance to it that the outline is filled by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ctdose.phantoms.stylized.cavity import Cavity
from ctdose.phantoms.stylized.frame import F32, Box, Grid
from ctdose.phantoms.stylized.shapes import Ellipsoid, Tube, read_shape

FAR_MM = 1000.0
NECK_SHARE = 0.2  # of the trunk's height, over which a girth fades out below the neck
REACH_MM = 25.0  # how far outside the drawn surface the distance is worked out


def outline_distance(
    grid: Grid,
    data: Mapping[str, Any],
    cavity: Cavity,
    sex: str,
    arms: str,
    girth: float = 1.0,
    sexed: bool = True,
) -> F32:
    """Work out the distance from the drawn surface, negative inside.

    Parameters
    ----------
    grid : Grid
        Of the body.
    data : mapping
        Sections and parts of the outline (data/adult_outline.yaml).
    cavity : Cavity
        Of the trunk; no shape of the outline uses it.
    sex, arms : str
        ``male`` or ``female``, of the adult whose outline it is; ``raised`` or ``down``.
    girth : float
        How much wider than drawn trunk and legs are.
    sexed : bool
        Whether with breasts, or scrotum: not for a girl whose drawing is the male's.

    Returns
    -------
    array of float32, [z, y, x]
        About the distance in mm near the surface; `FAR_MM` far outside.
    """
    distance = np.full(grid.shape, FAR_MM, np.float32)
    squareness = float(data["squareness"])
    trunk, legs = np.asarray(data["trunk"][sex], np.float64), np.asarray(data["legs"], np.float64)
    _lower(distance, *_trunk(grid, _widened_trunk(_mapped(grid, trunk), girth), squareness))
    _lower(distance, *_legs(grid, _widened_legs(legs, girth)))
    drawn = data["parts"]
    parts = [*drawn["all"], *(drawn[sex] if sexed else ()), *(drawn["arms"] if arms == "down" else ())]
    for entry in parts:
        shape, mirror = read_shape(entry)
        size = min(shape.axes) if isinstance(shape, Ellipsoid) else _thinnest(shape)
        for box in _boxes(grid, shape.bounds(1.0 + REACH_MM / size), mirror):
            points = grid.points(box)
            if mirror:
                points = type(points)(np.abs(points.x), points.y, points.z)
            _lower(distance, box, _sized(grid, box, _part_distance(shape, points, cavity, size)))
    return distance


def _thinnest(shape: Any) -> float:
    assert isinstance(shape, Tube)
    return min(node[3] for node in shape.points)


def _part_distance(shape: Any, points: Any, cavity: Cavity, size: float) -> F32:
    k0 = shape.rank(points, cavity)
    if isinstance(shape, Ellipsoid):
        return k0 * (k0 - np.float32(1.0)) / np.maximum(shape.squared(points, 2.0), np.float32(1e-6))
    return (k0 - np.float32(1.0)) * np.float32(size)


def _boxes(grid: Grid, bounds: Sequence[float], mirror: bool) -> list[Box]:
    x0, x1, *rest = bounds
    sides = [(x0, x1), (-x1, -x0)] if mirror else [(x0, x1)]
    return [grid.box((*side, *rest)) for side in sides]  # type: ignore[arg-type]


def _lower(distance: F32, box: Box, values: F32) -> None:
    np.minimum(distance[box], values, out=distance[box])


def _mapped(grid: Grid, rows: np.ndarray) -> np.ndarray:
    """Rows of the trunk of a body that has other proportions than the adult."""
    if grid.proportions is None:
        return rows
    z = grid.proportions.to_body_z(rows[:, 0])
    x, y = grid.proportions.scales(z)
    return np.stack([z, rows[:, 1] * x, rows[:, 2] * y, rows[:, 3] * y], axis=1)


def _widened_trunk(rows: np.ndarray, girth: float) -> np.ndarray:
    """Trunk with its girth; towards the neck it stays as drawn."""
    if girth == 1.0:
        return rows
    low, high = rows[0, 0], rows[-1, 0]
    share = np.clip((high - rows[:, 0]) / (NECK_SHARE * (high - low)), 0.0, 1.0)
    return np.column_stack([rows[:, :1], rows[:, 1:] * (1.0 + (girth - 1.0) * share)[:, None]])


def _widened_legs(rows: np.ndarray, girth: float) -> np.ndarray:
    """Legs with their girth, around their axes; towards the ankles they stay as drawn."""
    if girth == 1.0:
        return rows
    share = np.clip((rows[:, 0] - rows[0, 0]) / (rows[-1, 0] - rows[0, 0]) * 2.0, 0.0, 1.0)
    middle, half = (rows[:, 3] + rows[:, 4]) / 2.0, (rows[:, 4] - rows[:, 3]) / 2.0
    factor = 1.0 + (girth - 1.0) * share
    columns = (rows[:, 0], rows[:, 1], rows[:, 2] * factor, middle - half * factor, middle + half * factor)
    return np.stack(columns, axis=1)


def _sized(grid: Grid, box: Box, distance: F32) -> F32:
    """Distances that were worked out in an adult's body, in that of the grid."""
    return (
        distance
        if grid.proportions is None
        else distance * grid.size[box[0]].astype(np.float32)[:, None, None]
    )


def _trunk(grid: Grid, rows: np.ndarray, squareness: float) -> tuple[Box, F32]:
    z = slice(*np.searchsorted(grid.z, [rows[0, 0], rows[-1, 0]]))
    width, front, back = (np.interp(grid.z[z], rows[:, 0], rows[:, i])[:, None, None] for i in (1, 2, 3))
    return (z, slice(None), slice(None)), _section_distance(
        grid.x[None, None, :], grid.y[None, :, None], width, front, back, squareness
    )


def _legs(grid: Grid, rows: np.ndarray) -> tuple[Box, F32]:
    box = (slice(*np.searchsorted(grid.frame_z, [rows[0, 0], rows[-1, 0]])), slice(None), slice(None))
    points = grid.points(box)
    centre, width, front, back = (
        np.interp(points.z[:, 0, 0], rows[:, 0], rows[:, i])[:, None, None] for i in (1, 2, 3, 4)
    )
    x = np.abs(points.x) - centre.astype(np.float32)
    return box, _sized(grid, box, _section_distance(x, points.y, width, front, back, 0.0))


def _section_distance(x: Any, y: Any, width: Any, front: Any, back: Any, squareness: float) -> F32:
    """Distance from a squared ellipse, k0 (k0 - 1) / |grad k0|, to first order."""
    a, b = np.asarray(width, np.float32), np.asarray((back - front) / 2.0, np.float32)
    u = np.asarray(x, np.float32) / a
    v = (np.asarray(y, np.float32) - np.asarray((front + back) / 2.0, np.float32)) / b
    u2, v2 = u * u, v * v
    k0 = np.sqrt(u2 + v2 - np.float32(squareness) * u2 * v2 / np.maximum(u2 + v2, np.float32(1e-12)))
    k1 = np.sqrt(u2 / (a * a) + v2 / (b * b))
    return k0 * (k0 - np.float32(1.0)) / np.maximum(k1, np.float32(1e-6))
