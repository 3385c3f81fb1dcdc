"""Materials, organs and anatomy as the tables of a phantom file, and back; the checksum over all of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.anatomy import Anatomy, anatomy_from_dict, anatomy_to_dict
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material


def tables_of(phantom: VoxelPhantom) -> dict[str, NDArray[Any]]:
    """The tables ``materials``, ``organs`` and, if there is one, the text ``anatomy``."""
    import h5py

    tables = {"materials": _material_table(phantom), "organs": _organ_table(phantom)}
    if phantom.anatomy is not None:
        text = json.dumps(anatomy_to_dict(phantom.anatomy)).encode()
        tables["anatomy"] = np.array(text, dtype=h5py.string_dtype("utf-8", len(text)))
    return tables


def _text_type(values: list[str]) -> Any:
    import h5py

    return h5py.string_dtype("utf-8", max([1, *(len(value.encode()) for value in values)]))


def _table(columns: Mapping[str, tuple[list[Any], Any]], rows: int) -> NDArray[Any]:
    types = [(name, _text_type(values) if kind is str else kind) for name, (values, kind) in columns.items()]
    table = np.zeros(rows, dtype=types)
    for name, (values, kind) in columns.items():
        table[name] = [value.encode() for value in values] if kind is str else values
    return table


def _material_table(phantom: VoxelPhantom) -> NDArray[Any]:
    materials = phantom.materials
    columns: dict[str, tuple[list[Any], Any]] = {
        "name": ([m.name for m in materials], str),
        "density_g_cm3": ([m.density_g_cm3 for m in materials], np.float64),
        "mass_fractions": ([json.dumps(dict(m.mass_fractions)) for m in materials], str),
    }
    return _table(columns, len(materials))


def _organ_table(phantom: VoxelPhantom) -> NDArray[Any]:
    organs = phantom.organs
    columns: dict[str, tuple[list[Any], Any]] = {
        "organ_id": ([o.organ_id for o in organs], np.int32),
        "name": ([o.name for o in organs], str),
        "icrp103_tissue": ([o.icrp103_tissue or "" for o in organs], str),
        "snomed": ([o.snomed or "" for o in organs], str),
        "reference_mass_g": ([o.reference_mass_g for o in organs], np.float64),
        "omitted_mass_g": ([o.omitted_mass_g for o in organs], np.float64),
        "note": ([o.note for o in organs], str),
    }
    if any(o.partial for o in organs):
        columns["partial"] = ([o.partial for o in organs], np.uint8)
    return _table(columns, len(organs))


def content_sha256(
    name: str, spacing: Any, origin: Any, grids: Mapping[str, Any], tables: Mapping[str, Any]
) -> str:
    """Checksum over name, place, grids and tables of a phantom file."""
    placed = [name, [float(v) for v in spacing], [float(v) for v in origin]]
    digest = hashlib.sha256(json.dumps(placed).encode())
    for key, array in sorted({**grids, **tables}.items()):
        digest.update(f"{key} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8")


def materials_of(table: NDArray[Any]) -> tuple[Material, ...]:
    """Materials of the table ``materials``."""
    return tuple(
        Material.from_mass_fractions(
            _text(row["name"]),
            json.loads(_text(row["mass_fractions"])),
            density_g_cm3=float(row["density_g_cm3"]),
        )
        for row in table
    )


def organs_of(table: NDArray[Any]) -> tuple[Organ, ...]:
    """Organs of the table ``organs``."""
    return tuple(
        Organ(
            int(row["organ_id"]),
            _text(row["name"]),
            _text(row["icrp103_tissue"]) or None,
            _text(row["snomed"]) or None,
            float(row["reference_mass_g"]),
            float(row["omitted_mass_g"]),
            _text(row["note"]),
            bool(row["partial"]) if "partial" in (table.dtype.names or ()) else False,
        )
        for row in table
    )


def anatomy_of(text: NDArray[Any] | None) -> Anatomy | None:
    """Anatomy of the text ``anatomy``."""
    return None if text is None else anatomy_from_dict(json.loads(_text(text[()])))
