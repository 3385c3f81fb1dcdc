"""The phantom as the kernel has it: packed words on a grid in cm."""

import numpy as np

from ctdose.kernels.tables import DENSITY_ONE, REGION_SENTINEL, Voxels
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.clip import body_mask, box_slabs, clip_slabs, outside_slabs


def build_voxels(phantom: VoxelPhantom, *, clip: bool = False) -> Voxels:
    """Pack a phantom into voxel words.

    Parameters
    ----------
    phantom : VoxelPhantom
    clip : bool
        Track only inside a convex set around the body; what is thin beyond it scores nothing.

    Returns
    -------
    Voxels
    """
    from ctdose.kernels.voxels import pack_words

    spacing = np.array(phantom.spacing_mm, np.float64) / 10.0
    shape = np.array(phantom.shape[::-1], np.int32)
    slabs, region = box_slabs(spacing * shape), phantom.region_index
    if clip:
        mask = body_mask(phantom)
        if mask.any():
            slabs = clip_slabs(mask, spacing)
            region = np.where(
                outside_slabs(phantom.shape, spacing, slabs), np.uint16(REGION_SENTINEL), region
            )
    ratio = phantom.density_steps().ravel() / np.float32(DENSITY_ONE)
    return Voxels(
        word=pack_words(phantom.material_index.ravel(), region.ravel(), ratio),
        shape=shape,
        inverse_spacing=(1.0 / spacing).astype(np.float32),
        slab=slabs.astype(np.float32),
    )


def largest_density_ratio(phantom: VoxelPhantom) -> np.ndarray:
    """The largest density of each material in the phantom over its reference density; 0 where it is absent.

    Returns
    -------
    float64 ndarray [materials]
        Of the densities as the kernel decodes them.
    """
    largest = np.zeros(len(phantom.materials))
    np.maximum.at(largest, phantom.material_index.ravel(), phantom.density_steps().ravel() / DENSITY_ONE)
    return largest


def to_kernel_frame(phantom: VoxelPhantom, position_mm: tuple[float, float, float]) -> np.ndarray:
    """A point of patient coordinates (mm) in the kernel's frame: cm from the corner of voxel [0, 0, 0]."""
    return (np.asarray(position_mm, np.float64) - np.asarray(phantom.corner_mm)) / 10.0
