"""The keys of a file of measurements, generated from the models: a table, and a JSON Schema for editors."""

from __future__ import annotations

from typing import Any

from ctdose.calibration.measurements import Measurements
from ctdose.schema_keys import format_table, keys_of, schema_of

HEADINGS = ("key", "type", "unit", "default", "range", "meaning")

_SPECIAL = {
    "fan_angle_deg": "list of numbers",
    "off_axis_mm": "list of numbers",
    "relative_air_kerma": "list of numbers",
}


def measurement_keys() -> list[tuple[str, ...]]:
    """All keys of a file of measurements, in the order of the file, each as `HEADINGS` says.

    The sections `geometry` and `collimations` have the keys that they have in a scanner's file, and the errors of one
    beam or profile those of the whole file: they are not repeated.
    """
    repeated = ("geometry.", "collimations.", "beams[].relative_errors.", "profiles[].relative_errors.")
    return [
        (key.path, key.type, key.unit, key.default, key.range, key.meaning)
        for key in keys_of(Measurements, _SPECIAL)
        if not key.path.startswith(repeated) and key.path != "collimations.beams[]"
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
    return format_table([HEADINGS, *measurement_keys()], form)


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a file of measurements, for editors that complete and check YAML."""
    return schema_of(Measurements, "ctdose measurements")
