"""Anatomy and dose of one body, as fine as a page can carry: what the report's sections are cut from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.report.volume_reduce import Crop, block_means, filled, step_of
from ctdose.results.plots import GREY
from ctdose.results.result import BodyResult
from ctdose.results.sections import AIR_G_CM3

Triple = tuple[float, float, float]
CODES = 255


@dataclass(frozen=True)
class Volume:
    """What is shown of a body. Arrays are indexed [z, y, x]; triples are (x, y, z), mm.

    Attributes
    ----------
    body : str
    labels : uint8 or uint16 ndarray [z, y, x]
        Row of the next three.
    names : tuple of str
        The organ.
    greys : uint8 ndarray [labels]
        Brightness of the tissue.
    solid : bool ndarray [labels]
        False in air: no dose is shown there.
    origin_mm, spacing_mm : (float, float, float)
        Of the labels; the origin is the centre of voxel [0, 0, 0].
    codes : uint8 ndarray [z, y, x]
        Dose, mean over the solid part of a block of voxels: ``top_mgy * (code / 255)**2``. The root keeps low doses.
    code_origin_mm, code_spacing_mm : (float, float, float)
        Of the codes.
    top_mgy : float
    """

    body: str
    labels: np.ndarray
    names: tuple[str, ...]
    greys: np.ndarray
    solid: np.ndarray
    origin_mm: Triple
    spacing_mm: Triple
    codes: np.ndarray
    code_origin_mm: Triple
    code_spacing_mm: Triple
    top_mgy: float

    @property
    def dose_mgy(self) -> np.ndarray:
        """The doses that the codes stand for, float64 [z, y, x]."""
        return self.top_mgy * (self.codes.astype(np.float64) / CODES) ** 2


def volume_of(body: BodyResult, crop: Crop, anatomy_mm: float, dose_mm: float) -> Volume:
    """Reduce a body to what is shown.

    Parameters
    ----------
    body : BodyResult
        With a dose map.
    crop : (slice, slice, slice)
        Its voxels, [z, y, x]; see `shown_part`.
    anatomy_mm, dose_mm : float
        Wanted size of a label's voxel and of a dose's block; neither becomes finer than the body's voxels.
    """
    assert body.map is not None
    labels, origin, spacing, pairs = _labels(body, crop, anatomy_mm)
    dose, first, step = _doses(body, crop, dose_mm)
    density = body.grid.density_g_cm3[pairs[:, 1]]
    solid = density > AIR_G_CM3
    top = float(dose.max(initial=0.0)) or 1.0
    return Volume(
        body=body.name,
        labels=labels,
        names=_names(body, pairs[:, 0], solid),
        greys=np.rint(255.0 * np.interp(density, *GREY)).astype(np.uint8),
        solid=solid,
        origin_mm=origin,
        spacing_mm=spacing,
        codes=np.rint(CODES * np.sqrt(dose / top)).astype(np.uint8),
        code_origin_mm=first,
        code_spacing_mm=step,
        top_mgy=top,
    )


def _labels(body: BodyResult, crop: Crop, size_mm: float) -> tuple[np.ndarray, Triple, Triple, np.ndarray]:
    """Every n-th voxel: labels, where they lie, and organ and material of each label."""
    grid = body.grid
    steps = step_of(grid.spacing_mm, size_mm)
    # In the middle of each block; of a part that is less than a block in its own middle.
    starts = tuple(part.start + min(step, part.stop - part.start) // 2 for part, step in zip(crop, steps))
    picked = tuple(slice(start, part.stop, step) for start, part, step in zip(starts, crop, steps))
    pair = grid.organ_index[picked].astype(np.uint32) << 8 | grid.material_index[picked]
    kinds, labels = np.unique(pair, return_inverse=True)
    small = labels.reshape(pair.shape).astype(np.uint8 if len(kinds) <= 256 else "<u2")
    origin = tuple(o + s * i for o, s, i in zip(grid.origin_mm, grid.spacing_mm, starts[::-1]))
    spacing = tuple(s * n for s, n in zip(grid.spacing_mm, steps[::-1]))
    return small, _triple(origin), _triple(spacing), np.stack([kinds >> 8, kinds & 255], axis=1)


def _doses(body: BodyResult, crop: Crop, size_mm: float) -> tuple[np.ndarray, Triple, Triple]:
    """Mean dose of blocks, and where they lie."""
    assert body.map is not None
    grid = body.grid
    steps = step_of(grid.spacing_mm, size_mm)
    air = grid.density_g_cm3 <= AIR_G_CM3
    means, known = block_means(body.map.absorbed_dose_mgy[crop], ~air[grid.material_index[crop]], steps)
    middle = [part.start + (step - 1) / 2.0 for part, step in zip(crop, steps)]
    origin = tuple(o + s * i for o, s, i in zip(grid.origin_mm, grid.spacing_mm, middle[::-1]))
    spacing = tuple(s * n for s, n in zip(grid.spacing_mm, steps[::-1]))
    return filled(means, known), _triple(origin), _triple(spacing)


def _names(body: BodyResult, organ_ids: np.ndarray, solid: np.ndarray) -> tuple[str, ...]:
    known = {organ.organ_id: organ.name.replace("_", " ") for organ in body.organs.values()}
    names = (known.get(int(number)) for number in organ_ids)
    return tuple(name or ("tissue" if there else "air") for name, there in zip(names, solid))


def _triple(values: tuple[float, ...]) -> Triple:
    x, y, z = (float(value) for value in values)
    return x, y, z
