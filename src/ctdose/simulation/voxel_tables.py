"""The phantom as the kernel has it: the kind of each voxel, a packed word for each kind, on a grid in cm."""

from collections.abc import Callable

import numpy as np

from ctdose.kernels.tables import REGION_SENTINEL, Voxels
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.clip import body_mask, box_slabs, clip_slabs, outside_slices

PAIRS = 1 << 18  # of material and region, as in the low bits of a word
DENSITIES = 1 << 14

Slices = Callable[[int], tuple[np.ndarray, np.ndarray]]
"""The low 18 bits of the words and the density steps of slice k, [y, x] each."""


def build_voxels(phantom: VoxelPhantom, *, clip: bool = False) -> Voxels:
    """Pack a phantom: slice by slice, so that it needs little more memory than the result.

    Parameters
    ----------
    phantom : VoxelPhantom
    clip : bool
        Track only inside a convex set around the body; what is thin beyond it scores nothing.

    Returns
    -------
    Voxels
    """
    from ctdose.kernels.voxels import MATERIAL_SHIFT

    spacing = np.array(phantom.spacing_mm, np.float64) / 10.0
    shape = np.array(phantom.shape[::-1], np.int32)
    slabs, beyond = box_slabs(spacing * shape), None
    if clip:
        mask = body_mask(phantom)
        if mask.any():
            slabs = clip_slabs(mask, spacing)
            beyond = outside_slices(phantom.shape, spacing, slabs)
        del mask

    def slices(k: int) -> tuple[np.ndarray, np.ndarray]:
        region = phantom.region_index[k].astype(np.uint32)
        if beyond is not None:
            region[beyond(k)] = REGION_SENTINEL
        pair = (phantom.material_index[k].astype(np.uint32) << MATERIAL_SHIFT) | region
        return pair, phantom.density_steps(k)

    kind, word = _kinds(slices, phantom.shape)
    return Voxels(
        kind=kind,
        word=word,
        shape=shape,
        inverse_spacing=(1.0 / spacing).astype(np.float32),
        slab=slabs.astype(np.float32),
    )


def _kinds(slices: Slices, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Number the words that occur; the kinds have the smallest integer type that counts them."""
    from ctdose.kernels.voxels import DENSITY_SHIFT

    present = np.zeros(PAIRS, bool)
    for k in range(shape[0]):
        present[slices(k)[0]] = True
    row = np.cumsum(present) - 1
    pairs = np.nonzero(present)[0].astype(np.uint32)
    used = np.zeros((pairs.size, DENSITIES), bool)
    for k in range(shape[0]):
        pair, steps = slices(k)
        used[row[pair], steps] = True
    rows, steps = np.nonzero(used)
    word = pairs[rows] | (steps.astype(np.uint32) << DENSITY_SHIFT)
    number = np.zeros(used.shape, np.min_scalar_type(word.size - 1))
    number[rows, steps] = np.arange(word.size)
    kind = np.empty(shape, number.dtype)
    for k in range(shape[0]):
        pair, steps = slices(k)
        kind[k] = number[row[pair], steps]
    return kind.ravel(), word


def largest_density_ratio(word: np.ndarray, materials: int) -> np.ndarray:
    """The largest density of each material in voxels of these kinds over its reference density; 0 where it is absent.

    Parameters
    ----------
    word : uint32 ndarray [kinds]
        Packed words (`Voxels.word`).
    materials : int

    Returns
    -------
    float64 ndarray [materials]
        Of the densities as the kernel decodes them.
    """
    from ctdose.kernels.voxels import density_of, material_of

    largest = np.zeros(materials)
    for one in word:
        m = int(material_of(one))
        largest[m] = max(largest[m], float(density_of(one)))
    return largest


def to_kernel_frame(phantom: VoxelPhantom, position_mm: tuple[float, float, float]) -> np.ndarray:
    """A point of patient coordinates (mm) in the kernel's frame: cm from the corner of voxel [0, 0, 0]."""
    return (np.asarray(position_mm, np.float64) - np.asarray(phantom.corner_mm)) / 10.0
