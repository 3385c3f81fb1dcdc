"""Leaving the arms out of ICRP's voxel phantoms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.readers.icrp_organs import Members


def without_arms(ids: NDArray[np.uint16], groups: list[Members]) -> NDArray[np.uint16]:
    """Set to 0 what lies in the arms, but for what the trunk encloses in its transverse slice.

    The head of the humerus lies within the shoulder, which is trunk: without it there would be a hole full of air.

    Parameters
    ----------
    ids : array of uint16, [z, y, x]
    groups : list of Members
    """
    from scipy import ndimage

    is_arm = arm_numbers(groups, int(ids.max()) + 1)
    left = ids.copy()
    for plane in left:
        arm = is_arm[plane]
        if arm.any():
            enclosed = ndimage.binary_fill_holes((plane != 0) & ~arm)
            plane[arm & ~enclosed] = 0
    return left


def arm_numbers(groups: list[Members], size: int) -> NDArray[np.bool_]:
    """Whether a number of ICRP's stands for a structure of the arms, [size or more]."""
    numbers = np.array([number for group in groups for number in group.arms], np.int64)
    arms = np.zeros(max(size, int(numbers.max(initial=0)) + 1), bool)
    arms[numbers] = True
    return arms
