"""The content of a structured report: its items in order, their numbers in known units, their codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.exam.dicom.codes import codes
from ctdose.exam.dicom.element import code, finite, items, raw

REPORT = "dose report"
MOST_ITEMS = 200_000
DEEPEST = 30
# Units as makers write them: one dot or none.
UNITS = {
    "mgy.cm": "mGy.cm",
    "mgycm": "mGy.cm",
    "mgy*cm": "mGy.cm",
    "mgy": "mGy",
    "mm": "mm",
    "s": "s",
    "ms": "ms",
}
UNITS |= {"cm": "cm", "kv": "kV", "ma": "mA"}
FACTORS = {("ms", "s"): 1e-3, ("cm", "mm"): 10.0}
LIMITS = {"s": 1e6, "mm": 1e4, "mGy": 1e4, "mGy.cm": 1e6, "kV": 200.0, "mA": 5000.0, "{ratio}": 50.0}


@dataclass(frozen=True)
class Item:
    """A content item: its depth in the tree, concept code and data set."""

    depth: int
    concept: str
    data: Any


def walk(data: Any) -> Iterator[Item]:
    """All content items, parents first; a report nested or long beyond reason is refused."""
    stack: list[tuple[int, Any]] = [(0, data)]
    count = 0
    while stack:
        depth, node = stack.pop()
        count += 1
        if depth > DEEPEST or count > MOST_ITEMS:
            raise CtdoseError("dose report (nested too deeply or too long). Is it damaged?")
        if depth:
            yield Item(depth, code(node, "ConceptNameCodeSequence"), node)
        stack += [(depth + 1, child) for child in reversed(items(node, "ContentSequence"))]


def below(everything: list[Item], i: int) -> list[Item]:
    """Items below one, at any depth."""
    end = next((j for j in range(i + 1, len(everything)) if everything[j].depth <= everything[i].depth), None)
    return everything[i + 1 : end]


def numbers(content: list[Item], name: str) -> list[float]:
    """Values of a concept in its own unit.

    Raises
    ------
    CtdoseError
        A value is no number, negative, or beyond what a CT scanner can mean.
    """
    concept = codes()["concepts"][name]
    values = []
    for item in content:
        measured = items(item.data, "MeasuredValueSequence")
        if item.concept != concept["code"] or not measured:
            continue
        value, unit = finite(raw(measured[0], "NumericValue")), concept["unit"]
        if value is None or (value < 0 and not name.endswith("z_mm")) or abs(value) > LIMITS.get(unit, 1e6):
            what = f"dose report {concept['code']} {concept['name']}"
            raise CtdoseError(f"{what} (not a number that a CT scanner can mean). Is the report damaged?")
        stated = UNITS.get(code(measured[0], "MeasurementUnitsCodeSequence").lower(), "")
        if unit in LIMITS and stated and stated != unit and unit != "{ratio}":
            factor = FACTORS.get((stated, unit))
            if factor is None:
                what = f"dose report {concept['code']} {concept['name']}"
                raise CtdoseError(f"{what} (in {stated}, not {unit}). Is the report damaged?")
            value *= factor
        values.append(value)
    return values


def origin_of(name: str) -> str:
    """How the exam names the place of a concept's value."""
    concept = codes()["concepts"][name]
    return f"{REPORT} {concept['code']} {concept['name']}"


def code_of(content: list[Item], name: str) -> str:
    """Code value of a concept, empty if it is absent."""
    wanted = codes()["concepts"][name]["code"]
    return next((code(item.data, "ConceptCodeSequence") for item in content if item.concept == wanted), "")


def plain_number(content: list[Item], concept: str) -> float | None:
    """First number of a concept code in whatever unit, None if there is none."""
    for item in content:
        measured = items(item.data, "MeasuredValueSequence")
        if item.concept == concept and measured:
            return finite(raw(measured[0], "NumericValue"))
    return None
