"""From the content of a result file back to its bodies."""

from __future__ import annotations

import numpy as np

from ctdose.dosimetry.dose_map import DoseMap
from ctdose.dosimetry.organ_dose import BodyDose, OrganDose
from ctdose.results.body_result import Batches, BodyResult, Grid
from ctdose.results.hdf5_declared import Unfit
from ctdose.results.hdf5_tree import Tree, quoted
from ctdose.results.result_layout import ADDED_ORGAN_COLUMNS, ORGAN_COLUMNS, WEIGHTED_COLUMNS
from ctdose.results.tree_values import array, decoded, number, table_rows, triple
from ctdose.results.view_tree import organ_fields, views_of, weighted_fields


def body_of(tree: Tree, path: str, acquisitions: int) -> BodyResult:
    """Rebuild what the group at `path` says of a body, after so many acquisitions."""
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
    added = weighted_fields(table_rows(tree, table, WEIGHTED_COLUMNS)) if table in tree.datasets else {}
    organs, tissues = (_organs(tree, f"{path}/{kind}") for kind in ("organs", "tissues"))
    return BodyDose(name, organs, tissues, weighted, **added)


def _organs(tree: Tree, path: str) -> dict[str, OrganDose]:
    stored = array(tree, path).dtype.names or ()
    added = {name: kind for name, kind in ADDED_ORGAN_COLUMNS.items() if name in stored}
    rows = table_rows(tree, path, {**ORGAN_COLUMNS, **added})
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
        origin_mm=triple(tree, place, "origin_mm"),
        spacing_mm=triple(tree, place, "spacing_mm"),
        phantom_sha256=number(tree, place, "phantom_sha256", str),
    )


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
