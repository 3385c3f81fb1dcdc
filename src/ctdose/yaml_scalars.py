"""Scalars as YAML 1.2 means them (core schema, https://yaml.org/spec/1.2.2/#103-core-schema).

`1e7` is a number, `0120` is 120, `on` and `yes` are text. Beyond the schema, digits may be grouped: `10_000_000`.
"""

from __future__ import annotations

import re
from unicodedata import category

MAX_SCALAR = 4000  # keeps int() away from its limit, and from its quadratic conversion
_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_INTEGER = re.compile(rf"[-+]?{_DIGITS}\Z")
_OCTAL_OR_HEX = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(rf"[-+]?(?:\.{_DIGITS}|{_DIGITS}(?:\.(?:{_DIGITS})?)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z")
_WORDS: dict[str, bool | float | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WORDS |= {".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan")}


def plain_scalar(text: str) -> str | int | float | bool | None:
    """Resolve a scalar that stands without quotes.

    Parameters
    ----------
    text : str
        As written.

    Returns
    -------
    str, int, float, bool or None
        Text for whatever is not a number, a boolean or null.
    """
    if len(text) > MAX_SCALAR:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _OCTAL_OR_HEX.match(text):
        return int(text, 0)
    if _FLOAT.match(text):
        return float(text)
    if _INFINITY.match(text):
        return float("-inf") if text.startswith("-") else float("inf")
    return text


CONTROL_CHARACTER = ("a control character", "Remove it: only text belongs here.")
"""Why such a text is wrong, and what would be right."""
UNFIT = frozenset({"Cc", "Cs"})  # Unicode's control characters, and halves of surrogate pairs


def holds_control_character(text: str) -> bool:
    """Whether a text holds what neither an HDF5 file nor a terminal should be given; line ends and tabs may be."""
    return any(category(char) in UNFIT and char not in "\n\r\t" for char in text)
