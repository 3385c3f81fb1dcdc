"""The painter: fills organs into the body, voxel by voxel in the order of their rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.rank import take_lowest
from ctdose.phantoms.stylized.cavity import Cavity
from ctdose.phantoms.stylized.frame import F32, Grid, Points
from ctdose.phantoms.stylized.shapes import Shape, read_shape

OUTSIDE, FREE = 0, 65535
FIRST_SCALE, LAST_SCALE = 1.3, 6.0
SHAFT_PENALTY = 0.4  # spongiosa lies at the ends of a long bone rather than around its marrow cavity


class Painter:
    """Paints organs, each to its number of voxels, into what is still free of the body.

    Parameters
    ----------
    grid : Grid
        Of the body.
    region : array of uint16, [z, y, x]
        `FREE` in the body, `OUTSIDE` around it; painted in place.
    cavity : Cavity
        Of the trunk.
    counts : mapping of str to int
        Voxels of each organ.
    numbers : mapping of str to int
        Region number of each organ.
    """

    def __init__(
        self,
        grid: Grid,
        region: NDArray[np.uint16],
        cavity: Cavity,
        counts: Mapping[str, int],
        numbers: Mapping[str, int],
    ) -> None:
        self.grid, self.region, self.cavity = grid, region, cavity
        self.counts, self.numbers = counts, numbers
        self._rank = np.full(grid.shape, np.inf, np.float32)

    def paint(self, entry: Mapping[str, Any]) -> None:
        """Paint the organs of one entry of data/adult_shapes.yaml, from the inside to the outside.

        Raises
        ------
        RuntimeError
            If there is no room for them: a fault of the drawing.
        """
        organs = [name for name in entry["organs"] if self.counts.get(name, 0) > 0]
        total = sum(self.counts[name] for name in organs)
        if total == 0:
            return
        places, rank = self._choose(entry, total)
        self._share_out(entry, organs, places, rank)

    def _choose(self, entry: Mapping[str, Any], total: int) -> tuple[NDArray[np.intp], F32]:
        scale = FIRST_SCALE
        while scale <= LAST_SCALE:
            places, rank = self._candidates(entry, scale)
            chosen = take_lowest(rank, total)
            if chosen.size == total and float(rank[chosen].max()) <= scale:
                return places[chosen], rank[chosen]
            scale *= 1.4
        raise RuntimeError(f"no room for {entry['organs']}: {total} voxels, {places.size} free")

    def _candidates(self, entry: Mapping[str, Any], scale: float) -> tuple[NDArray[np.intp], F32]:
        """Free voxels of rank below `scale`: flat indices, ascending, and ranks."""
        boxes, found = [], []
        for each in entry["shapes"]:
            shape, mirror = read_shape(each)
            for bounds in _both_sides(shape, scale, mirror):
                box = self.grid.box(bounds)
                points = self.grid.points(box)
                rank = self._bounded_rank(entry, shape, mirror, points)
                np.minimum(self._rank[box], rank, out=self._rank[box])
                inside = (rank <= scale) & (self.region[box] == FREE)
                found.append(self._flat(box, inside))
                boxes.append(box)
        places = np.unique(np.concatenate(found))
        ranks = self._rank.ravel()[places]
        for box in boxes:
            self._rank[box] = np.inf
        return places, ranks

    def _bounded_rank(self, entry: Mapping[str, Any], shape: Shape, mirror: bool, points: Points) -> F32:
        folded = Points(np.abs(points.x), points.y, points.z) if mirror else points
        rank = shape.rank(folded, self.cavity)
        if "within" in entry or "beyond" in entry:
            radius = self.cavity.radius(points)
            allowed = (radius <= entry.get("within", np.inf)) & (radius >= entry.get("beyond", 0.0))
            rank = np.where(allowed, rank, np.float32(np.inf))
        return rank

    def _flat(self, box: Any, inside: NDArray[np.bool_]) -> NDArray[np.intp]:
        local = np.nonzero(inside)
        offset = [axis.start for axis in box]
        return np.ravel_multi_index([i + o for i, o in zip(local, offset)], self.grid.shape)

    def _share_out(
        self, entry: Mapping[str, Any], organs: Sequence[str], places: NDArray[np.intp], rank: F32
    ) -> None:
        rank = rank.copy()
        z = self.grid.frame_z[np.unravel_index(places, self.grid.shape)[0]]
        in_core = np.ones(z.shape, bool)
        if "core_z" in entry:
            in_core = (z > entry["core_z"][0]) & (z < entry["core_z"][1])
        left = np.ones(places.size, bool)
        for i, name in enumerate(organs):
            if i == 1 and "core_z" in entry:
                rank = rank + np.float32(SHAFT_PENALTY) * in_core.astype(np.float32)
            open_to_it = np.flatnonzero(left & in_core if i == 0 else left)
            taken = open_to_it[take_lowest(rank[open_to_it], self.counts[name])]
            self.region.ravel()[places[taken]] = self.numbers[name]
            left[taken] = False


def _both_sides(shape: Shape, scale: float, mirror: bool) -> list[Any]:
    x0, x1, *rest = shape.bounds(scale)
    if not mirror:
        return [(x0, x1, *rest)]
    return [(max(x0, 0.0), x1, *rest), (-x1, min(-x0, 0.0), *rest)]
