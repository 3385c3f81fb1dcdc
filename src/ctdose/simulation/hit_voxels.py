"""The voxels of a map in which anything was deposited: most are air, or far from the beam."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from ctdose.simulation.sums import refuse_wrapped

SLAB_VOXELS = 1 << 17
"""So many sums, 2 MB, stay in a processor's cache while they are looked through. A multiple of eight."""


@dataclass(frozen=True)
class HitVoxels:
    """A map without its empty voxels.

    Parameters
    ----------
    shape : (int, int, int)
        Voxels along z, y, x.
    mask : uint8 ndarray [bytes]
        One bit a voxel, in the order of [z, y, x]: whether anything was deposited.
    sums : int64 ndarray [voxel, 2]
        Sum of e and of e^2 of those voxels.
    """

    shape: tuple[int, int, int]
    mask: np.ndarray
    sums: np.ndarray

    @classmethod
    def of(cls, voxels: np.ndarray) -> HitVoxels:
        """Those of a map, int64 [z, y, x, 2]."""
        mask, count = hit_mask(voxels)
        sums = np.empty((count, 2), np.int64)
        done = 0
        for piece in hit_sums(voxels, mask):
            sums[done : done + len(piece)] = piece
            done += len(piece)
        z, y, x = voxels.shape[:3]
        return cls((z, y, x), mask, sums)

    def voxels(self) -> np.ndarray:
        """The map, int64 [z, y, x, 2]; its empty parts take no memory."""
        voxels = np.zeros((*self.shape, 2), np.int64)
        for at, sums in self._pieces():
            voxels.reshape(-1, 2)[at] = sums
        return voxels

    def add_to(self, voxels: np.ndarray) -> None:
        """Add to the sums of a map of the same shape, in place.

        Raises
        ------
        CtdoseError
            If a voxel's sum no longer fits into 64 bits.
        """
        flat = voxels.reshape(-1, 2)
        for at, sums in self._pieces():
            total = flat[at] + sums
            refuse_wrapped(total, "a voxel's sum")
            flat[at] = total

    def _pieces(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Numbers of voxels and their sums, slab by slab."""
        done = 0
        for start, where in _hits(self.mask, prod(self.shape)):
            yield start + where, self.sums[done : done + where.size]
            done += where.size


def hit_mask(voxels: np.ndarray) -> tuple[np.ndarray, int]:
    """One bit for each voxel of a map, int64 [z, y, x, 2]: whether anything was deposited; and in how many."""
    flat = voxels.reshape(-1, 2)
    mask, count = np.empty(-(-flat.shape[0] // 8), np.uint8), 0
    for start in range(0, flat.shape[0], SLAB_VOXELS):
        slab = flat[start : start + SLAB_VOXELS]
        hit = (slab[:, 0] | slab[:, 1]) != 0
        count += int(np.count_nonzero(hit))
        mask[start // 8 : (start + SLAB_VOXELS) // 8] = np.packbits(hit)
    return mask, count


def hit_sums(voxels: np.ndarray, mask: np.ndarray) -> Iterator[np.ndarray]:
    """The sums of the voxels of a mask, in pieces: no second map is made, for fresh memory is what takes time."""
    flat = voxels.reshape(-1, 2)
    for start, where in _hits(mask, flat.shape[0]):
        yield flat[start : start + SLAB_VOXELS].take(where, axis=0)


def _hits(mask: np.ndarray, count: int) -> Iterator[tuple[int, np.ndarray]]:
    """By slab: its first voxel, and the numbers of its hit voxels from there on; several times as fast as by a mask."""
    for start in range(0, count, SLAB_VOXELS):
        length = min(SLAB_VOXELS, count - start)
        bits = np.unpackbits(mask[start // 8 : (start + SLAB_VOXELS) // 8], count=length)
        where = np.flatnonzero(bits)
        if where.size:
            yield start, where
