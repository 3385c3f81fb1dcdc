"""Sections through a grid: which voxels, and where they lie on the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

AIR_G_CM3 = 0.05
"""Below it a voxel is air: no anatomy, and no dose worth showing."""


@dataclass(frozen=True)
class Section:
    """One plane through a grid in LPS coordinates, the right way up.

    Coronal and sagittal: head up; transverse: front up. Coronal and transverse: the patient's right on the left of
    the picture, as radiologists see it; sagittal: front on the left.

    Parameters
    ----------
    kind : str
        ``coronal``, ``sagittal`` or ``transverse``.
    axis : int
        Of the arrays [z, y, x], across the plane.
    index : int
        Of the plane's voxels along `axis`.
    position_mm : float
    z_slice : slice
        Voxels shown along z.
    extent_mm : (float, float, float, float)
        Left, right, bottom, top of the picture.
    ends : (str, str, str, str)
        Letters at the left, right, bottom and top.
    """

    kind: str
    axis: int
    index: int
    position_mm: float
    z_slice: slice
    extent_mm: tuple[float, float, float, float]
    ends: tuple[str, str, str, str]

    @property
    def origin(self) -> Literal["upper", "lower"]:
        """Where the first row is drawn."""
        return "upper" if self.kind == "transverse" else "lower"

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height."""
        left, right, bottom, top = self.extent_mm
        return abs(right - left), abs(top - bottom)

    def of(self, array: np.ndarray) -> np.ndarray:
        """The plane of an array [z, y, x], as rows and columns of the picture."""
        return np.take(self._shown(array), self.index, axis=self.axis)

    def mean_of(self, array: np.ndarray, valid: np.ndarray, voxels: int) -> np.ndarray:
        """Mean of the valid voxels of a slab about the plane; NaN where there is none.

        Parameters
        ----------
        array, valid : ndarray [z, y, x]
        voxels : int
            Of the slab on either side of the plane.
        """
        low, high = max(0, self.index - voxels), self.index + voxels + 1
        slab: list[slice] = [slice(None)] * 3
        slab[self.axis] = slice(low, high)
        values, there = (self._shown(each)[tuple(slab)] for each in (array, valid))
        count = there.sum(axis=self.axis)
        total = np.where(there, values, 0.0).sum(axis=self.axis, dtype=np.float64)
        return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)

    def _shown(self, array: np.ndarray) -> np.ndarray:
        return array if self.axis == 0 else array[self.z_slice]


def sections(
    solid: np.ndarray,
    origin_mm: tuple[float, float, float],
    spacing_mm: tuple[float, float, float],
    shown_mm: tuple[float, float] | None,
    middle_mm: tuple[float, float] | None,
) -> tuple[Section, Section, Section]:
    """Coronal, sagittal and transverse section through the middle of what is solid.

    Parameters
    ----------
    solid : bool ndarray [z, y, x]
    origin_mm, spacing_mm : (float, float, float)
        (x, y, z); the origin is the centre of voxel [0, 0, 0].
    shown_mm : (float, float), optional
        z range to be shown; default: all of it.
    middle_mm : (float, float), optional
        z range whose middle is looked at; default: that of the grid.
    """
    step, first = spacing_mm[::-1], origin_mm[::-1]
    z = _range(middle_mm, first[0], step[0], solid.shape[0])
    around = solid[z] if solid[z].any() else solid
    y, x = (_middle(np.asarray(around.any(axis=axes))) for axes in ((0, 2), (0, 1)))
    places = ((z.start + z.stop - 1) // 2, y, x)
    return sections_at(solid.shape, origin_mm, spacing_mm, places, shown_mm)


def sections_at(
    shape: tuple[int, ...],
    origin_mm: tuple[float, float, float],
    spacing_mm: tuple[float, float, float],
    places: tuple[int, int, int],
    shown_mm: tuple[float, float] | None = None,
) -> tuple[Section, Section, Section]:
    """Coronal, sagittal and transverse section through one voxel.

    Parameters
    ----------
    shape : (int, int, int)
        Of the grid, [z, y, x].
    origin_mm, spacing_mm : (float, float, float)
        (x, y, z); the origin is the centre of voxel [0, 0, 0].
    places : (int, int, int)
        The voxel, [z, y, x].
    shown_mm : (float, float), optional
        z range to be shown; default: all of it.
    """
    step, first = spacing_mm[::-1], origin_mm[::-1]
    edges = [(o - s / 2.0, o + (count - 0.5) * s) for o, s, count in zip(first, step, shape)]
    cut = _range(shown_mm, first[0], step[0], shape[0])
    z_edges = (first[0] + (cut.start - 0.5) * step[0], first[0] + (cut.stop - 0.5) * step[0])

    def section(kind: str, axis: int, extent: tuple, ends: str) -> Section:
        where = first[axis] + places[axis] * step[axis]
        letters = (ends[0], ends[1], ends[2], ends[3])
        return Section(kind, axis, places[axis], where, cut, extent, letters)

    return (
        section("coronal", 1, (*edges[2], *z_edges), "RLFH"),
        section("sagittal", 2, (*edges[1], *z_edges), "APFH"),
        section("transverse", 0, (*edges[2], *edges[1][::-1]), "RLPA"),
    )


def _range(span_mm: tuple[float, float] | None, first: float, step: float, count: int) -> slice:
    """Voxels with their centre in a range, at least one; all of them if no range is given."""
    if span_mm is None:
        return slice(0, count)
    low = int(np.clip(np.ceil((span_mm[0] - first) / step), 0, count - 1))
    high = int(np.clip(np.floor((span_mm[1] - first) / step), low, count - 1))
    return slice(low, high + 1)


def _middle(there: np.ndarray) -> int:
    found = np.flatnonzero(there)
    return int((found[0] + found[-1]) // 2) if found.size else there.size // 2
