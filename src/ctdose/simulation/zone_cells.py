"""Which cells of the coarse grid hold metal or certain regions, and how far each is from them."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.ndimage import distance_transform_cdt

from ctdose.kernels.tables import REGION_SENTINEL, Attenuation, Voxels

METAL_KEV, METAL_PER_CM = 60.0, 1.2  # mu of a kind of voxel above which it is metal; cortical bone has 0.6
METAL_PAYS = 0.6  # of the steps that a majorant for all would take: else there is no zone of metal
SAFE = 1.0 - 1e-5  # rounding of positions


def regions_of(voxels: Voxels) -> np.ndarray:
    """Region of each kind of voxel."""
    from ctdose.kernels.voxels import REGION_MASK

    return voxels.word & REGION_MASK


def metal_bin(attenuation: Attenuation) -> int:
    """Bin of METAL_KEV in the energy grid."""
    return int(np.searchsorted(attenuation.node_kev, METAL_KEV, side="right")) - 1


def metal_kinds(voxels: Voxels, attenuation: Attenuation) -> np.ndarray:
    """Kinds of voxels that attenuate like metal, bool [kinds]; none where that is all there is."""
    from ctdose.kernels.voxels import density_of, material_of

    i = metal_bin(attenuation)
    mu = [attenuation.mu[i, int(material_of(w)), 0] * density_of(w) for w in voxels.word]
    metal = (np.array(mu) > METAL_PER_CM) & (regions_of(voxels) != REGION_SENTINEL)
    return metal & ~metal.all()


def cells_holding(kinds: np.ndarray, voxels: Voxels, edge: np.ndarray) -> np.ndarray:
    """Cells that hold these kinds, or border on them, bool [z, y, x].

    One voxel around, because rounding may carry a photon over the face of a cell.
    """
    nx, ny, nz = (int(n) for n in voxels.shape)
    cells = np.zeros((-(-nz // edge[2]), -(-ny // edge[1]), -(-nx // edge[0])), bool)
    kind = voxels.kind.reshape(nz, ny, nx)
    for k in range(nz):
        y, x = np.nonzero(kinds[kind[k]])
        for dz, dy, dx in product((-1, 0, 1), repeat=3) if x.size else ():
            at_z = min(max(k + dz, 0), nz - 1)
            at_y, at_x = np.clip(y + dy, 0, ny - 1), np.clip(x + dx, 0, nx - 1)
            cells[at_z // edge[2], at_y // edge[1], at_x // edge[0]] = True
    return cells


def metal_pays(cells: np.ndarray, voxels: Voxels, edge: np.ndarray, body: float) -> bool:
    """Whether the mean majorant over the tracked volume is much below the one for all; `body` is that without metal."""
    tracked = np.count_nonzero((regions_of(voxels) != REGION_SENTINEL)[voxels.kind]) / edge.prod()
    share = min(1.0, np.count_nonzero(cells) / max(tracked, 1.0))
    return share + (1.0 - share) * body <= METAL_PAYS


def reach(cells: np.ndarray, size_cm: np.ndarray) -> np.ndarray:
    """Distance that can be flown from anywhere in a cell without meeting a zone other than 0, cm, flat."""
    away = distance_transform_cdt(cells == 0, metric="chessboard")
    return (np.maximum(away - 1, 0) * size_cm.min() * SAFE).astype(np.float32).ravel()
