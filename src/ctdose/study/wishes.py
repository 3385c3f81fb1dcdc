"""What a study asks for: its named variants and those of its grid, before they are exams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from ctdose.faults import KeyPath, value_text
from ctdose.study.change import NONE
from ctdose.study.model import Study

UNITS = {"kv": "kV", "ma": "mA", "mas": "mAs", "mm": "mm", "mgy": "mGy", "deg": "deg", "s": "s"}


@dataclass(frozen=True)
class Wish:
    """A variant before it is an exam.

    Parameters
    ----------
    name : str
    path : tuple of str and int
        Where the study's file asks for it.
    change : dict
        Keys of the exam and what they become.
    places : dict of str to tuple
        Of each changed key in the study's file.
    """

    name: str
    path: KeyPath
    change: dict[str, Any]
    places: dict[str, KeyPath]


def wishes_of(study: Study) -> list[Wish]:
    """Named variants first, then every combination of the grid."""
    return [*_named(study), *_combined(study)]


def _named(study: Study) -> Iterator[Wish]:
    for i, variant in enumerate(study.variants):
        path: KeyPath = ("variants", i)
        places: dict[str, KeyPath] = {name: (*path, "change", name) for name in variant.change}
        yield Wish(variant.name, path, variant.change, places)


def _combined(study: Study) -> Iterator[Wish]:
    grid = study.grid or {}
    places: dict[str, KeyPath] = {name: ("grid", name) for name in grid}
    for values in product(*grid.values()) if grid else ():
        change = dict(zip(grid, values, strict=True))
        name = ", ".join(label(key, value) for key, value in change.items())
        yield Wish(name, ("grid",), change, places)


def label(key: str, value: Any) -> str:
    """Short text for a value of a key: ``80 kV``, ``tin-0.4``, ``no filter``, ``pitch 1.2``."""
    last = key.rsplit(".", 1)[-1]
    text = value_text(value)
    if value is None or value == NONE:
        return f"no {last.replace('_', ' ')}"
    if last in ("filter", "bowtie", "scanner"):
        return text
    words = last.split("_")
    unit = UNITS.get(words[-1])
    if last == "tube_voltage_kv":
        return f"{text} kV"
    return f"{' '.join(words[:-1])} {text} {unit}" if unit else f"{' '.join(words)} {text}"
