"""Plain data to YAML that `yaml_reader` reads back, with a comment beside each value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ctdose.faults import KeyPath
from ctdose.yaml_scalars import plain_scalar

COMMENT_COLUMN = 44
_INDICATORS = set("-?:,[]{}#&*!|>'\"%@`")


def write_yaml(data: Mapping[str, Any], comments: Mapping[KeyPath, str] | None = None) -> str:
    """Write mappings, lists and scalars as YAML.

    Parameters
    ----------
    data : mapping
        Text keys; values are mappings, lists, text, numbers, booleans, None.
    comments : mapping, optional
        Comment for each key path, written after its value.

    Returns
    -------
    str
    """
    return "\n".join(_mapping(data, (), 0, comments or {})) + "\n"


def _mapping(
    data: Mapping[str, Any], path: KeyPath, indent: int, comments: Mapping[KeyPath, str]
) -> Iterator[str]:
    for name, value in data.items():
        here = (*path, name)
        start = " " * indent + scalar_text(name) + ":"
        if isinstance(value, Mapping) and value:
            yield _commented(start, comments.get(here))
            yield from _mapping(value, here, indent + 2, comments)
        elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
            yield _commented(start, comments.get(here))
            for i, item in enumerate(value):
                lines = list(_mapping(item, (*here, i), indent + 4, comments))
                lines[0] = " " * (indent + 2) + "- " + lines[0].lstrip()
                yield from lines
        else:
            yield _commented(f"{start} {_flow(value)}", comments.get(here))


def _commented(line: str, comment: str | None) -> str:
    return f"{line:<{COMMENT_COLUMN - 1}} # {comment}" if comment else line


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar_text(name)}: {_flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return scalar_text(value)


def scalar_text(value: Any) -> str:
    """Write one scalar so that it is read back as the same value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    plain = text == text.strip() and text.isprintable() and plain_scalar(text) == text and len(text) < 200
    unsafe = (
        not text
        or text[0] in _INDICATORS
        or any(mark in text for mark in (": ", " #", ",", "[", "]", "{", "}"))
    )
    if plain and not unsafe and not text.endswith(":"):
        return text
    return json.dumps(text, ensure_ascii=False)
