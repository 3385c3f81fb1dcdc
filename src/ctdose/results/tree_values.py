"""Values of a tree that was read from a file, of the types they should have."""

from __future__ import annotations

from typing import Any

import numpy as np

from ctdose.results.hdf5_declared import Unfit
from ctdose.results.hdf5_tree import Tree
from ctdose.results.result_layout import TEXT, Columns


def number(tree: Tree, path: str, name: str, kind: type) -> Any:
    """An attribute of a given type (int, float or str)."""
    value = tree.attributes.get(path, {}).get(name)
    if kind is float and isinstance(value, int):
        return float(value)
    if not isinstance(value, kind):
        raise Unfit(f"{path}: {name} (missing, or not a {kind.__name__}). Use an undamaged copy.")
    return value


def array(tree: Tree, path: str) -> np.ndarray:
    """A dataset."""
    value = tree.datasets.get(path)
    if not isinstance(value, np.ndarray):
        raise Unfit(f"{path} (missing). Use an undamaged copy.")
    return value


def text_data(tree: Tree, path: str) -> str:
    """A dataset that is one text."""
    value = tree.datasets.get(path)
    if not isinstance(value, str):
        raise Unfit(f"{path} (missing). Use an undamaged copy.")
    return value


def decoded(column: np.ndarray) -> list[str]:
    """UTF-8 bytes as texts."""
    return [value.decode("utf-8") for value in column.tolist()]


def triple(tree: Tree, path: str, name: str) -> tuple[float, float, float]:
    """An attribute of three finite numbers."""
    value = tree.attributes.get(path, {}).get(name)
    if not isinstance(value, np.ndarray) or value.shape != (3,) or not np.isfinite(value).all():
        raise Unfit(f"{path}: {name} (missing, or not three lengths). Use an undamaged copy.")
    x, y, z = (float(each) for each in value)
    return x, y, z


def table_rows(tree: Tree, path: str, columns: Columns) -> list[dict[str, Any]]:
    """The columns that are named of a table, a mapping for each row."""
    data = array(tree, path)
    lists = [decoded(data[n]) if kind == TEXT else data[n].tolist() for n, (kind, _) in columns.items()]
    return [dict(zip(columns, row)) for row in zip(*lists)]
