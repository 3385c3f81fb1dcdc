"""From the content of a result file back to its acquisitions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ctdose.exam.view_pieces import ViewPiece
from ctdose.imaging.size_specific import SizeSpecific
from ctdose.results.acquisition_result import AcquisitionResult, OnBody
from ctdose.results.beam_result import BeamResult
from ctdose.results.hdf5_tree import Tree, quoted
from ctdose.results.result_layout import (
    ADDED_PIECE_COLUMNS,
    BEAM_COLUMNS,
    BLADE_COLUMNS,
    PIECE_COLUMNS,
    SIZE_COLUMNS,
)
from ctdose.results.result_tree import ACQUISITION_ATTRIBUTES, ON_BODY_OPTIONAL, RANGES, SIZE_ATTRIBUTES
from ctdose.results.tree_values import array, number, table_rows


def acquisition_of(tree: Tree, path: str, bodies: list[str]) -> AcquisitionResult:
    """Rebuild what the group at `path` says of an acquisition on bodies of these names."""
    kinds = AcquisitionResult.__annotations__
    types: dict[str, type] = {"str": str, "float": float, "int": int}
    on_body = {name: _on_body(tree, f"{path}/bodies/{quoted(name)}") for name in bodies}
    return AcquisitionResult(
        spectrum_kev=array(tree, f"{path}/spectrum_kev"),
        spectrum_weight=array(tree, f"{path}/spectrum_weight"),
        on_body=on_body,
        beams=_beams(tree, f"{path}/beams"),
        **{name: number(tree, path, name, types[kinds[name]]) for name in ACQUISITION_ATTRIBUTES},
    )


def _beams(tree: Tree, path: str) -> tuple[BeamResult, ...]:
    if path not in tree.datasets:
        return ()
    return tuple(BeamResult(**row) for row in table_rows(tree, path, BEAM_COLUMNS))


def _piece(row: dict[str, Any]) -> ViewPiece:
    given = {name: value for name, value in row.items() if name not in BLADE_COLUMNS}
    given["angle_is_random"] = bool(row["angle_is_random"])
    if set(BLADE_COLUMNS) <= row.keys():
        low, high, low_end, high_end = (float(row[name]) for name in BLADE_COLUMNS)
        given["blades"] = (low, high, low_end, high_end)
    return ViewPiece(**given)


def _on_body(tree: Tree, path: str) -> OnBody:
    ranges: dict[str, Any] = {
        f"{r}_mm": tuple(number(tree, path, f"{r}_{e}_mm", float) for e in ("start", "end")) for r in RANGES
    }
    stored = array(tree, f"{path}/pieces").dtype.names or ()
    added = {name: kind for name, kind in ADDED_PIECE_COLUMNS.items() if name in stored}
    pieces = table_rows(tree, f"{path}/pieces", {**PIECE_COLUMNS, **added})
    optional = [name for name in ON_BODY_OPTIONAL if name in tree.attributes.get(path, {})]
    return OnBody(
        dlp_mgy_cm=number(tree, path, "dlp_mgy_cm", float),
        total_mas=number(tree, path, "total_mas", float),
        pieces=tuple(_piece(row) for row in pieces),
        beam_mas=tuple(array(tree, f"{path}/beam_mas").tolist())
        if f"{path}/beam_mas" in tree.datasets
        else (),
        size=_size(tree, path),
        **ranges,
        **{name: number(tree, path, name, float) for name in optional},
    )


def _size(tree: Tree, path: str) -> SizeSpecific | None:
    if f"{path}/size" not in tree.datasets:
        return None
    rows = array(tree, f"{path}/size")
    columns = {name: np.ascontiguousarray(rows[name]) for name in SIZE_COLUMNS}
    ssde, diameter = (
        number(tree, path, name, float) if name in tree.attributes[path] else None for name in SIZE_ATTRIBUTES
    )
    return SizeSpecific(
        **{**columns, "truncated": columns["truncated"].astype(bool)},
        mean_diameter_cm=diameter,
        mean_ssde_mgy=ssde,
        note=number(tree, path, "ssde_note", str),
    )
