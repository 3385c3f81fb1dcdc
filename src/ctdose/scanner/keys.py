"""The keys of a scanner's file, generated from the models: a table, and a JSON Schema for editors."""

from __future__ import annotations

from typing import Any

from ctdose.scanner.model import Scanner
from ctdose.schema_keys import format_table, keys_of, schema_of

HEADINGS = ("key", "type", "unit", "default", "range", "meaning")

_SPECIAL = {
    "inherent_filtration_mm": "material: number",
    "filters.NAME.thickness_mm": "material: number",
    "bowties.NAME.table_deg_mm": "list of pairs",
    "output.tables[].ctdi_w_mgy_per_100mas": "list of pairs",
    "tube.voltages_kv": "list of numbers",
    "rotation_times_s": "list of numbers",
    "second_tube.bowties": "list of names",
    "second_tube.filters": "list of names",
}


def scanner_keys() -> list[tuple[str, ...]]:
    """All keys of a scanner's file, in the order of the file, each as `HEADINGS` says."""
    return [
        (key.path, key.type, key.unit, key.default, key.range, key.meaning)
        for key in keys_of(Scanner, _SPECIAL)
    ]


def key_table(form: str = "text") -> str:
    """Format the key table.

    Parameters
    ----------
    form : str
        ``text``, ``tsv`` or ``markdown``.

    Raises
    ------
    ValueError
        Another form.
    """
    return format_table([HEADINGS, *scanner_keys()], form)


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scanner's file, for editors that complete and check YAML."""
    return schema_of(Scanner, "ctdose scanner")
