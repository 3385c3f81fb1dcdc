"""Faults of a user's file, one line each: ``file:line: key=value (why it is wrong). What would be right.``"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ctdose.errors import CtdoseError

KeyPath = tuple[str | int, ...]
LONGEST_VALUE = 60


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""Stands for "no value to show": a missing key, or a fault of the file as a whole."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file.

    Parameters
    ----------
    path : tuple of str and int
        Keys and list indices that lead to the place, ``("acquisitions", 0, "pitch")``; empty for the file.
    value : object
        What stands there, or `ABSENT`.
    why : str
        Why it is wrong, without a full stop.
    right : str
        What would be right: one or more sentences.
    line : int, optional
        Line in the file, from 1.
    """

    path: KeyPath
    value: Any
    why: str
    right: str
    line: int | None = None

    def text(self, file: str) -> str:
        """Format the fault as one line.

        Parameters
        ----------
        file : str
            The file's name as the user gave it.
        """
        place = f"{file}:{self.line}" if self.line else file
        key = key_text(self.path)
        shown = key if self.value is ABSENT else f"{key}={value_text(self.value)}"
        return one_line(f"{place}: {shown} ({self.why}). {self.right}".replace(":  (", ": ("))


class FileFaults(CtdoseError):
    """All faults of one file; its text is one line for each, in the order of the file.

    Parameters
    ----------
    file : str
        The file's name as the user gave it.
    faults : iterable of Fault
        At least one.
    """

    def __init__(self, file: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        unique = dict.fromkeys((fault.text(file), fault.line or 0) for fault in self.faults)
        lines = [text for text, _ in sorted(unique, key=lambda item: item[1])]
        super().__init__("\n".join(lines))
        self.file = file
        self.lines = tuple(lines)


def key_text(path: KeyPath) -> str:
    """Name the last key of a path, with its list index if it is an element: ``scan_range[0]``."""
    names = [i for i, part in enumerate(path) if isinstance(part, str)]
    if not names:
        return "".join(f"[{part}]" for part in path)
    last = names[-1]
    return shortened(str(path[last])) + "".join(f"[{part}]" for part in path[last + 1 :])


def value_text(value: Any) -> str:
    """Show a value as YAML would, shortened."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: {value_text(item)}" for key, item in list(value.items())[:4]) + "}"
    elif isinstance(value, list | tuple):
        text = (
            "[" + ", ".join(value_text(item) for item in value[:6]) + (", …" if len(value) > 6 else "") + "]"
        )
    elif isinstance(value, float):
        text = _number_text(value)
    elif isinstance(value, str):
        text = value if value.strip() else repr(value)
    else:
        text = str(value)
    return shortened(one_line(text))


def one_line(text: str) -> str:
    """Replace whatever would break a line or a terminal: control characters, line separators."""
    return "".join(char if char.isprintable() else ("?" if not char.isspace() else " ") for char in text)


def shortened(text: str, most: int = LONGEST_VALUE) -> str:
    """Cut a text that is too long for a message."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _number_text(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}[str(value)]
    return f"{value:.10g}"
