"""Parquet: a table of a result with its types, and where it came from."""

from __future__ import annotations

import io
import math
from typing import Any

from ctdose.errors import MissingExtraError
from ctdose.export.organ_records import columns_of, provenance, records
from ctdose.results.result import Result

PREFIX = "ctdose."


def parquet_bytes(result: Result, table: str, body: str | None = None) -> bytes:
    """Make a Parquet file of a table of `organ_records.records`.

    Numbers are float64 or int64, what is not known is null, texts stay as they are: no program takes them for
    formulas. The file's metadata holds `provenance`, each key with `PREFIX`.

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
    types = {
        "str": pa.string(),
        "int": pa.int64(),
        "float": pa.float64(),
        "bool": pa.bool_(),
    }
    columns = columns_of(table)
    metadata = {PREFIX + name: value for name, value in provenance(result).items()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()], metadata=metadata)
    rows = records(result, table, body)
    values = {name: [_known(getattr(row, name)) for row in rows] for name in columns}
    out = io.BytesIO()
    parquet.write_table(pa.table(values, schema=schema), out)
    return out.getvalue()


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
