"""Zones of local majorants: cells that hold metal, and cells that hold small organs.

Both are pure functions of the phantom and of the regions that are named; a timing never decides.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ctdose.kernels.tables import Attenuation, Voxels, Zones
from ctdose.simulation.majorant import majorant_of
from ctdose.simulation.voxel_tables import largest_density_ratio
from ctdose.simulation.zone_cells import cells_holding, metal_bin, metal_kinds, metal_pays, reach, regions_of

CELL_CM = 1.0
LARGEST_RAISED_SHARE = 0.5  # of all cells: more is not local


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
    metal = metal_kinds(voxels, attenuation)
    body = _majorant(voxels.word[~metal], attenuation)
    i = metal_bin(attenuation)
    if metal.any() and not metal_pays(
        cells_holding(metal, voxels, edge), voxels, edge, body[i, 0] / everywhere[i, 0]
    ):
        metal[:], body = False, everywhere
    cells = np.zeros(-(-voxels.shape[::-1] // edge[::-1]), np.uint8)
    majorants = [body]
    small = np.isin(regions_of(voxels), list(raised.regions)) & ~metal
    if raised.factor > 1.0 and small.any():
        holding = cells_holding(small, voxels, edge)
        if holding.mean() <= LARGEST_RAISED_SHARE:
            cells[holding] = len(majorants)
            majorants.append(body * np.float32(raised.factor))
    if metal.any():
        cells[cells_holding(metal, voxels, edge)] = len(majorants)
        majorants.append(everywhere)
    zones = _pack(cells, edge / voxels.inverse_spacing.astype(np.float64), majorants)
    return zones, attenuation._replace(majorant=body)


def _pack(cells: np.ndarray, size_cm: np.ndarray, majorants: list[np.ndarray]) -> Zones:
    if len(majorants) == 1:
        return no_zones()
    return Zones(
        cell=cells.ravel(),
        reach=reach(cells, size_cm),
        shape=np.array(cells.shape[::-1], np.int32),
        size=size_cm.astype(np.float32),
        inverse_size=(1.0 / size_cm).astype(np.float32),
        majorant=np.ascontiguousarray(np.stack(majorants, axis=1)),
    )


def _majorant(word: np.ndarray, attenuation: Attenuation) -> np.ndarray:
    """Majorant of some kinds of voxels."""
    return majorant_of(attenuation, largest_density_ratio(word, attenuation.mu.shape[1]))
