"""Where the noise of a study is taken: a point in each slice of the scan range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ctdose.errors import nearest
from ctdose.exam.phantom_checks import body_name
from ctdose.imaging.water_equivalent import AIR_BELOW_G_CM3, TABLE
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.study.noise_keys import CENTRE

if TYPE_CHECKING:
    from ctdose.study.prepared import PreparedStudy

MOST_SLICES = 40
"""Slices of a body at most, evenly spaced over the range."""


@dataclass(frozen=True)
class Place:
    """A point of a slice.

    Parameters
    ----------
    k : int
        Slice of the phantom.
    z_mm : float
    point_mm : (float, float)
        x and y.
    """

    k: int
    z_mm: float
    point_mm: tuple[float, float]


def places_in(body: VoxelPhantom, region: str, z_range_mm: tuple[float, float]) -> list[Place]:
    """Points of a region in the slices of a range; empty if no slice of the range holds any of it.

    In each slice: the centroid of the body; or the voxel of the organ that is nearest to the organ's centroid there.

    Parameters
    ----------
    body : VoxelPhantom
    region : str
        ``centre``, or an organ or group of organs.
    z_range_mm : (float, float)
    """
    _, _, step = body.spacing_mm
    z = body.origin_mm[2] + step * np.arange(body.shape[0])
    inside = np.flatnonzero((z >= z_range_mm[0]) & (z <= z_range_mm[1]))
    found = []
    for k in inside:
        held = _mask(body, region, int(k))
        if held.any():
            x, y = _middle(held, exactly=region == CENTRE)
            at = (body.origin_mm[0] + x * body.spacing_mm[0], body.origin_mm[1] + y * body.spacing_mm[1])
            found.append(Place(int(k), float(z[k]), at))
    if len(found) > MOST_SLICES:
        chosen = np.round((np.arange(MOST_SLICES) + 0.5) / MOST_SLICES * len(found) - 0.5).astype(int)
        found = [found[i] for i in chosen]
    return found


def _mask(body: VoxelPhantom, region: str, k: int) -> np.ndarray:
    if region != CENTRE:
        return np.isin(body.region_index[k], _numbers(body, region))
    dense = np.array([m.density_g_cm3 > AIR_BELOW_G_CM3 and m.name not in TABLE for m in body.materials])
    return np.asarray(dense[body.material_index[k]])


def _middle(held: np.ndarray, *, exactly: bool) -> tuple[float, float]:
    """Centroid (x, y) in voxels; the voxel nearest to it unless `exactly`."""
    y, x = np.nonzero(held)
    middle = float(x.mean()), float(y.mean())
    if exactly:
        return middle
    best = int(np.argmin((x - middle[0]) ** 2 + (y - middle[1]) ** 2))
    return float(x[best]), float(y[best])


def _numbers(body: VoxelPhantom, region: str) -> list[int]:
    groups = body.anatomy.groups if body.anatomy is not None else {}
    names = groups.get(region, (region,))
    return [organ.organ_id for organ in body.organs if organ.name in names]


def has_region(body: VoxelPhantom, region: str) -> bool:
    """Whether a body has the region at all."""
    return region == CENTRE or bool(_numbers(body, region))


def check_region(ready: PreparedStudy, bodies: Sequence[VoxelPhantom]) -> None:
    """Refuse a region that no body has, or that a variant does not image.

    Raises
    ------
    StudyError
    """
    region, file = ready.file.study.noise.region, ready.file
    if region == CENTRE:
        return
    having = [body for body in bodies if has_region(body, region)]
    if not having:
        known = sorted({o.name for b in bodies for o in b.organs})
        known += sorted({g for b in bodies if b.anatomy is not None for g in b.anatomy.groups})
        why, right = "no organ of the phantom", nearest(region, [CENTRE, *known])
        raise file.error(("noise", "region"), region, why, right)
    for name, exam in zip(ready.names, ready.exams, strict=True):
        for body in having:
            plan = exam.resolved.plans[body_name(body)][ready.imaged]
            if not places_in(body, region, (plan.z_start_mm, plan.z_end_mm)):
                why = f"not irradiated: it lies outside z {plan.z_start_mm:.0f} to {plan.z_end_mm:.0f} mm"
                why += f" of {plan.name} on {plan.body}; variant {name}"
                right = "Choose an organ in the scan range, or centre."
                raise file.error(("noise", "region"), region, why, right)
