"""What a reader knows of the person: groups, landmarks and scan ranges, from the names of the organs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import replace

from ctdose.phantoms.organs import Anatomy, MarrowSite
from ctdose.phantoms.scan_regions import landmarks_of, scan_ranges
from ctdose.phantoms.stylized.builder import GROUPS
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
) -> VoxelPhantom:
    """Give a phantom its anatomy.

    Scan ranges need the organs that `scan_regions.LANDMARKS` names; a phantom without them has none.

    Parameters
    ----------
    phantom : VoxelPhantom
        Region 0 is the air around.
    sex, age, arms, reference_person, marrow_sites, height_cm, weight_kg
        As in `Anatomy`.
    isocentre_mm : (float, float, float), optional
        The landmark ``isocentre``.

    Returns
    -------
    VoxelPhantom
    """
    present = {organ.name for organ in phantom.organs}
    landmarks: dict[str, tuple[float, float, float]] = {}
    ranges: Mapping[str, tuple[float, float]] = {}
    with contextlib.suppress(ValueError):
        landmarks = landmarks_of(phantom)
        ranges = scan_ranges(landmarks)
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
        scan_ranges_mm={word: span for word, span in ranges.items() if span[0] < span[1]},
        landmarks_mm=landmarks,
        height_cm=height_cm,
        weight_kg=weight_kg,
        arms=arms,
    )
    return replace(phantom, anatomy=anatomy)
