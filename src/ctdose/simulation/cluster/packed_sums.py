"""Sums as they travel from a worker: their map packed, a third or less of it for most."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np

from ctdose.simulation.hit_voxels import HitVoxels
from ctdose.simulation.sums import Sums


@dataclass(frozen=True)
class PackedSums:
    """Sums of a part.

    Parameters
    ----------
    rest : Sums
        Without the map.
    hits : HitVoxels or None
        The map; None if none was kept.
    """

    rest: Sums
    hits: HitVoxels | None


def pack(sums: Sums) -> PackedSums:
    """Leave out the voxels in which nothing was deposited."""
    if sums.voxels is None:
        return PackedSums(sums, None)
    return PackedSums(replace(sums, voxels=None), HitVoxels.of(sums.voxels))


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
        if packed.hits is None:
            return
        if self._voxels is None:
            self._voxels = np.zeros((*packed.hits.shape, 2), np.int64)
        packed.hits.add_to(self._voxels)

    def take(self) -> Sums | None:
        """All that was added since the last time; None if that is nothing."""
        if not self._rest:
            return None
        found = replace(reduce(add, self._rest), voxels=self._voxels)
        self._rest, self._voxels = [], None
        return found
