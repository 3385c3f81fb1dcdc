"""The keys of a model and of those inside it, generated from their fields, and their JSON Schema."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ctdose.schema import extra_of, range_text
from ctdose.schema_faults import inner_model
from ctdose.yaml_writer import scalar_text

DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Key(NamedTuple):
    """One key of a file, all as text but the scan modes."""

    path: str
    type: str
    unit: str
    default: str
    range: str
    modes: tuple[str, ...]
    meaning: str


def keys_of(model: type[BaseModel], special: Mapping[str, str], place: str = "") -> Iterator[Key]:
    """Give the keys of a model and of the models inside it, in the order of the file.

    Parameters
    ----------
    model : type
    special : mapping of str to str
        Types of keys, by their path or name, that their annotation does not tell.
    place : str
        Path of the model with a dot at its end. ``[]`` ends a list, ``.NAME`` a mapping whose keys the user chooses.
    """
    for name, field in model.model_fields.items():
        extra, inner = extra_of(field), inner_model(field)
        many = "" if inner is None else "[]" if _is(field, list) else ".NAME" if _is(field, dict) else ""
        path = f"{place}{name}{many}"
        meaning = field.description or ""
        if extra.get("later"):
            meaning = f"{meaning}. Not available in this version. {extra['right']}"
        kind = special.get(path) or special.get(name) or _kind(field, inner, many)
        modes = tuple(extra.get("modes", ()))
        yield Key(
            path, kind, extra.get("unit", ""), _default(field, inner), range_text(field), modes, meaning
        )
        if inner is not None:
            yield from keys_of(inner, special, f"{path}.")


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a file, for editors that complete and check YAML."""
    schema = model.model_json_schema()
    schema["$schema"] = DRAFT
    schema["title"] = title
    _tidy(schema)
    text = json.dumps(schema)  # a schema that cannot be written is found here, not by an editor
    return dict(json.loads(text))


def _tidy(node: Any) -> None:
    """Remove our own annotations but the unit, which editors show with the description."""
    if isinstance(node, dict):
        if "modes" in node and "right" in node:
            unit = node.pop("unit", "")
            for name in ("modes", "right", "example", "later", "elsewhere"):
                node.pop(name, None)
            if unit:
                node["description"] = f"{node.get('description', '')} ({unit})".strip()
        for item in node.values():
            _tidy(item)
    elif isinstance(node, list):
        for item in node:
            _tidy(item)


def _is(field: FieldInfo, kind: type) -> bool:
    return f"{kind.__name__}[" in str(field.annotation)


def _kind(field: FieldInfo, inner: type[BaseModel] | None, many: str) -> str:
    if inner is not None:
        return {"[]": "list of mappings", ".NAME": "mapping, by name"}.get(many, "mapping")
    if extra_of(field).get("later"):
        return "—"
    return " or ".join(_words(field.annotation)) or "text"


def _default(field: FieldInfo, inner: type[BaseModel] | None) -> str:
    if field.is_required():
        return "required"
    if inner is not None and field.default_factory is not None and not (_is(field, dict) or _is(field, list)):
        return "its keys' own"
    default = field.get_default(call_default_factory=True)
    if default is None or default == {}:
        return ""
    return "[]" if default in ((), []) else scalar_text(default)


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
