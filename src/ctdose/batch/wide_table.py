"""A table whose rows need not have the same columns: as CSV and as Parquet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ctdose.errors import MissingExtraError
from ctdose.results.tables import harmless

Cell = str | int | float | bool | None
Cells = Mapping[str, Cell]


def columns_of(rows: Sequence[Cells]) -> list[str]:
    """All columns; each stands behind the one that it follows in the row that has it first."""
    columns: list[str] = []
    known: set[str] = set()
    for row in rows:
        if known.issuperset(row):  # of thousands of rows almost all
            continue
        known.update(row)
        place = 0
        for name in row:
            if name in columns:
                place = columns.index(name) + 1
            else:
                columns.insert(place, name)
                place += 1
    return columns


def wide_csv(rows: Sequence[Cells]) -> bytes:
    """CSV (RFC 4180, UTF-8); what a row does not have stays empty, texts cannot become formulas."""
    columns = columns_of(rows)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(name) for name in columns])
    writer.writerows([harmless(row.get(name)) for name in columns] for row in rows)
    return out.getvalue().encode("utf-8")


def wide_parquet(rows: Sequence[Cells]) -> bytes:
    """Parquet: float64, int64, boolean and text columns; what a row does not have, and NaN, is null.

    Raises
    ------
    MissingExtraError
        pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise MissingExtraError("Parquet", "parquet") from None
    arrays = {}
    for name in columns_of(rows):
        cells = [_known(row.get(name)) for row in rows]
        arrays[name] = pa.array(cells, type=_type_of(cells, pa))
    out = io.BytesIO()
    parquet.write_table(pa.table(arrays), out)
    return out.getvalue()


def _known(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and math.isnan(cell) else cell


def _type_of(cells: Sequence[Cell], pa: Any) -> Any:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    return pa.float64() if kinds and kinds <= {int, float} else pa.string()
