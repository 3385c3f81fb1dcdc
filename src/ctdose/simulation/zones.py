"""Zones of local majorants: cells that hold metal, and cells that hold small organs.

Both are pure functions of the phantom and of the regions that are named; a timing never decides.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.ndimage import distance_transform_cdt

from ctdose.kernels.tables import REGION_SENTINEL, Attenuation, Voxels, Zones
from ctdose.simulation.majorant import majorant_of
from ctdose.simulation.voxel_tables import largest_density_ratio

CELL_CM = 1.0
METAL_KEV, METAL_PER_CM = 60.0, 1.2  # mu of a kind of voxel above which it is metal; cortical bone has 0.6
METAL_PAYS = 0.6  # of the steps that a majorant for all would take: else there is no zone of metal
LARGEST_RAISED_SHARE = 0.5  # of all cells: more is not local
SAFE = 1.0 - 1e-5  # rounding of positions


@dataclass(frozen=True)
class Raised:
    """Regions in and around which the majorant is raised.

    Parameters
    ----------
    regions : collection of int
    factor : float
        At least 1. It changes no mean: it buys these regions more scores for more steps there.
    """

    regions: Collection[int] = ()
    factor: float = 1.0


def no_zones() -> Zones:
    """One majorant for all."""
    return Zones(
        cell=np.zeros(1, np.uint8),
        reach=np.zeros(1, np.float32),
        shape=np.zeros(3, np.int32),
        size=np.ones(3, np.float32),
        inverse_size=np.ones(3, np.float32),
        majorant=np.zeros((1, 1, 2), np.float32),
    )


def build_zones(voxels: Voxels, attenuation: Attenuation, raised: Raised) -> tuple[Zones, Attenuation]:
    """Divide a phantom into zones.

    Parameters
    ----------
    voxels : Voxels
    attenuation : Attenuation
        Of its materials; the majorant is still empty.
    raised : Raised

    Returns
    -------
    zones : Zones
    attenuation : Attenuation
        With the majorant of zone 0.
    """
    edge = np.maximum(1, np.rint(CELL_CM * voxels.inverse_spacing)).astype(np.int64)  # voxels of a cell
    everywhere = _majorant(voxels.word, attenuation)
    metal = _metal_kinds(voxels, attenuation)
    body = _majorant(voxels.word[~metal], attenuation)
    i = _metal_bin(attenuation)
    if metal.any() and not _metal_pays(
        _holding(metal, voxels, edge), voxels, edge, body[i, 0] / everywhere[i, 0]
    ):
        metal[:], body = False, everywhere
    cells = np.zeros(-(-voxels.shape[::-1] // edge[::-1]), np.uint8)
    majorants = [body]
    small = np.isin(_regions(voxels), list(raised.regions)) & ~metal
    if raised.factor > 1.0 and small.any():
        holding = _holding(small, voxels, edge)
        if holding.mean() <= LARGEST_RAISED_SHARE:
            cells[holding] = len(majorants)
            majorants.append(body * np.float32(raised.factor))
    if metal.any():
        cells[_holding(metal, voxels, edge)] = len(majorants)
        majorants.append(everywhere)
    zones = _pack(cells, edge / voxels.inverse_spacing.astype(np.float64), majorants)
    return zones, attenuation._replace(majorant=body)


def _pack(cells: np.ndarray, size_cm: np.ndarray, majorants: list[np.ndarray]) -> Zones:
    if len(majorants) == 1:
        return no_zones()
    return Zones(
        cell=cells.ravel(),
        reach=_reach(cells, size_cm),
        shape=np.array(cells.shape[::-1], np.int32),
        size=size_cm.astype(np.float32),
        inverse_size=(1.0 / size_cm).astype(np.float32),
        majorant=np.ascontiguousarray(np.stack(majorants, axis=1)),
    )


def _majorant(word: np.ndarray, attenuation: Attenuation) -> np.ndarray:
    """Majorant of some kinds of voxels."""
    return majorant_of(attenuation, largest_density_ratio(word, attenuation.mu.shape[1]))


def _regions(voxels: Voxels) -> np.ndarray:
    """Region of each kind of voxel."""
    from ctdose.kernels.voxels import REGION_MASK

    return voxels.word & REGION_MASK


def _metal_bin(attenuation: Attenuation) -> int:
    return int(np.searchsorted(attenuation.node_kev, METAL_KEV, side="right")) - 1


def _metal_kinds(voxels: Voxels, attenuation: Attenuation) -> np.ndarray:
    """Kinds of voxels that attenuate like metal, bool [kinds]; none where that is all there is."""
    from ctdose.kernels.voxels import density_of, material_of

    i = _metal_bin(attenuation)
    mu = [attenuation.mu[i, int(material_of(w)), 0] * density_of(w) for w in voxels.word]
    metal = (np.array(mu) > METAL_PER_CM) & (_regions(voxels) != REGION_SENTINEL)
    return metal & ~metal.all()


def _holding(kinds: np.ndarray, voxels: Voxels, edge: np.ndarray) -> np.ndarray:
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


def _metal_pays(cells: np.ndarray, voxels: Voxels, edge: np.ndarray, body: float) -> bool:
    """Whether the mean majorant over the tracked volume is much below the one for all; `body` is that without metal."""
    tracked = np.count_nonzero((_regions(voxels) != REGION_SENTINEL)[voxels.kind]) / edge.prod()
    share = min(1.0, np.count_nonzero(cells) / max(tracked, 1.0))
    return share + (1.0 - share) * body <= METAL_PAYS


def _reach(cells: np.ndarray, size_cm: np.ndarray) -> np.ndarray:
    """Distance that can be flown from anywhere in a cell without meeting a zone other than 0, cm, flat."""
    away = distance_transform_cdt(cells == 0, metric="chessboard")
    return (np.maximum(away - 1, 0) * size_cm.min() * SAFE).astype(np.float32).ravel()
