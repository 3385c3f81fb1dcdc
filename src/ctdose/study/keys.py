"""The keys of a study's file, generated from the models: a table, and a JSON Schema for editors."""

from __future__ import annotations

from typing import Any

from ctdose.schema_keys import Key, format_table, keys_of, schema_of
from ctdose.study.model import Study

HEADINGS = ("key", "type", "unit", "default", "range", "meaning")
_SPECIAL = {"base": "text or mapping", "change": "mapping", "grid": "mapping of lists"}


def study_keys() -> list[Key]:
    """All keys of a study's file, in the order of the file."""
    return list(keys_of(Study, _SPECIAL))


def rows_of_keys() -> list[tuple[str, ...]]:
    """Their cells, in the order of `HEADINGS`."""
    return [(key.path, key.type, key.unit, key.default, key.range, key.meaning) for key in study_keys()]


def key_table(form: str = "text") -> str:
    """Format the key table as ``text``, ``tsv`` or ``markdown``."""
    return format_table([HEADINGS, *rows_of_keys()], form)


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a study's file."""
    return schema_of(Study, "ctdose study")
