"""Scan regions: the same words, landmarks and margins for every phantom of a person."""

from __future__ import annotations

import contextlib
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
    # Hard palate to the top of the frontal sinuses; the stylized persons have no sinuses, so teeth and eyes stand for
    # them: 30 mm above the eyes is our figure for an adult.
    "sinus": ("teeth_top", 10.0, "eyes_top", 30.0),
    "cervical-spine": (
        "cervical_spine_base",
        20.0,
        "cervical_spine_top",
        15.0,
    ),  # skull base to the first thoracic
    "lumbar-spine": ("lumbar_spine_base", 30.0, "lumbar_spine_top", 20.0),  # twelfth thoracic to first sacral
    "heart": ("heart_apex", 15.0, "heart_top", 15.0),
    "liver": ("liver_base", 10.0, "liver_dome", 10.0),
    "urinary-tract": ("bladder_base", 15.0, "kidney_top", 15.0),
}

# Names of the reference persons first, then those of labelled CT (`ct_labels.yaml`).
CERVICAL_SPINE = ("cervical_spine_spongiosa", "cervical_spine_cortical", "cervical_spine")
LUMBAR_SPINE = ("lumbar_spine_spongiosa", "lumbar_spine_cortical", "lumbar_spine")
HEART = ("heart_wall", "heart_contents", "heart")
BLADDER = ("bladder_wall", "bladder_contents", "bladder")
PELVIS = ("pelvis_spongiosa", "pelvis_cortical", "pelvis")
STERNUM = ("sternum_spongiosa", "sternum_cortical", "sternum")

# landmark: (its organs, whether their upper end); None: the whole body
LANDMARKS: dict[str, tuple[tuple[str, ...] | None, bool]] = {
    "sole": (None, False),
    "ischium": (PELVIS, False),
    "iliac_crest": (PELVIS, True),
    "lung_base": (("left_lung", "right_lung"), False),
    "liver_dome": (("liver",), True),
    "sternal_notch": (STERNUM, True),
    "lung_apex": (("left_lung", "right_lung"), True),
    "skull_base": (("brain",), False),
    "vertex": (None, True),
    "teeth_top": (("teeth",), True),
    "eyes_top": (("left_eye", "right_eye"), True),
    "cervical_spine_base": (CERVICAL_SPINE, False),
    "cervical_spine_top": (CERVICAL_SPINE, True),
    "lumbar_spine_base": (LUMBAR_SPINE, False),
    "lumbar_spine_top": (LUMBAR_SPINE, True),
    "heart_apex": (HEART, False),
    "heart_top": (HEART, True),
    "liver_base": (("liver",), False),
    "bladder_base": (BLADDER, False),
    "kidney_top": (("left_kidney", "right_kidney"), True),
}


def landmarks_of(phantom: VoxelPhantom) -> dict[str, tuple[float, float, float]]:
    """Find the landmarks of a whole person from the organs.

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
    return {name: _extreme(phantom, organs, upper)[0] for name, (organs, upper) in LANDMARKS.items()}


def found_landmarks(phantom: VoxelPhantom, *, cut: bool) -> dict[str, tuple[float, float, float]]:
    """Find those landmarks whose organs a phantom has.

    Parameters
    ----------
    phantom : VoxelPhantom
        Of any reader; region 0 is the air around.
    cut : bool
        Whether the voxels may end within the body, as those of a CT do: then an organ that reaches the first or last
        slice gives no landmark there, because its real end is unknown.

    Returns
    -------
    dict of str to (float, float, float)
        As of `landmarks_of`; empty if there is none.
    """
    found = {}
    for name, (organs, upper) in LANDMARKS.items():
        with contextlib.suppress(ValueError):
            place, k = _extreme(phantom, organs, upper)
            if not (cut and k in (0, phantom.shape[0] - 1)):
                found[name] = place
    return found


def _extreme(
    phantom: VoxelPhantom, organs: tuple[str, ...] | None, upper: bool
) -> tuple[tuple[float, float, float], int]:
    """Place of the landmark, and the slice that it lies in."""
    wanted = np.zeros(1023, bool)
    if organs is None:
        wanted[1:] = True
        wanted[[organ.organ_id for organ in phantom.organs if organ.name == "couch"]] = False
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
    return (round(ox + float(x.mean()) * dx, 3), round(oy + float(y.mean()) * dy, 3), round(z, 3)), k


def _has(phantom: VoxelPhantom, name: str) -> bool:
    return any(organ.name == name for organ in phantom.organs)


def scan_ranges(landmarks_mm: Mapping[str, tuple[float, float, float]]) -> dict[str, tuple[float, float]]:
    """Work out the scan range of each region word (`REGIONS`) whose landmarks are there.

    Parameters
    ----------
    landmarks_mm : mapping of str to (float, float, float)
        As `landmarks_of` or `found_landmarks` gives them.

    Returns
    -------
    dict of str to (float, float)
        Lower and upper z, mm.
    """
    return {
        word: (landmarks_mm[lower][2] - below, landmarks_mm[upper][2] + above)
        for word, (lower, below, upper, above) in REGIONS.items()
        if lower in landmarks_mm and upper in landmarks_mm
    }
