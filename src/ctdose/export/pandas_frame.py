"""The tables of a result as a DataFrame of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdose.errors import CtdoseError, MissingExtraError, nearest
from ctdose.export.organ_records import TABLES, columns_of, provenance, records
from ctdose.results.result import Result

if TYPE_CHECKING:
    import pandas as pd

DTYPES = {"str": "str", "int": "int64", "float": "float64", "bool": "bool"}


def to_pandas(result: Result, table: str = "organs") -> pd.DataFrame:
    """Make a DataFrame of a table of a result.

    Parameters
    ----------
    result : Result
    table : str
        ``organs``: a row for each organ and body, after those of the mean over the bodies. ``acquisitions``: dose
        indices, a row for each acquisition and body.

    Returns
    -------
    pandas.DataFrame
        Units stand in the names of the columns; what is not known is NaN. `attrs` says which exam it was, and
        which versions computed it.

    Raises
    ------
    MissingExtraError
        pandas is not installed.
    CtdoseError
        There is no such table.
    """
    try:
        import pandas as pd
    except ModuleNotFoundError:
        raise MissingExtraError("A DataFrame", "pandas") from None
    if table not in TABLES:
        raise CtdoseError(f"table={table!r} (no table of a result). {nearest(table, TABLES)}")
    rows = records(result, table)
    columns = {
        name: pd.Series([getattr(row, name) for row in rows], dtype=DTYPES[kind])
        for name, kind in columns_of(table).items()
    }
    frame = pd.DataFrame(columns)
    frame.attrs.update(provenance(result))
    return frame
