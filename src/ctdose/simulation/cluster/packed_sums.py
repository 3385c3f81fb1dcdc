"""Sums as they travel from a worker: of the voxel map only what is not zero, a third or less of most maps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ctdose.simulation.sums import Sums


@dataclass(frozen=True)
class PackedSums:
    """Sums of a part.

    Parameters
    ----------
    rest : Sums
        Without the map.
    shape : tuple of int or None
        Of the map, [z, y, x]; None if none was kept.
    mask : uint8 ndarray
        A bit for each voxel: whether its sums are not both zero.
    values : int64 ndarray [voxels, 2]
        Sums of those voxels.
    """

    rest: Sums
    shape: tuple[int, ...] | None
    mask: np.ndarray
    values: np.ndarray


def pack(sums: Sums) -> PackedSums:
    """Leave out what is zero."""
    if sums.voxels is None:
        return PackedSums(sums, None, np.zeros(0, np.uint8), np.zeros((0, 2), np.int64))
    hit = sums.voxels[..., 0] != 0
    hit |= sums.voxels[..., 1] != 0
    return PackedSums(replace(sums, voxels=None), hit.shape, np.packbits(hit), sums.voxels[hit])


def unpack(packed: PackedSums) -> Sums:
    """The sums that were packed."""
    if packed.shape is None:
        return packed.rest
    hit = np.unpackbits(packed.mask, count=int(np.prod(packed.shape))).view(bool).reshape(packed.shape)
    voxels = np.zeros((*packed.shape, 2), np.int64)
    voxels[hit] = packed.values
    return replace(packed.rest, voxels=voxels)
