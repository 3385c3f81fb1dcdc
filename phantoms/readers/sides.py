"""Whether left and right are exchanged, by the names of the organs."""

from __future__ import annotations

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.phantoms.voxel_phantom import VoxelPhantom


def check_sides(phantom: VoxelPhantom, file: str, right: str) -> None:
    """Check that what is called left lies at the larger x (LPS).

    Parameters
    ----------
    phantom : VoxelPhantom
    file, right : str
        For the message: what was read, and what would be right.

    Raises
    ------
    CtdoseError
        More pairs of left and right are exchanged than are not.
    """
    ids = {organ.name: organ.organ_id for organ in phantom.organs}
    pairs = [(n, "right_" + n[5:]) for n in ids if n.startswith("left_") and "right_" + n[5:] in ids]
    if not pairs:
        return
    size = int(phantom.region_index.max()) + 1
    count, moment = np.zeros(size), np.zeros(size)
    x = np.arange(phantom.shape[2], dtype=np.float64)
    for plane in phantom.region_index:
        flat = plane.ravel()
        count += np.bincount(flat, minlength=size)
        moment += np.bincount(flat, weights=np.tile(x, phantom.shape[1]), minlength=size)
    mean = moment / np.maximum(count, 1)
    exchanged = [left for left, right in pairs if mean[ids[left]] < mean[ids[right]]]
    if 2 * len(exchanged) > len(pairs):
        left = exchanged[0]
        raise CtdoseError(f"{file}: {left} (lies on the right of right_{left[5:]}). {right}")
