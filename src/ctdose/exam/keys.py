"""The keys of an exam's file, generated from the models: a table, and a JSON Schema for editors."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from ctdose.exam.model import Exam
from ctdose.schema_keys import format_table, keys_of, schema_of

HEADINGS = ("key", "type", "unit", "default", "range", "modes", "meaning")


@dataclass(frozen=True)
class KeyRow:
    """One key: its place, type, unit, default, range, scan modes and meaning, all as text."""

    key: str
    type: str
    unit: str
    default: str
    range: str
    modes: str
    meaning: str


def exam_keys() -> list[KeyRow]:
    """All keys of an exam's file, in the order of the file."""
    found = keys_of(Exam, MIXED | _SPECIAL)
    return [KeyRow(*key._replace(modes=", ".join(key.modes))) for key in found]  # type: ignore[arg-type]


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
    return format_table([HEADINGS, *(astuple(row) for row in exam_keys())], form)


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of an exam's file, for editors that complete and check YAML."""
    return schema_of(Exam, "ctdose exam")


MIXED = {
    "phantom": "text or mapping",
    "acquisitions[].modulation": "list or mapping",
    "acquisitions[].modulation.tube_current_ma": "list",
}

_SPECIAL = {
    "scan_range": "word or two numbers",
    "start_angle_deg": "averaged or number",
    "z_mm": "list",
    "angle_deg": "list",
    "isocentre_mm": "two numbers",
    "off_centre_mm": "two numbers",
    "window_percent": "two numbers",
    "start_phase_percent": "averaged or number",
    "exam_date": "date",
}
