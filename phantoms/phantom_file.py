"""The phantom file: HDF5, ``format = "ctdose-phantom"``, version 1.0, or 1.1 where an organ is partial.

Layout: attributes ``format``, ``format_version``, ``name``, ``spacing_mm``, ``origin_mm``, ``content_sha256``; grids
``material_index`` (uint8), ``region_index`` (uint16) and, if there are any, ``density_g_cm3`` (float32), all
[z, y, x] with dimension scales in mm; tables ``materials`` and ``organs`` (``partial``: from 1.1 on); the text
``anatomy`` (JSON). Only gzip, shuffle and fletcher32 are used, so that MATLAB, R and HDFView read it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.organs import Anatomy, Organ, anatomy_from_dict, anatomy_to_dict
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material

FORMAT, FORMAT_VERSION, VERSION_WITH_PARTIAL = "ctdose-phantom", "1.0", "1.1"
GRIDS = {"material_index": np.uint8, "region_index": np.uint16, "density_g_cm3": np.float32}
OPTIONAL = ("density_g_cm3", "anatomy")
FILTERS = {"compression": "gzip", "compression_opts": 2, "shuffle": True, "fletcher32": True}
ALLOWED_FILTERS = {1, 2, 3}  # HDF5's numbers of deflate, shuffle, fletcher32
MAX_VOXELS = 1_000_000_000
MAX_ROWS = 1024
MAX_TEXT_BYTES = 1 << 20


def save_phantom(phantom: VoxelPhantom, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a phantom to a file; under a temporary name, renamed when whole.

    Parameters
    ----------
    phantom : VoxelPhantom
        What to write.
    path : str or Path
        The file.
    overwrite : bool
        Replace a file of that name.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CtdoseError
        If the file exists and `overwrite` is not set, or cannot be written.
    """
    target = Path(path)
    if target.exists() and not overwrite:
        raise CtdoseError(f"path={target} (exists). Choose another name, or set overwrite.")
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex[:12]}.part")
    try:
        _write(phantom, part)
        os.replace(part, target)
    except OSError as error:
        raise CtdoseError(
            f"path={target} (cannot be written: {_one_line(error)}). Check the folder."
        ) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return target


def _write(phantom: VoxelPhantom, path: Path) -> None:
    import h5py

    with h5py.File(path, "x", libver="earliest") as file:
        grids = {n: getattr(phantom, n) for n in GRIDS if getattr(phantom, n) is not None}
        tables = {"materials": _material_table(phantom), "organs": _organ_table(phantom)}
        if phantom.anatomy is not None:
            text = json.dumps(anatomy_to_dict(phantom.anatomy)).encode()
            tables["anatomy"] = np.array(text, dtype=h5py.string_dtype("utf-8", len(text)))
        _write_axes(file, phantom)
        for name, array in grids.items():
            _write_grid(file, name, array)
        for name, table in tables.items():
            file.create_dataset(name, data=table).attrs["units"] = "1"
        version = VERSION_WITH_PARTIAL if any(o.partial for o in phantom.organs) else FORMAT_VERSION
        file.attrs.update(format=FORMAT, format_version=version, name=phantom.name)
        file.attrs.update(spacing_mm=phantom.spacing_mm, origin_mm=phantom.origin_mm)
        file.attrs["coordinates"] = (
            "DICOM patient coordinates (LPS), mm; origin_mm: centre of voxel [0, 0, 0]"
        )
        file.attrs["content_sha256"] = _content_hash(
            phantom.name, phantom.spacing_mm, phantom.origin_mm, grids, tables
        )


def _write_axes(file: Any, phantom: VoxelPhantom) -> None:
    for axis, count, i in zip("zyx", phantom.shape, (2, 1, 0)):
        centres = phantom.origin_mm[i] + np.arange(count) * phantom.spacing_mm[i]
        scale = file.create_dataset(axis, data=centres)
        scale.attrs["units"] = "mm"
        scale.make_scale(axis)


def _write_grid(file: Any, name: str, array: NDArray[Any]) -> None:
    dataset = file.create_dataset(
        name, data=array, chunks=(min(16, array.shape[0]), *array.shape[1:]), **FILTERS
    )
    dataset.attrs["units"] = "g/cm3" if name == "density_g_cm3" else "1"
    for i, axis in enumerate("zyx"):
        dataset.dims[i].label = axis
        dataset.dims[i].attach_scale(file[axis])


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


def _content_hash(
    name: str, spacing: Any, origin: Any, grids: Mapping[str, Any], tables: Mapping[str, Any]
) -> str:
    placed = [name, [float(v) for v in spacing], [float(v) for v in origin]]
    digest = hashlib.sha256(json.dumps(placed).encode())
    for key, array in sorted({**grids, **tables}.items()):
        digest.update(f"{key} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def load_phantom(path: str | Path) -> VoxelPhantom:
    """Read a phantom file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    VoxelPhantom

    Raises
    ------
    CtdoseError
        If it is missing, no phantom file, of an unknown version, damaged, or refers to other files.
    """
    import h5py

    source = Path(path)
    if not source.is_file():
        raise _fault(source, "not a file" if source.exists() else "no such file", "Check the path")
    if not h5py.is_hdf5(source):
        raise _fault(source, "not an HDF5 file", "Give a phantom file, for instance of save_phantom")
    try:
        with h5py.File(source, "r") as file:
            return _read(file, source)
    except CtdoseError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, MemoryError) as error:
        raise _fault(source, f"damaged: {_one_line(error)}", "Write it again") from None


def _fault(path: Path, why: str, right: str) -> CtdoseError:
    return CtdoseError(f"{path}: {why}. {right}.")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__


def _read(file: Any, path: Path) -> VoxelPhantom:
    _check_format(file, path)
    grids = {name: _dataset(file, name, path) for name in GRIDS}
    _check_grids({name: grid for name, grid in grids.items() if grid is not None}, path)
    tables = {name: _dataset(file, name, path) for name in ("materials", "organs", "anatomy")}
    for name, table in tables.items():
        _check_table(name, table, path)
    arrays = {name: grid[()] for name, grid in grids.items() if grid is not None}
    texts = {name: np.asarray(table[()]) for name, table in tables.items() if table is not None}
    name, spacing, origin = (file.attrs[key] for key in ("name", "spacing_mm", "origin_mm"))
    if np.shape(spacing) != (3,) or np.shape(origin) != (3,):
        raise _fault(path, "spacing_mm and origin_mm are not three numbers each", "Write it again")
    if _content_hash(str(name), spacing, origin, arrays, texts) != file.attrs["content_sha256"]:
        raise _fault(path, "damaged: its content does not have the SHA-256 that it states", "Write it again")
    return VoxelPhantom(
        arrays["material_index"],
        _materials(texts["materials"]),
        tuple(float(v) for v in spacing),  # type: ignore[arg-type]
        tuple(float(v) for v in origin),  # type: ignore[arg-type]
        arrays["region_index"],
        arrays.get("density_g_cm3"),
        name=str(name),
        organs=_organs(texts["organs"]),
        anatomy=_anatomy(texts.get("anatomy")),
    )


def _check_format(file: Any, path: Path) -> None:
    found = file.attrs.get("format")
    if not isinstance(found, str) or found != FORMAT:
        what = f"format={found!r}" if isinstance(found, str) else "no format"
        raise _fault(path, f"an HDF5 file, but no phantom ({what})", f"Its attribute must be {FORMAT!r}")
    version = file.attrs.get("format_version")
    if not isinstance(version, str) or version.split(".")[0] != FORMAT_VERSION.split(".")[0]:
        raise _fault(path, f"format_version={version!r} is unknown", f"This ctdose reads {FORMAT_VERSION}")


def _dataset(file: Any, name: str, path: Path) -> Any:
    import h5py

    link = file.get(name, getlink=True)
    if link is None:
        if name in OPTIONAL:
            return None
        raise _fault(path, f"{name} is missing", "Write it again")
    if not isinstance(link, h5py.HardLink):
        raise _fault(path, f"{name} is a link to somewhere else", "A phantom file holds its data itself")
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise _fault(path, f"{name} is not a dataset", "Write it again")
    if dataset.is_virtual or dataset.external:
        raise _fault(path, f"{name} lies in another file", "A phantom file holds its data itself")
    plist = dataset.id.get_create_plist()
    if not {plist.get_filter(i)[0] for i in range(plist.get_nfilters())} <= ALLOWED_FILTERS:
        raise _fault(path, f"{name} has a filter other than gzip, shuffle, fletcher32", "Write it again")
    return dataset


def _check_grids(grids: Mapping[str, Any], path: Path) -> None:
    shape = grids["material_index"].shape
    for name, grid in grids.items():
        if grid.dtype != GRIDS[name]:
            raise _fault(path, f"{name} has dtype {grid.dtype}", f"It must be {np.dtype(GRIDS[name])}")
        if grid.ndim != 3 or grid.shape != shape or min(shape) < 1:
            raise _fault(path, f"{name} has shape {grid.shape}", "All grids are [z, y, x] and of one shape")
        if math.prod(grid.shape) > MAX_VOXELS:
            raise _fault(path, f"{name} has shape {grid.shape}", f"At most {MAX_VOXELS} voxels are read")


def _check_table(name: str, table: Any, path: Path) -> None:
    if table is None:
        return
    fixed = not table.dtype.hasobject and table.dtype.itemsize <= MAX_TEXT_BYTES
    if not fixed or (name == "anatomy") != (table.ndim == 0) or table.size > MAX_ROWS:
        raise _fault(path, f"{name} has dtype {table.dtype} and shape {table.shape}", "Write it again")


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8")


def _materials(table: NDArray[Any]) -> tuple[Material, ...]:
    return tuple(
        Material.from_mass_fractions(
            _text(row["name"]),
            json.loads(_text(row["mass_fractions"])),
            density_g_cm3=float(row["density_g_cm3"]),
        )
        for row in table
    )


def _organs(table: NDArray[Any]) -> tuple[Organ, ...]:
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


def _anatomy(text: NDArray[Any] | None) -> Anatomy | None:
    return None if text is None else anatomy_from_dict(json.loads(_text(text[()])))
