"""Larger voxels: whole numbers of the image's own are joined, so that nothing shifts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.calibration import Calibration
from ctdose.phantoms.patient.field import OUTSIDE_FIELD_HU, PADDED_BELOW_HU
from ctdose.phantoms.patient.image import Image

AIR_HU = -1024


def factors_for(image: Image, voxel_mm: float) -> tuple[int, int, int]:
    """How many voxels to join along x, y, z to come nearest to a voxel size."""
    x, y, z = (max(1, round(voxel_mm / size)) for size in image.spacing_mm)
    return x, y, z


def coarsen(image: Image, factors: tuple[int, int, int], *, labels: bool) -> Image:
    """Join voxels: the mean of HU, the most frequent of labels (see `_most_frequent`; of equals the lowest).

    Parameters
    ----------
    image : Image
    factors : (int, int, int)
        Voxels to join along x, y, z. What is left over at the upper ends is dropped.
    labels : bool

    Raises
    ------
    CtdoseError
        Fewer voxels than are to be joined.
    """
    if factors == (1, 1, 1):
        return image
    blocks = _blocks(image.values, factors)
    joined = _most_frequent(blocks) if labels else _mean(blocks)
    spacing = tuple(s * f for s, f in zip(image.spacing_mm, factors))
    origin = tuple(o + (f - 1) / 2.0 * s for o, f, s in zip(image.origin_mm, factors, image.spacing_mm))
    return Image(joined.astype(image.values.dtype), spacing, origin)  # type: ignore[arg-type]


def mean_density(
    image: Image, factors: tuple[int, int, int], calibration: Calibration
) -> NDArray[np.float32]:
    """Density by CT number, averaged over the voxels that are joined: no mass is lost where tissues meet.

    The density of the mean CT number would be another, since density is not proportional to it.

    Parameters
    ----------
    image : Image
        HU, before its voxels are joined.
    factors : (int, int, int)
        Along x, y, z.
    calibration : Calibration

    Returns
    -------
    array of float32, [z, y, x]
        g/cm³.
    """
    blocks = _blocks(image.values, factors)
    joined = np.empty((blocks.shape[0], blocks.shape[2], blocks.shape[4]), np.float32)
    for k, slab in enumerate(blocks):  # slab by slab: the densities of all voxels would take twice the image
        joined[k] = calibration.density(slab).mean(axis=(0, 2, 4))
    return joined


def _blocks(values: NDArray[Any], factors: tuple[int, int, int]) -> NDArray[Any]:
    """View as [z, of z, y, of y, x, of x]."""
    counts = [n // f for n, f in zip(values.shape, factors[::-1])]
    if min(counts) < 1:
        raise CtdoseError("voxel_mm (larger than the image). Give a smaller one.")
    kept = values[tuple(slice(0, c * f) for c, f in zip(counts, factors[::-1]))]
    return kept.reshape([n for c, f in zip(counts, factors[::-1]) for n in (c, f)])


def _mean(blocks: NDArray[np.integer]) -> NDArray[np.floating]:
    axes = (1, 3, 5)
    mean = np.rint(np.maximum(blocks, AIR_HU).mean(axis=axes, dtype=np.float32))
    mean[(blocks <= PADDED_BELOW_HU).mean(axis=axes) > 0.5] = OUTSIDE_FIELD_HU
    return mean


def _most_frequent(blocks: NDArray[np.integer]) -> NDArray[np.integer]:
    """Nothing where more than half is unlabelled, else the most frequent label.

    Where half is labelled, every other block is: would all such blocks go one way, organs would shrink or grow by a
    quarter of a voxel on each side.
    """
    shape = blocks.shape[0], blocks.shape[2], blocks.shape[4]
    best, most = np.zeros(shape, blocks.dtype), np.zeros(shape, np.int32)
    none = np.zeros(shape, np.int32)
    for value in np.unique(blocks):
        count = (blocks == value).sum(axis=(1, 3, 5), dtype=np.int32)
        if value == 0:
            none = count
            continue
        better = count > most
        best[better], most[better] = value, count[better]
    voxels = blocks.shape[1] * blocks.shape[3] * blocks.shape[5]
    every_other = np.indices(shape).sum(axis=0) % 2 == 0
    best[(2 * none > voxels) | ((2 * none == voxels) & every_other)] = 0
    return best
