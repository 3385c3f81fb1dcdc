"""HDF5 files that are whole, but whose parts are not as documented: links, shapes, types, values, attributes."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ctdose.phantoms.phantom_parts import GRIDS, TABLES
from ctdose.phantoms.phantom_tables import content_sha256
from ctdose.seal import SEAL_BYTES, seal_of

TYPES = [
    "u1",
    "i8",
    "f4",
    "f8",
    "S3",
    "S70000",
    "c16",
    "?",
    h5py.string_dtype(),
    h5py.ref_dtype,
    h5py.vlen_dtype("i4"),
]
TYPES += [h5py.enum_dtype({"a": 0}), np.dtype([("organ_id", "i4")]), np.dtype(("f8", (3,))), ">i4", "V7"]
NOT_WRITTEN = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
)
"""What h5py raises where it does not write, or read, something so odd."""
SHAPES = [
    (),
    (0,),
    (1,),
    (3,),
    (2, 2),
    (1, 1, 1),
    (0, 4, 3),
    (1,) * 6,
    (2**20, 2**20, 2**10),
    (2**31,),
    (2**40, 2),
]
NUMBERS = [0, 1, -1, 2, 255, 2**31, 2**62, -(2**63), 0.5, 1e300, -1e300, np.nan, np.inf, 5e-324]
TEXTS = [
    "",
    "x",
    "é",
    "\x1b[31m",
    "a\nb",
    "x" * 5000,
    "1.7",
    "2.0",
    "../x",
    "=1+1",
    "{",
    "null",
    "[]",
    "ctdose-result",
]


def restructured(base: bytes, kind: str, chance: random.Random, folder: Path) -> bytes:
    """Change one to three parts of a right file, and seal it."""
    path = folder / "between.h5"
    path.write_bytes(base[:-SEAL_BYTES])
    try:
        with h5py.File(path, "r+") as file:
            for _ in range(chance.choice([1, 1, 2, 3])):
                _change(file, chance)
            if kind == "phantom" and chance.random() < 0.7:
                _true_hash(file)
        data = path.read_bytes()
    finally:
        path.unlink()
    return data + seal_of(data) if chance.random() < 0.5 else data


def _parts(file: h5py.File) -> list[str]:
    names: list[str] = []
    file.visit(names.append)
    return names


def _change(file: h5py.File, chance: random.Random) -> None:
    names = _parts(file)
    if not names:
        return
    with contextlib.suppress(*NOT_WRITTEN):
        chance.choice(CHANGES)(file, chance.choice(names), chance)


def _delete(file: h5py.File, name: str, chance: random.Random) -> None:
    del file[name]


def _link(file: h5py.File, name: str, chance: random.Random) -> None:
    links: list[Any] = [h5py.ExternalLink("body.h5", "/organs"), h5py.ExternalLink("/etc/passwd", "/")]
    links += [h5py.SoftLink("/nowhere"), h5py.SoftLink("/"), file["/"], file[chance.choice(_parts(file))]]
    del file[name]
    file[name] = chance.choice(links)


def _retype(file: h5py.File, name: str, chance: random.Random) -> None:
    """Another type, shape or storage in the place of a part."""
    shape = chance.choice([*SHAPES, getattr(file[name], "shape", ())])
    kind = chance.choice([*TYPES, getattr(file[name], "dtype", "f8")])
    options: dict[str, Any] = {}
    if shape and max(shape) > 0 and chance.random() < 0.6:
        options["chunks"] = tuple(max(1, min(n, 64)) for n in shape)
        options["compression"] = chance.choice([None, "gzip", "lzf"])
        options["maxshape"] = chance.choice([None, (None,) * len(shape)])
    elif np.prod(shape, dtype=float) > 1e6 and chance.random() < 0.5:
        options["external"] = [("body.h5", 0, h5py.h5f.UNLIMITED)]
    kept = dict(file[name].attrs)
    del file[name]
    place = file.create_dataset(name, shape=shape, dtype=kind, **options)
    for key, value in kept.items():
        if chance.random() < 0.9 and key not in ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME"):
            place.attrs[key] = value


def _cast(file: h5py.File, name: str, chance: random.Random) -> None:
    """The same numbers, of another type or without a row."""
    data = file[name][()]
    kind = chance.choice(["u1", "i2", "i8", "f4", "f8", ">f8"])
    del file[name]
    file[name] = data[:-1] if chance.random() < 0.5 else data.astype(kind)


def _values(file: h5py.File, name: str, chance: random.Random) -> None:
    """Other numbers and texts in some places of a part."""
    data = file[name][()]
    if not isinstance(data, np.ndarray):
        file[name][()] = chance.choice(TEXTS) if isinstance(data, bytes) else chance.choice(NUMBERS)
        return
    data = data.copy()
    target = data[chance.choice(data.dtype.names)] if data.dtype.names else data
    flat = target.reshape(-1)
    for _ in range(chance.choice([1, 1, 5])):
        spot = chance.randrange(flat.size) if chance.random() < 0.8 else slice(None)
        if flat.dtype.kind == "S":
            flat[spot] = chance.choice([chance.choice(TEXTS).encode(), b"\xff\xfe", b""])
        else:
            with np.errstate(all="ignore"):
                flat[spot] = np.array(chance.choice(NUMBERS)).astype(flat.dtype)
    file[name][()] = data


def _attribute(file: h5py.File, name: str, chance: random.Random) -> None:
    holder = file[name] if chance.random() < 0.6 else file
    names = list(holder.attrs)
    key = chance.choice(names) if names and chance.random() < 0.9 else "more"
    value: Any = chance.choice(
        [*TEXTS, *NUMBERS, True, b"\xff", None, h5py.Empty("f8"), np.zeros(3), np.zeros((2, 2))]
    )
    if chance.random() < 0.15:
        value = np.zeros(9000)
    if chance.random() < 0.2:
        del holder.attrs[key]
    elif value is not None:
        holder.attrs[key] = value


def _group(file: h5py.File, name: str, chance: random.Random) -> None:
    if chance.random() < 0.5:
        del file[name]
        file.create_group(name)
    else:
        file.create_group(f"{name if isinstance(file[name], h5py.Group) else ''}/" + "/".join("abcdefghijkl"))


def _move(file: h5py.File, name: str, chance: random.Random) -> None:
    target = chance.choice([*_parts(file), "more", name.upper(), f"{name}x", "é"])
    if target in file and chance.random() < 0.7:
        del file[target]
    file.move(name, target)


def _virtual(file: h5py.File, name: str, chance: random.Random) -> None:
    shape, kind = file[name].shape, file[name].dtype
    layout = h5py.VirtualLayout(shape, kind)
    layout[:] = h5py.VirtualSource("body.h5", "x", shape)
    del file[name]
    file.create_virtual_dataset(name, layout)


CHANGES = [
    _delete,
    _link,
    _retype,
    _retype,
    _cast,
    *[_values] * 4,
    *[_attribute] * 4,
    _group,
    _move,
    _virtual,
]


def _true_hash(file: h5py.File) -> None:
    """Let a phantom state the SHA-256 of what it now holds, as a careful forger would."""
    with contextlib.suppress(*NOT_WRITTEN):
        grids = {name: file[name][()] for name in GRIDS if name in file and file[name].size < 1e6}
        tables = {
            name: np.asarray(file[name][()]) for name in TABLES if name in file and file[name].size < 1e6
        }
        name, spacing, origin = (file.attrs[key] for key in ("name", "spacing_mm", "origin_mm"))
        file.attrs["content_sha256"] = content_sha256(str(name), spacing, origin, grids, tables)
