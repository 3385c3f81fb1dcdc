"""From the content of a result file back to the result."""

from __future__ import annotations

from typing import Any

import numpy as np

from ctdose.dosimetry.dose_map import DoseMap
from ctdose.dosimetry.effective_dose import EffectiveDose
from ctdose.dosimetry.organ_dose import BodyDose, OrganDose
from ctdose.exam.view_pieces import ViewPiece
from ctdose.imaging.size_specific import SizeSpecific
from ctdose.results.acquisition_result import AcquisitionResult, OnBody
from ctdose.results.beam_result import BeamResult
from ctdose.results.body_result import Batches, BodyResult, Grid
from ctdose.results.hdf5_declared import Unfit
from ctdose.results.hdf5_tree import Tree, quoted
from ctdose.results.result import Result
from ctdose.results.result_layout import (
    ADDED_ORGAN_COLUMNS,
    ADDED_PIECE_COLUMNS,
    BEAM_COLUMNS,
    BLADE_COLUMNS,
    ORGAN_COLUMNS,
    PIECE_COLUMNS,
    SIZE_COLUMNS,
    TEXT,
    WEIGHTED_COLUMNS,
    Columns,
)
from ctdose.results.result_tree import ACQUISITION_ATTRIBUTES, ON_BODY_OPTIONAL, RANGES, SIZE_ATTRIBUTES
from ctdose.results.view_tree import organ_fields, views_of, weighted_fields

ROOT_TEXTS = ("exam", "exam_sha256", "created_utc")


def result_of(tree: Tree) -> Result:
    """Rebuild the result.

    Raises
    ------
    Unfit
        If a part is missing or does not fit another.
    """
    versions = number(tree, "/", "version_names", str).split()
    places = sorted(tree.children("/bodies"), key=lambda path: number(tree, path, "number", int))
    names = [number(tree, path, "name", str) for path in places]
    acquisitions = tuple(_acquisition(tree, path, names) for path in tree.children("/acquisitions"))
    bodies = [_body(tree, path, len(acquisitions)) for path in places]
    return Result(
        bodies={body.name: body for body in bodies},
        acquisitions=acquisitions,
        effective_dose=_effective_dose(tree),
        histories=number(tree, "/", "histories", int),
        seed=number(tree, "/", "seed", int),
        complete=bool(number(tree, "/", "complete", int)),
        exam_yaml=text_data(tree, "/provenance/exam_yaml"),
        scanner_yaml=text_data(tree, "/provenance/scanner_yaml"),
        versions={name: number(tree, "/", name, str) for name in versions},
        seconds=number(tree, "/", "seconds", float),
        **{name: number(tree, "/", name, str) for name in ROOT_TEXTS},
    )


def number(tree: Tree, path: str, name: str, kind: type) -> Any:
    """An attribute of a given type (int, float or str)."""
    value = tree.attributes.get(path, {}).get(name)
    if kind is float and isinstance(value, int):
        return float(value)
    if not isinstance(value, kind):
        raise Unfit(f"{path}: {name} (missing, or not a {kind.__name__}). Use an undamaged copy.")
    return value


def array(tree: Tree, path: str) -> np.ndarray:
    """A dataset."""
    value = tree.datasets.get(path)
    if not isinstance(value, np.ndarray):
        raise Unfit(f"{path} (missing). Use an undamaged copy.")
    return value


def text_data(tree: Tree, path: str) -> str:
    """A dataset that is one text."""
    value = tree.datasets.get(path)
    if not isinstance(value, str):
        raise Unfit(f"{path} (missing). Use an undamaged copy.")
    return value


def decoded(column: np.ndarray) -> list[str]:
    """UTF-8 bytes as texts."""
    return [value.decode("utf-8") for value in column.tolist()]


def _columns(tree: Tree, path: str, columns: Columns) -> list[dict[str, Any]]:
    data = array(tree, path)
    lists = [decoded(data[n]) if kind == TEXT else data[n].tolist() for n, (kind, _) in columns.items()]
    return [dict(zip(columns, row)) for row in zip(*lists)]


def _acquisition(tree: Tree, path: str, bodies: list[str]) -> AcquisitionResult:
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
    return tuple(BeamResult(**row) for row in _columns(tree, path, BEAM_COLUMNS))


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
    pieces = _columns(tree, f"{path}/pieces", {**PIECE_COLUMNS, **added})
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


def _body(tree: Tree, path: str, acquisitions: int) -> BodyResult:
    name, histories = number(tree, path, "name", str), number(tree, path, "histories", int)
    return BodyResult(
        name=name,
        dose=_dose(tree, path, name),
        grid=_grid(tree, path),
        batches=_batches(tree, f"/batches/{quoted(name)}", acquisitions),
        map=_map(tree, f"{path}/dose"),
        histories=histories,
        groups=_groups(tree, f"{path}/groups"),
        sex=number(tree, path, "sex", str),
        reference_person=bool(number(tree, path, "reference_person", int)),
        views=views_of(tree, f"{path}/views", histories, acquisitions),
    )


def _dose(tree: Tree, path: str, name: str) -> BodyDose:
    weighted = {}
    for key in tree.attributes[path]:
        middle = key.removeprefix("weighted_").removesuffix("_msv")
        if key == f"weighted_{middle}_msv" and not middle.endswith("_standard_error"):
            error = number(tree, path, f"weighted_{middle}_standard_error_msv", float)
            weighted[middle] = (number(tree, path, key, float), error)
    table = f"{path}/weighted"
    added = weighted_fields(_columns(tree, table, WEIGHTED_COLUMNS)) if table in tree.datasets else {}
    organs, tissues = (_organs(tree, f"{path}/{kind}") for kind in ("organs", "tissues"))
    return BodyDose(name, organs, tissues, weighted, **added)


def _organs(tree: Tree, path: str) -> dict[str, OrganDose]:
    stored = array(tree, path).dtype.names or ()
    added = {name: kind for name, kind in ADDED_ORGAN_COLUMNS.items() if name in stored}
    rows = _columns(tree, path, {**ORGAN_COLUMNS, **added})
    return {row["name"]: OrganDose(**organ_fields(row)) for row in rows}


def _groups(tree: Tree, path: str) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    if path in tree.datasets:
        for group, organ in zip(*(decoded(array(tree, path)[column]) for column in ("group", "organ"))):
            groups[group] = (*groups.get(group, ()), organ)
    return groups


def _grid(tree: Tree, path: str) -> Grid:
    place = f"{path}/phantom"
    materials = array(tree, f"{place}/materials")
    index = array(tree, f"{place}/material_index")
    if index.size and int(index.max()) >= materials.size:
        raise Unfit(f"{place}/material_index (names a material that is not listed). Use an undamaged copy.")
    return Grid(
        organ_index=array(tree, f"{place}/organ_index"),
        material_index=index,
        density_g_cm3=np.ascontiguousarray(materials["density_g_cm3"]),
        material_names=tuple(decoded(materials["name"])),
        origin_mm=_triple(tree, place, "origin_mm"),
        spacing_mm=_triple(tree, place, "spacing_mm"),
        phantom_sha256=number(tree, place, "phantom_sha256", str),
    )


def _triple(tree: Tree, path: str, name: str) -> tuple[float, float, float]:
    value = tree.attributes.get(path, {}).get(name)
    if not isinstance(value, np.ndarray) or value.shape != (3,) or not np.isfinite(value).all():
        raise Unfit(f"{path}: {name} (missing, or not three lengths). Use an undamaged copy.")
    x, y, z = (float(each) for each in value)
    return x, y, z


def _batches(tree: Tree, path: str, acquisitions: int) -> Batches:
    rows = array(tree, f"{path}/rows")
    if rows.shape[1] != acquisitions:
        raise Unfit(
            f"{path}/rows (for {rows.shape[1]} acquisitions of {acquisitions}). Use an undamaged copy."
        )
    names = tuple(decoded(array(tree, f"{path}/row_names")))
    return Batches(array(tree, f"{path}/numbers"), rows, names, array(tree, f"{path}/row_scale"))


def _map(tree: Tree, path: str) -> DoseMap | None:
    if f"{path}/absorbed_dose_mgy" not in tree.datasets:
        return None
    share = tree.datasets.get(f"{path}/effective_dose_map_msv")
    dose, error = (array(tree, f"{path}/{name}") for name in ("absorbed_dose_mgy", "relative_standard_error"))
    return DoseMap(dose, error, share if isinstance(share, np.ndarray) else None)


def _effective_dose(tree: Tree) -> EffectiveDose | None:
    if "/effective_dose" not in tree.attributes:
        return None
    known = {
        name: value
        for name, value in tree.attributes["/effective_dose"].items()
        if name in EffectiveDose.__annotations__
    }
    return EffectiveDose(**{name: number(tree, "/effective_dose", name, float) for name in known})
