"""Values typed for one of several acquisitions: ``VALUE`` for all, ``2=VALUE`` for the second."""

from __future__ import annotations

from typing import Any

from ctdose.cli.typed_numbers import parse_number
from ctdose.errors import CtdoseError

MOST = 1000


def word_values(name: str, typed: list[str] | None) -> dict[int, Any]:
    """Words by number of the acquisition; 0: for all.

    Raises
    ------
    CtdoseError
        A number is none, or an acquisition is given twice.
    """
    found: dict[int, Any] = {}
    for text in typed or []:
        before, mark, after = text.rpartition("=")
        number = _acquisition(name, text, before) if mark else 0
        if number in found:
            raise CtdoseError(f"{name}={text} (a second value for the same acquisition). Give one.")
        if not after.strip():
            raise CtdoseError(
                f"{name}={text} (no value). Write VALUE for all acquisitions, or N=VALUE for one."
            )
        found[number] = after.strip()
    return found


def number_values(name: str, typed: list[str] | None, low: float, high: float) -> dict[int, Any]:
    """Numbers by number of the acquisition; whole ones of `ctdi_phantom_cm`."""
    example = (
        "For example 32." if name == "ctdi_phantom_cm" else "Write a number, or N=NUMBER for one acquisition."
    )
    found = {}
    for number, text in word_values(name, typed).items():
        value = parse_number(name, text, low, high, example)
        if value <= 0 <= low:
            raise CtdoseError(f"{name}={text} (must be above 0). {example}")
        if name == "ctdi_phantom_cm" and value not in (16, 32):
            raise CtdoseError(f"{name}={text} (no CTDI phantom). Write 16 (head, children) or 32 (body).")
        found[number] = int(value) if name == "ctdi_phantom_cm" else value
    return found


def range_values(name: str, typed: list[str] | None) -> dict[int, Any]:
    """Regions, or pairs of z in mm, by number of the acquisition."""
    return {number: _range(name, text) for number, text in word_values(name, typed).items()}


def whole_numbers(name: str, typed: str | None) -> tuple[int, ...]:
    """Numbers of acquisitions, typed as 1,3."""
    return tuple(_acquisition(name, typed, part) for part in typed.split(",")) if typed is not None else ()


def _range(name: str, text: str) -> Any:
    if "," not in text:
        return text
    parts = text.split(",")
    example = "Write a region such as chest, or z_start,z_end in mm such as -150,180."
    if len(parts) != 2:
        raise CtdoseError(f"{name}={text} (not two numbers). {example}")
    return [parse_number(name, part, -1e4, 1e4, example) for part in parts]


def _acquisition(name: str, text: str, typed: str) -> int:
    if not typed.strip().isdecimal() or not 1 <= int(typed) <= MOST:
        right = "Write the number of the acquisition in the table of ctdose exam from-dicom."
        raise CtdoseError(f"{name}={text} (no number of an acquisition). {right}")
    return int(typed)
