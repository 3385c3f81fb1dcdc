"""What a reader knows of the person: groups, landmarks and scan ranges, from the names of the organs."""

from __future__ import annotations

import math
from dataclasses import replace

from ctdose.phantoms.anatomy import Anatomy
from ctdose.phantoms.marrow_site import MarrowSite
from ctdose.phantoms.organ_groups import GROUPS
from ctdose.phantoms.scan_regions import found_landmarks, scan_ranges
from ctdose.phantoms.voxel_phantom import VoxelPhantom

MORE_GROUPS = {"ureters": ("left_ureter", "right_ureter")}


def with_anatomy(
    phantom: VoxelPhantom,
    *,
    sex: str,
    age: str = "adult",
    arms: str = "down",
    reference_person: bool = False,
    marrow_sites: tuple[MarrowSite, ...] = (),
    isocentre_mm: tuple[float, float, float] | None = None,
    height_cm: float = math.nan,
    weight_kg: float = math.nan,
    cut: bool = False,
) -> VoxelPhantom:
    """Give a phantom its anatomy.

    A scan range needs the organs of both its landmarks (`scan_regions.LANDMARKS`); without them there is none.

    Parameters
    ----------
    phantom : VoxelPhantom
        Region 0 is the air around.
    sex, age, arms, reference_person, marrow_sites, height_cm, weight_kg
        As in `Anatomy`.
    isocentre_mm : (float, float, float), optional
        The landmark ``isocentre``.
    cut : bool
        Whether the voxels may end within the body: see `found_landmarks`.

    Returns
    -------
    VoxelPhantom
    """
    present = {organ.name for organ in phantom.organs}
    landmarks = found_landmarks(phantom, cut=cut)
    low, high = phantom.z_range_mm
    if isocentre_mm is not None:
        landmarks["isocentre"] = isocentre_mm
    groups = {**GROUPS, **MORE_GROUPS}
    anatomy = Anatomy(
        body=phantom.name,
        sex=sex,
        reference_person=reference_person,
        age=age,
        groups={name: members for name, members in groups.items() if present.issuperset(members)},
        marrow_sites=marrow_sites,
        scan_ranges_mm={
            w: span for w, span in scan_ranges(landmarks).items() if low <= span[0] < span[1] <= high
        },
        landmarks_mm=landmarks,
        height_cm=height_cm,
        weight_kg=weight_kg,
        arms=arms,
    )
    return replace(phantom, anatomy=anatomy)
