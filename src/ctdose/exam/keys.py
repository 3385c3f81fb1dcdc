"""The keys of an exam's file, generated from the models: a table, and a JSON Schema for editors."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ctdose.exam.model import Exam
from ctdose.schema import extra_of, range_text
from ctdose.schema_faults import inner_model
from ctdose.yaml_writer import scalar_text

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
    return list(_rows(Exam, ""))


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
    rows = [HEADINGS, *(astuple(row) for row in exam_keys())]
    if form == "tsv":
        return "\n".join("\t".join(row) for row in rows) + "\n"
    if form == "markdown":
        cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
        cells.insert(1, ["---"] * len(HEADINGS))
        return "\n".join(f"| {' | '.join(row)} |" for row in cells) + "\n"
    if form != "text":
        raise ValueError(f"form={form} (unknown). Use text, tsv or markdown.")
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    return (
        "\n".join("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)
        + "\n"
    )


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of an exam's file, for editors that complete and check YAML."""
    schema = Exam.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "ctdose exam"
    _tidy(schema)
    text = json.dumps(schema)  # a schema that cannot be written is found here, not by an editor
    return dict(json.loads(text))


def _tidy(node: Any) -> None:
    """Remove our own annotations but the unit, which editors show with the description."""
    if isinstance(node, dict):
        if "modes" in node and "right" in node:
            unit = node.pop("unit", "")
            for name in ("modes", "right", "example", "later"):
                node.pop(name, None)
            if unit:
                node["description"] = f"{node.get('description', '')} ({unit})".strip()
        for item in node.values():
            _tidy(item)
    elif isinstance(node, list):
        for item in node:
            _tidy(item)


def _rows(model: type[BaseModel], place: str) -> Iterator[KeyRow]:
    for name, field in model.model_fields.items():
        extra = extra_of(field)
        inner = inner_model(field)
        is_list = "list" in str(field.annotation) and inner is not None
        key = f"{place}{name}" + ("[]" if is_list else "")
        meaning = field.description or ""
        if extra.get("later"):
            meaning = f"{meaning}. Not available in this version. {extra['right']}"
        kind = "list of mappings" if is_list else "mapping" if inner is not None else _type_text(name, field)
        kind = MIXED.get(key, kind)
        modes = ", ".join(extra.get("modes", []))
        yield KeyRow(
            key, kind, extra.get("unit", ""), _default(field, inner), range_text(field), modes, meaning
        )
        if inner is not None:
            yield from _rows(inner, f"{key}.")


def _default(field: FieldInfo, inner: type[BaseModel] | None) -> str:
    if field.is_required():
        return "required"
    if inner is not None and field.default_factory is not None:
        return "its keys' own"
    default = field.get_default(call_default_factory=True)
    return "" if default is None else "[]" if default == () else scalar_text(default)


MIXED = {"phantom": "text or mapping", "acquisitions[].modulation": "list or mapping"}

_SPECIAL = {
    "scan_range": "word or two numbers",
    "start_angle_deg": "averaged or number",
    "z_mm": "list",
    "angle_deg": "list",
    "isocentre_mm": "two numbers",
    "off_centre_mm": "two numbers",
    "exam_date": "date",
}


def _type_text(name: str, field: FieldInfo) -> str:
    if extra_of(field).get("later"):
        return "—"
    return _SPECIAL.get(name) or " or ".join(_words(field.annotation)) or "text"


def _words(annotation: Any) -> Iterator[str]:
    if typing.get_origin(annotation) is typing.Literal:
        yield " | ".join(str(item) for item in typing.get_args(annotation))
    elif typing.get_origin(annotation) is typing.Annotated:
        yield from _words(typing.get_args(annotation)[0])
    elif isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        for item in typing.get_args(annotation):
            yield from _words(item)
    elif annotation in (int, float, bool, str):
        yield {int: "whole number", float: "number", bool: "true | false", str: "text"}[annotation]
