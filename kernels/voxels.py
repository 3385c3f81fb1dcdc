"""The packed voxel word, the way into the phantom, and the voxel of a position.

Word, from the low bits: region 10, material 8, density 14 as a ratio to the material's reference density in
steps of 1/4096.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit
from ctdose.kernels.tables import DENSITY_ONE, REGION_SENTINEL

REGION_MASK, MATERIAL_MASK = np.uint32(0x3FF), np.uint32(0xFF)
MATERIAL_SHIFT, DENSITY_SHIFT = np.uint32(10), np.uint32(18)
DENSITY_STEP = np.float32(1.0 / DENSITY_ONE)
ZERO, ONE = np.float32(0.0), np.float32(1.0)
FAR = np.float32(1e30)
TINY = np.float32(1e-20)
OUTSIDE = np.int64(-1)
OUTSIDE_WORD = np.uint32(REGION_SENTINEL)  # of a voxel beyond the grid


def pack_words(material, region, density_ratio):
    """Pack arrays of material, region and density ratio (0 to 3.9998) into voxel words, on the host.

    Parameters
    ----------
    material : uint8 ndarray
    region : integer ndarray, 0 to 1023
    density_ratio : float ndarray, density / reference density of the material

    Returns
    -------
    uint32 ndarray of the same shape
    """
    steps = np.rint(np.asarray(density_ratio, dtype=np.float64) * DENSITY_ONE).astype(np.uint32)
    word = steps << DENSITY_SHIFT
    word |= material.astype(np.uint32) << MATERIAL_SHIFT
    word |= region.astype(np.uint32)
    return word


@inline_jit
def region_of(word):
    """Region number of a voxel word."""
    return np.uint32(word & REGION_MASK)


@inline_jit
def material_of(word):
    """Material index of a voxel word."""
    return np.uint32((word >> MATERIAL_SHIFT) & MATERIAL_MASK)


@inline_jit
def density_of(word):
    """Density of a voxel word as a ratio to its material's reference density, float32."""
    return np.float32(word >> DENSITY_SHIFT) * DENSITY_STEP


@inline_jit
def voxel_index(voxels, x, y, z):
    """Flat index of the voxel that holds the position (cm from the corner); OUTSIDE if there is none."""
    ix = np.floor(x * voxels.inverse_spacing[0])
    iy = np.floor(y * voxels.inverse_spacing[1])
    iz = np.floor(z * voxels.inverse_spacing[2])
    nx, ny, nz = np.int64(voxels.shape[0]), np.int64(voxels.shape[1]), np.int64(voxels.shape[2])
    # compared as floats: far outside, no integer could hold them
    if not (ix >= ZERO and iy >= ZERO and iz >= ZERO and ix < nx and iy < ny and iz < nz):
        return OUTSIDE
    return (np.int64(iz) * ny + np.int64(iy)) * nx + np.int64(ix)


@inline_jit
def narrow(place, speed, low, high, enter, leave):
    """Cut the stretch [enter, leave] of a ray by a pair of planes; it ends empty (enter > leave) where it misses them.

    `place` and `speed` are the ray's position and direction along the planes' normal.
    """
    along = abs(speed) < TINY
    missed = along & ((place < low) | (place > high))
    divisor = ONE if along else speed
    near, far = (low - place) / divisor, (high - place) / divisor
    first, second = (near, far) if near < far else (far, near)
    first = enter if along | (first < enter) else first
    second = leave if along | (second > leave) else second
    return FAR if missed else first, -FAR if missed else second


@inline_jit
def distance_to_phantom(voxels, x, y, z, u, v, w):
    """Distance from a position to the tracked volume, cm; negative if the ray misses it, 0 inside.

    The volume is the part that all slabs share: those of the grid's box, and those of the convex clip around the body.
    """
    enter, leave = ZERO, FAR
    for i in range(voxels.slab.shape[0]):
        a, b, c = voxels.slab[i, 0], voxels.slab[i, 1], voxels.slab[i, 2]
        place = a * x + b * y + c * z
        speed = a * u + b * v + c * w
        enter, leave = narrow(place, speed, voxels.slab[i, 3], voxels.slab[i, 4], enter, leave)
    return enter if enter <= leave else -FAR
