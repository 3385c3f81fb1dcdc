"""Sums as they travel from a worker: of the voxel map only what is not zero, a third or less of most maps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np

from ctdose.errors import CtdoseError
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
    values = sums.voxels.reshape(-1, 2).take(np.flatnonzero(hit), axis=0)  # five times as fast as a mask
    return PackedSums(replace(sums, voxels=None), hit.shape, np.packbits(hit), values)


class Gathered:
    """Sums of parts as they come: of a map only what a part has touched is added, not the whole."""

    def __init__(self) -> None:
        self._rest: list[Sums] = []
        self._voxels: np.ndarray | None = None

    def add(self, packed: PackedSums) -> None:
        """Add a part.

        Raises
        ------
        CtdoseError
            If a voxel's sum no longer fits into 64 bits.
        """
        self._rest.append(packed.rest)
        if packed.shape is None:
            return
        if self._voxels is None:
            self._voxels = np.zeros((*packed.shape, 2), np.int64)
        flat = self._voxels.reshape(-1, 2)
        hit = np.flatnonzero(np.unpackbits(packed.mask, count=flat.shape[0]).view(bool))
        total = flat[hit] + packed.values
        if total.size and total[:, 1].min() < 0:  # no sum of squares is negative: it wrapped
            raise CtdoseError(
                "a voxel's sum exceeds 2^63 (too many histories). Average the two results instead."
            )
        flat[hit] = total

    def take(self) -> Sums | None:
        """All that was added since the last time; None if that is nothing."""
        if not self._rest:
            return None
        found = replace(reduce(add, self._rest), voxels=self._voxels)
        self._rest, self._voxels = [], None
        return found
