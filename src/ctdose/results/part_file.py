"""The file of a part of a run: a checkpoint, or the share of one task of a job array. docs/checkpoints.md.

Its sums are the integers that the kernel added up, so that parts add to the very bits of an unbroken run.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from ctdose._version import __version__
from ctdose.results.file_kind import FileKind
from ctdose.results.hdf5_declared import Unfit
from ctdose.results.hdf5_tree import Tree, Value, quoted
from ctdose.results.part import BodyPart, RunPart
from ctdose.results.part_layout import FORMAT, FORMAT_VERSION, part_of
from ctdose.simulation.sums import Sums

PART_FILE = FileKind(
    "part of a run", FORMAT, FORMAT_VERSION, part_of, right="Give a part that ctdose run wrote."
)
UNDAMAGED = "Use an undamaged copy."
MOST_VOXELS = 1 << 32


def save_part(part: RunPart, path: Path) -> None:
    """Write a part, replacing what has its name; a write that fails leaves the earlier file as it was.

    Raises
    ------
    CtdoseError
        If it cannot be written.
    """
    from ctdose.results.hdf5_write import tree_bytes, write_file

    data = tree_bytes(_tree(part), packed=False)
    write_file(path, data, overwrite=True, temporary=temporary_of(path), seal=True)


def temporary_of(path: Path) -> Path:
    """Under what name a part is written before it has its own: always the same, so that kills leave one at most."""
    return path.with_name(f".{path.name}.new")


def remove_part(path: Path) -> None:
    """Delete a part, and what a killed process began to write of it."""
    path.unlink(missing_ok=True)
    temporary_of(path).unlink(missing_ok=True)


def load_part(path: Path) -> RunPart:
    """Read a part.

    Raises
    ------
    CtdoseError
        If the file is missing, of another kind or of a newer major version, damaged, or refers to anything outside
        itself.
    """
    return PART_FILE.load(path, _part)


def _tree(part: RunPart) -> Tree:
    tree = Tree()
    root: dict[str, Value] = {"format": FORMAT, "format_version": FORMAT_VERSION}
    root |= {"ctdose_version": __version__, "exam": part.exam, "exam_sha256": part.exam_sha256}
    root |= {"histories": part.histories, "histories_done": part.done}
    root |= {"seconds": part.seconds, "device": part.device}
    tree.group("/", root)
    PART_FILE.put(tree, "/exam_yaml", part.exam_yaml)
    PART_FILE.put(tree, "/scanner_yaml", part.scanner_yaml)
    tree.group("/bodies")
    with ThreadPoolExecutor() as threads:  # a stopped run has a second for all of them
        hits = dict(zip(part.bodies, threads.map(_hit_voxels, (body.sums for body in part.bodies.values()))))
    for number, (name, body) in enumerate(part.bodies.items()):
        path = f"/bodies/{quoted(name)}"
        tree.group(path, {"name": name, "number": number})
        tree.group(f"{path}/identity", dict(body.identity))
        _put_sums(tree, path, body.sums, hits[name])
    return tree


Hits = tuple[np.ndarray, np.ndarray]


def _hit_voxels(sums: Sums) -> Hits | None:
    """One bit a voxel, whether anything was deposited, and the sums of those; most are air, or far from the beam."""
    if sums.voxels is None:
        return None
    hit = sums.voxels[..., 1] != 0
    hit |= sums.voxels[..., 0] != 0
    # By numbers: several times as fast as by a mask.
    return np.packbits(hit), sums.voxels.reshape(-1, 2).take(np.flatnonzero(hit), axis=0)


def _put_sums(tree: Tree, path: str, sums: Sums, hits: Hits | None) -> None:
    tree.group(path, {"transport_seconds": float(sums.transport_seconds)})
    PART_FILE.put(tree, f"{path}/numbers", sums.batches)
    PART_FILE.put(tree, f"{path}/rows", sums.rows)
    PART_FILE.put(tree, f"{path}/counters", sums.counters)
    if sums.views is not None:
        PART_FILE.put(tree, f"{path}/views", sums.views)
    if sums.voxels is not None and hits is not None:
        tree.group(path, {"shape_zyx": np.array(sums.voxels.shape[:3], np.int64)})
        PART_FILE.put(tree, f"{path}/voxel_mask", hits[0])
        PART_FILE.put(tree, f"{path}/voxel_sums", hits[1])


def _part(tree: Tree) -> RunPart:
    try:
        return _known_part(tree)
    except KeyError as missing:
        raise Unfit(f"{missing} (missing). {UNDAMAGED}") from None


def _known_part(tree: Tree) -> RunPart:
    root = tree.attributes["/"]
    bodies = sorted(tree.children("/bodies"), key=lambda path: int(_number(tree, path, "number")))
    return RunPart(
        exam=str(root["exam"]),
        exam_yaml=str(tree.datasets["/exam_yaml"]),
        scanner_yaml=str(tree.datasets["/scanner_yaml"]),
        exam_sha256=str(root["exam_sha256"]),
        histories=int(_number(tree, "/", "histories")),
        seconds=float(_number(tree, "/", "seconds")),
        device=str(root["device"]),
        bodies={str(tree.attributes[path]["name"]): _body(tree, path) for path in bodies},
    )


def _number(tree: Tree, path: str, name: str) -> int | float:
    value = tree.attributes[path][name]
    if not isinstance(value, int | float):
        raise Unfit(f"{path}: {name} (not a number). {UNDAMAGED}")
    return value


def _body(tree: Tree, path: str) -> BodyPart:
    identity = {name: str(value) for name, value in tree.attributes[f"{path}/identity"].items()}
    sums = Sums(
        batches=_array(tree, f"{path}/numbers"),
        rows=_array(tree, f"{path}/rows"),
        voxels=_voxels(tree, path),
        counters=_array(tree, f"{path}/counters"),
        transport_seconds=float(_number(tree, path, "transport_seconds")),
        views=_array(tree, f"{path}/views") if f"{path}/views" in tree.datasets else None,
    )
    if sums.batches.size == 0 or sums.batches[0] < 0 or np.any(np.diff(sums.batches) <= 0):
        raise Unfit(f"{path}/numbers (not ascending). {UNDAMAGED}")
    return BodyPart(sums, identity)


def _array(tree: Tree, path: str) -> np.ndarray:
    value: Any = tree.datasets[path]
    if not isinstance(value, np.ndarray):
        raise Unfit(f"{path} (not an array). {UNDAMAGED}")
    return value


def _voxels(tree: Tree, path: str) -> np.ndarray | None:
    if f"{path}/voxel_mask" not in tree.datasets:
        return None
    shape = tuple(int(n) for n in np.atleast_1d(np.asarray(tree.attributes[path]["shape_zyx"])))
    mask, values = _array(tree, f"{path}/voxel_mask"), _array(tree, f"{path}/voxel_sums")
    count = math.prod(shape)
    if len(shape) != 3 or min(shape) < 1 or count > MOST_VOXELS or mask.size != -(-count // 8):
        raise Unfit(f"{path}/voxel_mask (does not fit shape_zyx). {UNDAMAGED}")
    hit = np.unpackbits(mask, count=count).astype(bool).reshape(shape)
    if int(hit.sum()) != values.shape[0]:
        raise Unfit(f"{path}/voxel_sums (does not fit voxel_mask). {UNDAMAGED}")
    voxels = np.zeros((*shape, 2), np.int64)
    voxels[hit] = values
    return voxels
