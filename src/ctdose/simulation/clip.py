"""The convex clip: photons are tracked only inside slabs that enclose the body.

Air around a body costs steps and scores nothing that anybody asks for. The slabs are convex in three dimensions: a
photon that has left them comes back only if it collides in the air, and there its flights are sampled with the air's
own mu (kernels/surroundings.py).
"""

from collections.abc import Callable

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom

DIRECTIONS = 6  # slabs around the z axis, 30 degrees apart: 2 % more area than the ellipse they enclose
THIN_G_CM3 = 0.01  # thinner than any tissue, lung included, and denser than air


def box_slabs(size_cm: np.ndarray) -> np.ndarray:
    """The three slabs of the grid itself, [3, 5]."""
    slabs = np.zeros((3, 5))
    slabs[:, :3] = np.eye(3)
    slabs[:, 4] = size_cm
    return slabs


def body_mask(phantom: VoxelPhantom) -> np.ndarray:
    """Voxels that belong to the body: those of an organ, and those that are not thin, bool [z, y, x]."""
    density = np.array([m.density_g_cm3 for m in phantom.materials])
    organs = np.zeros(int(phantom.region_index.max()) + 1, bool)
    organs[[o.organ_id for o in phantom.organs if o.organ_id < organs.size]] = True
    mask = organs[phantom.region_index]
    mask |= (density > THIN_G_CM3)[phantom.material_index]
    return mask


def clip_slabs(mask: np.ndarray, spacing_cm: np.ndarray) -> np.ndarray:
    """Slabs around a body, [DIRECTIONS + 1, 5] (normal, lower and upper n.x, cm from the grid's corner).

    Parameters
    ----------
    mask : bool ndarray [z, y, x]
    spacing_cm : float64 ndarray [3]
        Along x, y, z.
    """
    shadow = mask.any(axis=0)  # seen along z: slabs around z need no more
    y, x = np.nonzero(shadow)
    angles = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    slabs = np.zeros((DIRECTIONS + 1, 5))
    for i, (c, s) in enumerate(zip(np.cos(angles), np.sin(angles))):
        centre = (x + 0.5) * spacing_cm[0] * c + (y + 0.5) * spacing_cm[1] * s
        half = 0.5 * (abs(c) * spacing_cm[0] + abs(s) * spacing_cm[1])
        slabs[i] = c, s, 0.0, centre.min() - half, centre.max() + half
    z = np.nonzero(mask.any(axis=(1, 2)))[0]
    slabs[-1] = 0.0, 0.0, 1.0, z[0] * spacing_cm[2], (z[-1] + 1) * spacing_cm[2]
    return slabs


def outside_slices(
    shape: tuple[int, int, int], spacing_cm: np.ndarray, slabs: np.ndarray
) -> Callable[[int], np.ndarray]:
    """Voxels that lie wholly outside a slab, where tracking ends, slice by slice.

    Returns
    -------
    callable
        bool [y, x] of slice k.
    """
    _, ny, nx = shape
    y, x = ((np.arange(n) + 0.5) * d for n, d in zip((ny, nx), spacing_cm[1::-1]))

    def outside(rows: np.ndarray, z: float) -> np.ndarray:
        found = np.zeros((ny, nx), bool)
        for a, b, c, low, high in rows:
            half = 0.5 * (abs(a) * spacing_cm[0] + abs(b) * spacing_cm[1] + abs(c) * spacing_cm[2])
            place = c * z + (b * y)[:, None] + (a * x)[None, :]
            found |= (place + half <= low) | (place - half >= high)
        return found

    along_z, across_z = slabs[slabs[:, 2] == 0.0], slabs[slabs[:, 2] != 0.0]
    of_all = outside(along_z, 0.0)  # the same in every slice
    return lambda k: of_all | outside(across_z, (k + 0.5) * spacing_cm[2])
