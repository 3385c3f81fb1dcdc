"""The maps of one body as a Dataset of xarray."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ctdose.errors import MissingExtraError
from ctdose.export.body_choice import chosen_body
from ctdose.export.organ_records import provenance
from ctdose.export.voxel_values import map_of, standard_error_mgy
from ctdose.results.result import BodyResult, Grid, Result

if TYPE_CHECKING:
    import xarray

AXES = ("z", "y", "x")
TOWARDS = {"x": "patient's left", "y": "patient's back", "z": "patient's head"}


def to_xarray(result: Result, body: str | None = None) -> xarray.Dataset:
    """Make a Dataset of the maps of one body.

    Parameters
    ----------
    result : Result
    body : str, optional
        Needed if there are several: each has a grid of its own.

    Returns
    -------
    xarray.Dataset
        Over z, y, x (centres of the voxels, mm, LPS): `organ_index`, with the organs' names as CF flags, and, where
        the map was kept, `absorbed_dose_mgy`, `standard_error_mgy` (NaN without dose) and, of a reference person,
        `effective_dose_map_msv`. Every variable has `units` and `long_name`.

    Raises
    ------
    MissingExtraError
        xarray is not installed.
    CtdoseError
        No such body, or several and none named.
    """
    try:
        import xarray
    except ModuleNotFoundError:
        raise MissingExtraError("A Dataset", "xarray") from None
    chosen = chosen_body(result, body)
    variables = {"organ_index": (AXES, chosen.grid.organ_index, _labels(chosen)), **_maps(chosen)}
    attributes = {
        "body": chosen.name,
        "coordinates_are": "LPS, mm: centres of the voxels",
        **provenance(result),
    }
    return xarray.Dataset(variables, _coordinates(chosen.grid), attributes)


def _coordinates(grid: Grid) -> dict[str, Any]:
    found = {}
    for axis, count, first, step in zip(
        AXES, grid.organ_index.shape, grid.origin_mm[::-1], grid.spacing_mm[::-1]
    ):
        about = {"units": "mm", "long_name": f"{axis}, towards the {TOWARDS[axis]}"}
        found[axis] = ((axis,), first + step * np.arange(count), about)
    return found


def _maps(body: BodyResult) -> dict[str, Any]:
    if body.map is None:
        return {}
    kept = map_of(body)
    found = {
        "absorbed_dose_mgy": (AXES, kept.absorbed_dose_mgy, {"units": "mGy", "long_name": "absorbed dose"}),
        "standard_error_mgy": (
            AXES,
            standard_error_mgy(kept),
            {"units": "mGy", "long_name": "standard error of absorbed dose"},
        ),
    }
    if kept.effective_dose_map_msv is not None:
        about = {"units": "mSv", "long_name": "contribution to effective dose"}
        found["effective_dose_map_msv"] = (AXES, kept.effective_dose_map_msv, about)
    return found


def _labels(body: BodyResult) -> dict[str, Any]:
    """Attributes that say which number is which organ (CF conventions, 3.5: flags; blanks part the names)."""
    organs = sorted((organ.organ_id, name) for name, organ in body.organs.items() if organ.organ_id >= 0)
    return {
        "units": "1",
        "long_name": "organ",
        "flag_values": np.array([number for number, _ in organs], np.uint16),
        "flag_meanings": " ".join("_".join(name.split()) for _, name in organs),
    }
