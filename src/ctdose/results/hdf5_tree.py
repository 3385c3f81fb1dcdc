"""What goes into an HDF5 file and comes out of it: groups, datasets and attributes by path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

Scalar = str | int | float
Value = Scalar | np.ndarray
HDF5_OWN = frozenset({"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"})
"""Attributes by which HDF5 keeps dimension scales; they hold references, say nothing of their own, are not read."""


@dataclass(frozen=True)
class Stream:
    """An array that is made piece by piece while it is written, so that it never takes memory as a whole.

    Parameters
    ----------
    dtype : numpy.dtype
    shape : tuple of int
    pieces : callable
        Gives its parts along the first axis, in order.
    """

    dtype: np.dtype
    shape: tuple[int, ...]
    pieces: Callable[[], Iterable[np.ndarray]]


@dataclass
class Tree:
    """The content of a file, in memory.

    Attributes
    ----------
    attributes : dict
        By path of a group or dataset (``/`` for the root), then by name. Every group has an entry.
    datasets : dict
        By path: a text, or an array. Texts in arrays and columns are UTF-8 bytes (dtype S).
    scales : dict
        By path of a dataset: the paths of its dimension scales. Only for writing.
    streams : dict
        Further datasets, by path. Only for writing, not compressed.
    """

    attributes: dict[str, dict[str, Value]] = field(default_factory=lambda: {"/": {}})
    datasets: dict[str, str | np.ndarray] = field(default_factory=dict)
    scales: dict[str, tuple[str, ...]] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)

    def group(self, path: str, attributes: Mapping[str, Value | None] | None = None) -> None:
        """Add a group and those attributes that are not None."""
        own = self.attributes.setdefault(path, {})
        own.update({name: value for name, value in (attributes or {}).items() if value is not None})

    def children(self, path: str) -> list[str]:
        """Paths of the groups directly below a group, numbers in their own order."""
        prefix = path.rstrip("/") + "/"
        groups = (p for p in self.attributes if p.startswith(prefix) and p not in self.datasets)
        own = [p for p in groups if p != "/" and "/" not in p[len(prefix) :]]
        return sorted(
            own, key=lambda p: (0, int(p[len(prefix) :]), p) if p[len(prefix) :].isdecimal() else (1, 0, p)
        )


def texts(values: Iterable[str]) -> np.ndarray:
    """Texts as an array of UTF-8 bytes, each as long as the longest: what MATLAB, R and HDFView all read."""
    encoded = [value.encode("utf-8") for value in values]
    return np.array(encoded, dtype="S") if encoded else np.empty(0, "S1")


def table(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Join columns of equal length into a compound array."""
    rows = len(next(iter(columns.values())))
    result = np.empty(rows, [(name, column.dtype) for name, column in columns.items()])
    for name, column in columns.items():
        result[name] = column
    return result


def quoted(name: str) -> str:
    """Name of a link in an HDF5 file, which cannot hold a slash: percent signs, slashes and lone dots encoded."""
    safe = name.replace("%", "%25").replace("/", "%2F")
    return safe.replace(".", "%2E") if not safe.strip(".") else safe
