"""Doses by view, systematic parts and over-ranging's share in a result file."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ctdose.dosimetry.organ_dose import BodyDose, OrganDose
from ctdose.dosimetry.systematic_parts import PARTS, SystematicParts
from ctdose.dosimetry.view_dose import ViewDoses
from ctdose.results.hdf5_declared import Unfit
from ctdose.results.hdf5_tree import Tree, table, texts
from ctdose.results.result_layout import BIN_COLUMNS
from ctdose.simulation.view_bins import ViewBins

UNKNOWN = (math.nan, math.nan)
VIEW_DATASETS = ("bins", "names", "dose", "standard_error")


def added_of_organ(organ: OrganDose) -> dict[str, float]:
    """Columns of an organ since they exist; NaN where something is not known."""
    parts = organ.systematic.values() if organ.systematic is not None else (math.nan,) * len(PARTS)
    return {
        "over_ranging_fraction": organ.over_ranging_fraction,
        "over_ranging_fraction_standard_error": organ.over_ranging_fraction_standard_error,
        **{f"{name}_error_mgy": value for name, value in zip(PARTS, parts, strict=True)},
    }


def organ_fields(row: dict[str, Any]) -> dict[str, Any]:
    """Fields of an `OrganDose` from the columns of a row."""
    given = {name: row.pop(f"{name}_error_mgy", math.nan) for name in PARTS}
    known = not math.isnan(given["calibration"])  # of all parts it is known wherever any is
    return {**row, "partial": bool(row["partial"]), "systematic": SystematicParts(**given) if known else None}


def weighted_rows(dose: BodyDose) -> list[dict[str, Any]]:
    """Rows of the table of weighted doses: systematic parts, mSv, and over-ranging's share."""
    rows = []
    for name, parts in dose.weighted_systematic.items():
        share, error = dose.weighted_over_ranging.get(name, UNKNOWN)
        row = {"name": name, "over_ranging_fraction": share, "over_ranging_fraction_standard_error": error}
        rows.append(row | {f"{p}_error_msv": v for p, v in zip(PARTS, parts.values(), strict=True)})
    return rows


def weighted_fields(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Fields of a `BodyDose` from that table."""
    parts = {row["name"]: SystematicParts(*(row[f"{p}_error_msv"] for p in PARTS)) for row in rows}
    shares = {
        row["name"]: (row["over_ranging_fraction"], row["over_ranging_fraction_standard_error"])
        for row in rows
        if not math.isnan(row["over_ranging_fraction"])
    }
    return {"weighted_systematic": parts, "weighted_over_ranging": shares}


def view_datasets(views: ViewDoses) -> dict[str, np.ndarray]:
    """Datasets of the group ``views`` by name."""
    bins = {name: np.asarray(getattr(views.bins, name), kind) for name, (kind, _) in BIN_COLUMNS.items()}
    return {
        "bins": table(bins),
        "names": texts(views.names),
        "dose": np.asarray(views.dose_mgy, np.float32),
        "standard_error": np.asarray(views.standard_error_mgy, np.float32),
    }


def views_of(tree: Tree, path: str, histories: int, acquisitions: int) -> ViewDoses | None:
    """Doses by view of a body; None if the file has none.

    Raises
    ------
    Unfit
        If a bin is of an acquisition that is not there.
    """
    found = {name: tree.datasets.get(f"{path}/{name}") for name in VIEW_DATASETS}
    if not any(isinstance(each, np.ndarray) for each in found.values()):
        return None
    kept = {name: each for name, each in found.items() if isinstance(each, np.ndarray)}
    if len(kept) < len(found):
        raise Unfit(f"{path} (a part of it is missing). Use an undamaged copy.")
    bins, numbers = kept["bins"], kept["bins"]["acquisition"]
    if numbers.size and not 0 <= int(numbers.min()) <= int(numbers.max()) < acquisitions:
        raise Unfit(f"{path}/bins (of an acquisition that is not there). Use an undamaged copy.")
    columns = {name: np.ascontiguousarray(bins[name]) for name in BIN_COLUMNS}
    words = tuple(name.decode("utf-8") for name in kept["names"].tolist())
    return ViewDoses(ViewBins(**columns), words, kept["dose"], kept["standard_error"], histories)
