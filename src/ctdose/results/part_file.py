"""The file of a part of a run: a checkpoint, or the share of one task of a job array. docs/checkpoints.md.

Its sums are the integers that the kernel added up, so that parts add to the very bits of an unbroken run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ctdose._version import __version__
from ctdose.results.file_kind import FileKind
from ctdose.results.hdf5_declared import Unfit
from ctdose.results.hdf5_tree import Stream, Tree, Value, quoted
from ctdose.results.part import BodyPart, RunPart
from ctdose.results.part_layout import FORMAT, FORMAT_VERSION, part_of
from ctdose.simulation.hit_voxels import HitVoxels, hit_mask, hit_sums
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
    from ctdose.results.hdf5_image import tree_image
    from ctdose.results.hdf5_write import write_file

    image = tree_image(_tree(part), packed=False)
    write_file(path, image, overwrite=True, temporary=temporary_of(path), seal=True)


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
    for number, (name, body) in enumerate(part.bodies.items()):
        path = f"/bodies/{quoted(name)}"
        tree.group(path, {"name": name, "number": number})
        tree.group(f"{path}/identity", dict(body.identity))
        _put_sums(tree, path, body.sums)
        if body.hits is not None:
            _put_map(
                tree, path, body.hits.shape, body.hits.mask, len(body.hits.sums), partial(_whole, body.hits)
            )
        elif (voxels := body.sums.voxels) is not None:
            mask, count = hit_mask(voxels)
            _put_map(tree, path, voxels.shape[:3], mask, count, partial(hit_sums, voxels, mask))
    return tree


def _whole(hits: HitVoxels) -> list[np.ndarray]:
    return [hits.sums]


def _put_sums(tree: Tree, path: str, sums: Sums) -> None:
    tree.group(path, {"transport_seconds": float(sums.transport_seconds)})
    PART_FILE.put(tree, f"{path}/numbers", sums.batches)
    PART_FILE.put(tree, f"{path}/rows", sums.rows)
    PART_FILE.put(tree, f"{path}/counters", sums.counters)
    if sums.views is not None:
        PART_FILE.put(tree, f"{path}/views", sums.views)


def _put_map(
    tree: Tree,
    path: str,
    shape: tuple[int, ...],
    mask: np.ndarray,
    hits: int,
    sums: Callable[[], Iterable[np.ndarray]],
) -> None:
    tree.group(path, {"shape_zyx": np.array(shape, np.int64)})
    PART_FILE.put(tree, f"{path}/voxel_mask", mask)
    PART_FILE.put(tree, f"{path}/voxel_sums", Stream(np.dtype(np.int64), (hits, 2), sums))


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
        voxels=None,
        counters=_array(tree, f"{path}/counters"),
        transport_seconds=float(_number(tree, path, "transport_seconds")),
        views=_array(tree, f"{path}/views") if f"{path}/views" in tree.datasets else None,
    )
    if sums.batches.size == 0 or sums.batches[0] < 0 or np.any(np.diff(sums.batches) <= 0):
        raise Unfit(f"{path}/numbers (not ascending). {UNDAMAGED}")
    return BodyPart(sums, identity, _hits(tree, path))


def _array(tree: Tree, path: str) -> np.ndarray:
    value: Any = tree.datasets[path]
    if not isinstance(value, np.ndarray):
        raise Unfit(f"{path} (not an array). {UNDAMAGED}")
    return value


def _hits(tree: Tree, path: str) -> HitVoxels | None:
    if f"{path}/voxel_mask" not in tree.datasets:
        return None
    shape = tuple(int(n) for n in np.atleast_1d(np.asarray(tree.attributes[path]["shape_zyx"])))
    mask, values = _array(tree, f"{path}/voxel_mask"), _array(tree, f"{path}/voxel_sums")
    count = math.prod(shape)
    if len(shape) != 3 or min(shape) < 1 or count > MOST_VOXELS or mask.size != -(-count // 8):
        raise Unfit(f"{path}/voxel_mask (does not fit shape_zyx). {UNDAMAGED}")
    if count % 8 and mask[-1] & (0xFF >> count % 8):
        raise Unfit(f"{path}/voxel_mask (has voxels beyond shape_zyx). {UNDAMAGED}")
    if int(np.bitwise_count(mask).sum(dtype=np.int64)) != values.shape[0]:
        raise Unfit(f"{path}/voxel_sums (does not fit voxel_mask). {UNDAMAGED}")
    return HitVoxels((shape[0], shape[1], shape[2]), mask, values)
