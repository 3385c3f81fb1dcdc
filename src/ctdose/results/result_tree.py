"""From a result to the content of its file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

import numpy as np

from ctdose.dosimetry.organ_dose import OrganDose
from ctdose.results.acquisition_result import AcquisitionResult, OnBody
from ctdose.results.body_result import BodyResult
from ctdose.results.hdf5_tree import Tree, Value, quoted, table, texts
from ctdose.results.provenance import sources_of
from ctdose.results.result import Result
from ctdose.results.result_layout import (
    ADDED_ORGAN_COLUMNS,
    ADDED_PIECE_COLUMNS,
    BEAM_COLUMNS,
    BLADE_COLUMNS,
    FORMAT,
    FORMAT_VERSION,
    MATERIAL_COLUMNS,
    MEMBER_COLUMNS,
    ORGAN_COLUMNS,
    PIECE_COLUMNS,
    SIZE_COLUMNS,
    SOURCE_COLUMNS,
    TEXT,
    WEIGHTED_COLUMNS,
    Columns,
    part_of,
)
from ctdose.results.view_tree import added_of_organ, view_datasets, weighted_rows

ACQUISITION_ATTRIBUTES = (
    *("name", "mode", "bowtie", "tube_voltage_kv", "collimation_mm", "beam_width_mm"),
    *("ctdi_vol_mgy", "ctdi_phantom_cm", "photons_per_mas", "calibration_id"),
    *("calibration_relative_standard_error", "output_relative_systematic_error"),
    *("hvl_mm_al", "mean_energy_kev"),
)
"""Attributes that are fields of `AcquisitionResult`."""

MEAN_ATTRIBUTES = ("dlp_mgy_cm", "planned_length_mm", "irradiated_length_mm")
"""Attributes that are means over the bodies: written for readers of the file, computed again when it is loaded."""

SIZE_ATTRIBUTES = ("ssde_mgy", "water_equivalent_diameter_cm")
"""Attributes of an acquisition and of each body of it that are absent where they are not defined."""

RANGES = ("planned", "irradiated", "beam_edges")

ON_BODY_OPTIONAL = ("ctdi_vol_mgy", "tube_current_ma", "tube_current_min_ma", "tube_current_max_ma")
"""Attributes of an acquisition on a body that early files do not have."""


def result_tree(result: Result) -> Tree:
    """Lay out a result as `result_layout.PARTS` says."""
    tree = Tree()
    root: dict[str, Value] = {"format": FORMAT, "format_version": FORMAT_VERSION, **result.versions}
    root |= {name: getattr(result, name) for name in ("exam", "exam_sha256", "created_utc")}
    root |= {"version_names": " ".join(result.versions)}
    root |= {"histories": result.histories, "seed": result.seed}
    root |= {"complete": int(result.complete), "seconds": float(result.seconds)}
    tree.group("/", root)
    _put_provenance(tree, result)
    tree.group("/acquisitions")
    for number, acquisition in enumerate(result.acquisitions):
        _put_acquisition(tree, f"/acquisitions/{number}", acquisition)
    tree.group("/bodies")
    tree.group("/batches")
    for number, body in enumerate(result.bodies.values()):
        tree.group(f"/bodies/{quoted(body.name)}", {"number": number})
        _put_body(tree, f"/bodies/{quoted(body.name)}", body)
        _put_batches(tree, f"/batches/{quoted(body.name)}", body)
    if result.effective_dose is not None:
        dose = result.effective_dose
        tree.group("/effective_dose", {each.name: getattr(dose, each.name) for each in fields(dose)})
    return tree


def put(tree: Tree, path: str, data: str | np.ndarray) -> None:
    """Add a dataset with the unit, and the dimension scales, that the layout gives it."""
    part = part_of(path)
    assert part is not None, path
    tree.datasets[path] = data
    tree.group(path, {"units": part.units_of(data)})
    if part.is_grid:
        tree.scales[path] = tuple(f"{part.scope(path)}/{axis}" for axis in "zyx")


def _put_provenance(tree: Tree, result: Result) -> None:
    tree.group("/provenance")
    put(tree, "/provenance/exam_yaml", result.exam_yaml)
    put(tree, "/provenance/scanner_yaml", result.scanner_yaml)
    rows = [{"key": key, "source": source} for key, source in sources_of(result.exam_yaml)]
    put(tree, "/provenance/sources", _rows(SOURCE_COLUMNS, rows))


def _put_acquisition(tree: Tree, path: str, acquisition: AcquisitionResult) -> None:
    names = ACQUISITION_ATTRIBUTES + MEAN_ATTRIBUTES
    tree.group(path, {name: getattr(acquisition, name) for name in names})
    tree.group(path, _known(acquisition))
    put(tree, f"{path}/spectrum_kev", np.asarray(acquisition.spectrum_kev, np.float64))
    put(tree, f"{path}/spectrum_weight", np.asarray(acquisition.spectrum_weight, np.float64))
    if acquisition.beams:
        put(tree, f"{path}/beams", _rows(BEAM_COLUMNS, [vars(beam) for beam in acquisition.beams]))
    tree.group(f"{path}/bodies")
    for name, on_body in acquisition.on_body.items():
        _put_on_body(tree, f"{path}/bodies/{quoted(name)}", name, on_body)


def _put_on_body(tree: Tree, path: str, name: str, on_body: OnBody) -> None:
    attributes: dict[str, Value] = {
        "name": name,
        "dlp_mgy_cm": on_body.dlp_mgy_cm,
        "total_mas": on_body.total_mas,
    }
    for each in ON_BODY_OPTIONAL:
        if (value := getattr(on_body, each)) is not None:
            attributes[each] = value
    for each in RANGES:
        low, high = getattr(on_body, f"{each}_mm")
        attributes |= {f"{each}_start_mm": low, f"{each}_end_mm": high, f"{each}_length_mm": high - low}
    tree.group(path, attributes)
    columns = {**PIECE_COLUMNS, **ADDED_PIECE_COLUMNS}
    values = ({**vars(piece), **dict(zip(BLADE_COLUMNS, piece.blades))} for piece in on_body.pieces)
    put(tree, f"{path}/pieces", _rows(columns, [{name: row[name] for name in columns} for row in values]))
    if on_body.beam_mas:
        put(tree, f"{path}/beam_mas", np.array(on_body.beam_mas, np.float64))
    if on_body.size is not None:
        tree.group(path, {**_known(on_body), "ssde_note": on_body.size.note})
        sizes = {
            name: np.asarray(getattr(on_body.size, name), kind) for name, (kind, _) in SIZE_COLUMNS.items()
        }
        put(tree, f"{path}/size", table(sizes))


def _known(source: AcquisitionResult | OnBody) -> dict[str, Value]:
    values = {name: getattr(source, name) for name in SIZE_ATTRIBUTES}
    return {name: value for name, value in values.items() if value is not None}


def _put_body(tree: Tree, path: str, body: BodyResult) -> None:
    attributes: dict[str, Value] = {"name": body.name, "histories": body.histories, "sex": body.sex}
    attributes |= {"reference_person": int(body.reference_person)}
    for name, (dose, error) in body.dose.weighted_msv.items():
        attributes |= {f"weighted_{name}_msv": dose, f"weighted_{name}_standard_error_msv": error}
    tree.group(path, attributes)
    grid = body.grid
    tree.group(f"{path}/phantom", {"phantom_sha256": grid.phantom_sha256})
    tree.group(
        f"{path}/phantom", {name: np.array(getattr(grid, name)) for name in ("origin_mm", "spacing_mm")}
    )
    for axis, count, first, step in zip(
        "zyx", grid.organ_index.shape, grid.origin_mm[::-1], grid.spacing_mm[::-1]
    ):
        put(tree, f"{path}/{axis}", first + step * np.arange(count))
    put(tree, f"{path}/organs", _organs(body.dose.organs.values()))
    put(tree, f"{path}/tissues", _organs(body.dose.tissues.values()))
    if body.dose.weighted_systematic:
        put(tree, f"{path}/weighted", _rows(WEIGHTED_COLUMNS, weighted_rows(body.dose)))
    if body.views is not None:
        tree.group(f"{path}/views")
        for name, data in view_datasets(body.views).items():
            put(tree, f"{path}/views/{name}", data)
    members = [{"group": g, "organ": o} for g, organs in body.groups.items() for o in organs]
    put(tree, f"{path}/groups", _rows(MEMBER_COLUMNS, members))
    put(tree, f"{path}/phantom/organ_index", grid.organ_index)
    put(tree, f"{path}/phantom/material_index", grid.material_index)
    materials = [{"name": n, "density_g_cm3": d} for n, d in zip(grid.material_names, grid.density_g_cm3)]
    put(tree, f"{path}/phantom/materials", _rows(MATERIAL_COLUMNS, materials))
    if body.map is not None:
        for each in fields(body.map):
            if (data := getattr(body.map, each.name)) is not None:
                put(tree, f"{path}/dose/{each.name}", data)
        tree.group(f"{path}/dose")


def _put_batches(tree: Tree, path: str, body: BodyResult) -> None:
    batches = body.batches
    tree.group(path, {"name": body.name})
    put(tree, f"{path}/numbers", batches.numbers)
    put(tree, f"{path}/rows", batches.rows)
    put(tree, f"{path}/row_names", texts(batches.row_names))
    put(tree, f"{path}/row_scale", batches.row_scale)


def _organs(organs: Iterable[OrganDose]) -> np.ndarray:
    rows = [{**{name: getattr(o, name) for name in ORGAN_COLUMNS}, **added_of_organ(o)} for o in organs]
    return _rows({**ORGAN_COLUMNS, **ADDED_ORGAN_COLUMNS}, rows)


def _rows(columns: Columns, rows: list[dict]) -> np.ndarray:
    def column(name: str, kind: str) -> np.ndarray:
        values = [row[name] for row in rows]
        return texts(values) if kind == TEXT else np.array(values, kind)

    return table({name: column(name, kind) for name, (kind, _) in columns.items()})
