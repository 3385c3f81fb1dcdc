"""Files of a tetrahedral mesh: TetGen's ``.node`` and ``.ele``.

``.node``: number of nodes, 3, attributes, boundary markers; then index, x, y, z. ``.ele``: number of tetrahedra, 4,
attributes; then index, four nodes, organ number. Comments begin with ``#``.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError

MAX_ITEMS = 100_000_000
_SPACE, _DIGITS = b" \t\r\n", b"0123456789"


def read_nodes(raw: bytes, file: str) -> tuple[NDArray[np.float64], int]:
    """Read a ``.node`` file.

    Returns
    -------
    array of float, [nodes, 3]
        Coordinates as they stand in the file.
    int
        Index of the first node, 0 or 1.

    Raises
    ------
    CtdoseError
        It is truncated or foreign.
    """
    header, values = _table(raw, file)
    count, dimensions = _count(header, file, "nodes"), header[1] if len(header) > 1 else 0
    if dimensions != 3:
        raise CtdoseError(f"{file}: (not a .node file). Its first line is: nodes 3 attributes markers.")
    rows = _rows(values, count, 4 + sum(header[2:4]), file)
    return np.ascontiguousarray(rows[:, 1:4], np.float64), _first(rows[:, 0], file)


def read_tetrahedra(
    raw: bytes, file: str, nodes: int, first: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Read an ``.ele`` file.

    Parameters
    ----------
    raw : bytes
    file : str
    nodes, first : int
        How many nodes there are, and the index of the first.

    Returns
    -------
    array of int32, [tetrahedra, 4]
        Nodes, from 0.
    array of int32, [tetrahedra]
        Organ numbers.

    Raises
    ------
    CtdoseError
        It is truncated or foreign, has no organ numbers, or names nodes that there are not.
    """
    header, values = _table(raw, file)
    count = _count(header, file, "tetrahedra")
    if len(header) < 2 or header[1] != 4:
        raise CtdoseError(f"{file}: (not an .ele file of tetrahedra). Its first line is: tetrahedra 4 1.")
    if len(header) < 3 or header[2] < 1:
        raise CtdoseError(
            f"{file}: attributes=0 (no organ numbers). Run tetgen with -A, or add a last column."
        )
    rows = _rows(values, count, 5 + header[2], file)
    _first(rows[:, 0], file)
    corners = rows[:, 1:5] - first
    if corners.min() < 0 or corners.max() >= nodes:
        wrong = int(corners.min() if corners.min() < 0 else corners.max()) + first
        right = "Give the .node file of this mesh"
        raise CtdoseError(f"{file}: node={wrong} (outside {first} to {nodes - 1 + first}). {right}.")
    organs = rows[:, 5]
    if organs.min() < 0 or organs.max() >= 1 << 20 or np.any(organs != np.floor(organs)):
        raise CtdoseError(
            f"{file}: (organ numbers are not whole or outside 0 to {(1 << 20) - 1}). Check them."
        )
    return corners.astype(np.int32), organs.astype(np.int32)


def _table(raw: bytes, file: str) -> tuple[list[int], NDArray[Any]]:
    """Numbers of the first line, and all that follow it."""
    if b"#" in raw:
        raw = re.sub(rb"#[^\n]*", b"", raw)
    head, _, body = raw.lstrip().partition(b"\n")
    if body.translate(None, _DIGITS + _SPACE + b"+-.eE") or not all(w.isdigit() for w in head.split()):
        raise CtdoseError(f"{file}: (not a text of numbers). Give a file as TetGen writes it.")
    whole = not body.translate(None, _DIGITS + _SPACE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            values = np.fromstring(body.decode("ascii"), np.int32 if whole else np.float64, sep=" ")
    except (DeprecationWarning, ValueError):
        raise CtdoseError(f"{file}: (a word in it is no number). Give a file as TetGen writes it.") from None
    if not np.isfinite(values).all():
        raise CtdoseError(f"{file}: (a number in it is too large). Give a file as TetGen writes it.")
    return [int(word[:12]) for word in head.split()], values


def _count(header: list[int], file: str, what: str) -> int:
    if not header or not 1 <= header[0] <= MAX_ITEMS:
        shown = header[0] if header else "nothing"
        raise CtdoseError(f"{file}: {what}={shown} (must be 1 to {MAX_ITEMS}). It stands in the first line.")
    return header[0]


def _rows(values: NDArray, count: int, columns: int, file: str) -> NDArray:
    if values.size != count * columns:
        what = "truncated" if values.size < count * columns else "too long"
        raise CtdoseError(
            f"{file}: numbers={values.size} ({what}: {count} lines of {columns} are expected). "
            "Copy or make it again."
        )
    return values.reshape(count, columns)


def _first(index: NDArray, file: str) -> int:
    first = int(index[0])
    if first not in (0, 1) or np.any(index != np.arange(first, first + index.size)):
        raise CtdoseError(f"{file}: (its first column does not count from 0 or 1). Number the lines.")
    return first
