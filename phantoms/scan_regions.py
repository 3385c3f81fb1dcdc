"""Scan regions: the same words, landmarks and margins for every phantom of a person."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom

# word: (lower landmark, margin below it in mm, upper landmark, margin above it in mm). Landmarks and margins of routine
# protocols (AAPM CT protocols: adult routine head, neck, chest, abdomen-pelvis; read from memory, margins rounded).
REGIONS = {
    "head": ("skull_base", 10.0, "vertex", 5.0),
    "neck": ("sternal_notch", 10.0, "skull_base", 10.0),
    "chest": ("lung_base", 10.0, "lung_apex", 10.0),
    "abdomen": ("iliac_crest", 10.0, "liver_dome", 10.0),
    "pelvis": ("ischium", 10.0, "iliac_crest", 10.0),
    "abdomen-pelvis": ("ischium", 10.0, "liver_dome", 10.0),
    "chest-abdomen-pelvis": ("ischium", 10.0, "lung_apex", 10.0),
}

# landmark: (its organs, whether their upper end); None: the whole body
LANDMARKS: dict[str, tuple[tuple[str, ...] | None, bool]] = {
    "sole": (None, False),
    "ischium": (("pelvis_spongiosa", "pelvis_cortical"), False),
    "iliac_crest": (("pelvis_spongiosa", "pelvis_cortical"), True),
    "lung_base": (("left_lung", "right_lung"), False),
    "liver_dome": (("liver",), True),
    "sternal_notch": (("sternum_spongiosa", "sternum_cortical"), True),
    "lung_apex": (("left_lung", "right_lung"), True),
    "skull_base": (("brain",), False),
    "vertex": (None, True),
}


def landmarks_of(phantom: VoxelPhantom) -> dict[str, tuple[float, float, float]]:
    """Find the landmarks of a phantom from its organs.

    Parameters
    ----------
    phantom : VoxelPhantom
        With the organs that `LANDMARKS` names; region 0 is the air around.

    Returns
    -------
    dict of str to (float, float, float)
        (x, y, z), mm: z is the outer face of the organ's extreme slice, (x, y) the middle of the organ in it.

    Raises
    ------
    ValueError
        If an organ is missing.
    """
    return {name: _extreme(phantom, organs, upper) for name, (organs, upper) in LANDMARKS.items()}


def _extreme(
    phantom: VoxelPhantom, organs: tuple[str, ...] | None, upper: bool
) -> tuple[float, float, float]:
    wanted = np.zeros(1023, bool)
    if organs is None:
        wanted[1:] = True
    else:
        wanted[[phantom.organ(name).organ_id for name in organs if _has(phantom, name)]] = True
    there = wanted[phantom.region_index]
    slices = np.flatnonzero(there.any(axis=(1, 2)))
    if slices.size == 0:
        raise ValueError(f"organ={organs[0] if organs else 'body'!r} (no voxels). A landmark needs it.")
    k = int(slices[-1] if upper else slices[0])
    y, x = np.nonzero(there[k])
    dx, dy, dz = phantom.spacing_mm
    ox, oy, oz = phantom.origin_mm
    z = oz + (k + (0.5 if upper else -0.5)) * dz
    return round(ox + float(x.mean()) * dx, 3), round(oy + float(y.mean()) * dy, 3), round(z, 3)


def _has(phantom: VoxelPhantom, name: str) -> bool:
    return any(organ.name == name for organ in phantom.organs)


def scan_ranges(landmarks_mm: Mapping[str, tuple[float, float, float]]) -> dict[str, tuple[float, float]]:
    """Work out the scan range of each region word (`REGIONS`).

    Parameters
    ----------
    landmarks_mm : mapping of str to (float, float, float)
        As `landmarks_of` gives them.

    Returns
    -------
    dict of str to (float, float)
        Lower and upper z, mm.
    """
    return {
        word: (landmarks_mm[lower][2] - below, landmarks_mm[upper][2] + above)
        for word, (lower, below, upper, above) in REGIONS.items()
    }
