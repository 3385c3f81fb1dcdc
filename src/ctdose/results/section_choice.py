"""Which sections of a phantom are drawn: where its organs are seen best, or through a given point."""

from __future__ import annotations

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.phantoms.region_profiles import region_profiles
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.organ_labels import SKELETON, Label, labels
from ctdose.results.sections import AIR_G_CM3, Section, sections, sections_at

RangeMm = tuple[float, float]
PointMm = tuple[float, float, float]
EVERYWHERE = ("muscle", "adipose", "skin", "lymph nodes", "blood vessels")
"""They are in every plane, so no plane is chosen for them."""
WELL_SEEN = 0.5  # of the largest section of an organ


def solid_voxels(phantom: VoxelPhantom) -> np.ndarray:
    """Whether a voxel is more than air, [z, y, x]."""
    own = np.array([material.density_g_cm3 for material in phantom.materials])
    return (own > AIR_G_CM3)[phantom.material_index]


def check_point(phantom: VoxelPhantom, at_mm: PointMm) -> tuple[int, int, int]:
    """Find the voxel, [z, y, x], that a point (x, y, z) in mm lies in.

    Raises
    ------
    CtdoseError
        The point is outside the phantom.
    """
    found = []
    for axis, value, low, size, step in zip(
        "xyz", at_mm, phantom.corner_mm, phantom.size_mm, phantom.spacing_mm
    ):
        if not low <= value <= low + size:
            given = ",".join(f"{each:g}" for each in at_mm)
            right = f"{axis} reaches from {low:g} to {low + size:g} mm."
            raise CtdoseError(f"at={given} ({axis}={value:g} is outside {phantom.name}). {right}")
        found.append(min(int((value - low) / step), round(size / step) - 1))
    x, y, z = found
    return z, y, x


def choose_sections(
    phantom: VoxelPhantom, at_mm: PointMm | None = None, within_mm: RangeMm | None = None
) -> tuple[Section, Section, Section]:
    """Coronal, sagittal and transverse section of a phantom.

    Each plane is one where as many organs as possible are cut at half their largest section or more; of several
    such planes, the one nearest to the middle of the body. Without organs it is the middle.

    Parameters
    ----------
    phantom : VoxelPhantom
    at_mm : (float, float, float), optional
        Point (x, y, z) that all three go through, instead.
    within_mm : (float, float), optional
        z range whose middle the transverse section is in, instead.

    Raises
    ------
    CtdoseError
        `at_mm` is outside the phantom.
    """
    if at_mm is not None:
        places = check_point(phantom, at_mm)
        return sections_at(phantom.shape, phantom.origin_mm, phantom.spacing_mm, places)
    middle = sections(solid_voxels(phantom), phantom.origin_mm, phantom.spacing_mm, None, within_mm)
    profiles = region_profiles(phantom.region_index)
    chosen = [region for region, label in labels(phantom).items() if _is_looked_for(label)]
    z, y, x = (
        _best(profile[chosen], plane.index)
        for profile, plane in zip(profiles, (middle[2], middle[0], middle[1]))
    )
    places = (z if within_mm is None else middle[2].index, y, x)
    return sections_at(phantom.shape, phantom.origin_mm, phantom.spacing_mm, places)


def _is_looked_for(label: Label) -> bool:
    return label.named and not label.inner and label.heading != SKELETON and label.name not in EVERYWHERE


def _best(profile: np.ndarray, middle: int) -> int:
    """The plane with most organs, [organs, planes], nearest to the middle."""
    largest = profile.max(axis=1, initial=0)[:, None]
    votes = ((profile >= WELL_SEEN * largest) & (largest > 0)).sum(axis=0)
    best = np.flatnonzero(votes == votes.max(initial=0))
    return int(best[np.argmin(np.abs(best - middle))])
