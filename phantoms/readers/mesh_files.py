"""Files of a tetrahedral mesh: TetGen's ``.node`` and ``.ele``, and the ``.material`` file of ICRP Publication 145.

``.node``: number of nodes, 3, attributes, boundary markers; then index, x, y, z. ``.ele``: number of tetrahedra, 4,
attributes; then index, four nodes, organ number. Comments begin with ``#``. ``.material``: for each organ a line
``C Liver 1.060 g/cm3``, a line ``m9500 1000 -0.102`` and lines of further elements (1000 times the atomic number, minus
the mass fraction): MCNP's material cards.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.faults import one_line
from ctdose.physics.elements import SYMBOLS

MAX_ITEMS = 100_000_000
_SPACE, _DIGITS = b" \t\r\n", b"0123456789"
_TITLE = re.compile(r"^[cC]\s+(\S.*?)\s+(\d*\.?\d+(?:[eE][-+]?\d+)?)\s*g/cm3\s*$")
_FRACTION = re.compile(r"^(?:[mM](\d+)\s+)?(\d{4,6})\s+-(\d*\.?\d+(?:[eE][-+]?\d+)?)$")


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


def read_material_cards(raw: bytes, file: str) -> dict[int, tuple[str, float, dict[str, float]]]:
    """Read a ``.material`` file.

    Returns
    -------
    dict of int to (str, float, dict)
        Name, density in g/cm³ and mass fraction by element symbol, by organ number.

    Raises
    ------
    CtdoseError
        A line is not one of such a file, or there is no material.
    """
    cards: dict[int, tuple[str, float, dict[str, float]]] = {}
    title: tuple[str, float] | None = None
    fractions: dict[str, float] | None = None
    for line, text in enumerate(raw.decode("latin-1").splitlines(), start=1):
        text = text.strip()
        found = _FRACTION.match(text)
        if text[:1] in ("c", "C") or not text:
            title = (m[1], float(m[2])) if (m := _TITLE.match(text)) else title
            continue
        number = int(found[1]) if found and found[1] else None
        if number is not None and title is not None and number not in cards:
            fractions = {}
            cards[number] = (*title, fractions)
            title = None
        elif number is not None or fractions is None or not found:
            raise _card_fault(file, line, text)
        z = int(found[2]) // 1000 if found else 0
        if not found or not 1 <= z <= len(SYMBOLS) or fractions is None:
            raise _card_fault(file, line, text)
        fractions[SYMBOLS[z - 1]] = fractions.get(SYMBOLS[z - 1], 0.0) + float(found[3])
    if not cards:
        raise CtdoseError(f"{file}: (no material in it). Give a .material file, or a YAML table of organs.")
    return cards


def _card_fault(file: str, line: int, text: str) -> CtdoseError:
    right = "Write C name density g/cm3, then m and number, then 1000 times Z and minus the mass fraction"
    return CtdoseError(f"{file}:{line}: {one_line(text[:40])} (no line of a material card). {right}.")


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
