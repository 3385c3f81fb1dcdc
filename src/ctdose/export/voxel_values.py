"""What can be exported voxel by voxel: absorbed dose, its standard error, organ labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.dosimetry.dose_map import DoseMap
from ctdose.errors import CtdoseError
from ctdose.results.result import BodyResult

TITLES = {"dose": "absorbed dose", "error": "standard error of absorbed dose", "labels": "organ labels"}
FARTHEST_MM = 1e6
RIGHT = "Give a file that ctdose run wrote."
UNITS = {"dose": "mGy", "error": "mGy", "labels": ""}


@dataclass(frozen=True)
class VoxelValues:
    """Values on the voxels of one body, in DICOM patient coordinates (LPS).

    Attributes
    ----------
    what : str
        A key of `TITLES`.
    values : ndarray [z, y, x]
        float32, mGy; of labels uint16.
    spacing_mm, origin_mm : (float, float, float)
        (x, y, z); the origin is the centre of voxel [0, 0, 0].
    """

    what: str
    values: np.ndarray
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]


def voxel_values(body: BodyResult, what: str) -> VoxelValues:
    """Take absorbed dose, its standard error or the organ labels of a body.

    Parameters
    ----------
    body : BodyResult
    what : str
        ``dose``: absorbed dose, mGy. ``error``: one standard error, mGy, NaN in a voxel without dose. ``labels``: the
        `organ_id` of each voxel.

    Raises
    ------
    CtdoseError
        The result holds no dose map, or values that are no doses or lengths.
    """
    grid = body.grid
    if not all(0.0 < size < FARTHEST_MM for size in grid.spacing_mm):
        raise CtdoseError(f"{body.name}: spacing_mm={grid.spacing_mm} (no sizes of voxels). {RIGHT}")
    if not all(abs(place) < FARTHEST_MM for place in grid.origin_mm):
        raise CtdoseError(f"{body.name}: origin_mm={grid.origin_mm} (not in a room). {RIGHT}")
    if what == "labels":
        values = grid.organ_index
    else:
        kept = map_of(body)
        values = kept.absorbed_dose_mgy if what == "dose" else standard_error_mgy(kept)
    return VoxelValues(what, values, grid.spacing_mm, grid.origin_mm)


def map_of(body: BodyResult) -> DoseMap:
    """The dose map of a body.

    Raises
    ------
    CtdoseError
        It was not kept, or holds values that are no doses.
    """
    if body.map is None:
        raise CtdoseError(
            f"{body.name} (the result holds no dose map of it). Labels and organ doses can be exported; "
            "for the map run the exam again without --no-dose-map; of a stopped run, ctdose merge its checkpoint."
        )
    if (
        not body.map.absorbed_dose_mgy.min(initial=0.0) >= 0.0
        or not np.isfinite(body.map.absorbed_dose_mgy).all()
    ):
        raise CtdoseError(f"{body.name}: dose map (negative, infinite or no numbers in it). {RIGHT}")
    return body.map


def standard_error_mgy(kept: DoseMap) -> np.ndarray:
    """One standard error of each voxel, float32 [z, y, x], mGy; NaN in a voxel without dose."""
    return kept.absorbed_dose_mgy * kept.relative_standard_error
