"""What a variant changes in the mapping of its base exam."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ctdose.errors import nearest
from ctdose.exam.acquisition import OUTPUTS, Acquisition
from ctdose.exam.model import Exam
from ctdose.faults import KeyPath

NONE = "none"
CHANGEABLE = ("scanner", "acquisitions", "isocentre_mm", "off_centre_mm", "table")
EXCLUSIVE = (OUTPUTS, ("isocentre_mm", "off_centre_mm"))
"""Of these keys the one that is written replaces the others."""


class Unchangeable(Exception):
    """Why a key cannot be changed, and what would be right."""

    def __init__(self, why: str, right: str) -> None:
        super().__init__(why)
        self.why, self.right = why, right


@dataclass(frozen=True)
class Set:
    """One value that is set in the exam, and the keys of the change that said so."""

    path: KeyPath
    value: Any
    said: KeyPath


def sets_of(change: dict[str, Any], acquisitions: int) -> list[Set]:
    """Take a change apart into single values.

    Parameters
    ----------
    change : dict
    acquisitions : int
        Of the base.

    Raises
    ------
    Unchangeable
        A key is unknown, or a variant in it could not be compared.
    """
    found: list[Set] = []
    for name, value in change.items():
        for path in _paths(str(name), acquisitions):
            found += _leaves(path, value, (name,))
    for each in found:
        if each.path[0] == "acquisitions" and len(each.path) > 1 and each.path[1] not in range(acquisitions):
            right = "Change those it has: their order is that of the base."
            raise Unchangeable(f"the base has {acquisitions} acquisition{'s' * (acquisitions > 1)}", right)
    return found


def changed(base: dict[str, Any], sets: list[Set]) -> dict[str, Any]:
    """A copy of the base in which the values are set; none and null remove a key.

    A way to state the output (`tube_current_ma`, `effective_mas`, …) replaces the one of the base.

    Raises
    ------
    Unchangeable
        The key is inside a list of words, or a list has no such place.
    """
    data = deepcopy(base)
    kept = {each.path for each in sets}
    for each in sets:
        place, name = _holder(data, each), each.path[-1]
        for group in EXCLUSIVE:
            if name in group and each.value is not None:
                for other in group:
                    if (*each.path[:-1], other) not in kept:
                        place.pop(other, None)
        if isinstance(place, dict) and _removes(each):
            place.pop(name, None)
        else:
            place[name] = each.value
    return data


def _holder(data: dict[str, Any], each: Set) -> Any:
    """The mapping or list in which a value is set; where there is none, or an empty list, a mapping is made."""
    place: Any = data
    for depth, (part, inner) in enumerate(pairwise(each.path)):
        _check_place(place, each.path, depth)
        wanted = list if isinstance(inner, int) else dict
        if isinstance(place, dict) and not isinstance(place.get(part), wanted):
            if isinstance(place.get(part), list) and place[part]:
                right = f"Set the whole of it, for example {part}: {{{inner}: …}}."
                raise Unchangeable(f"{part} is a list, which has no key {inner}", right)
            place[part] = wanted()
        place = place[part]
    _check_place(place, each.path, len(each.path) - 1)
    return place


def _check_place(place: Any, path: KeyPath, depth: int) -> None:
    if isinstance(place, list) and path[depth] not in range(len(place)):
        many = f"{len(place)} value{'s' * (len(place) != 1)}, counted from 0"
        owner = ".".join(str(part) for part in path[:depth])
        raise Unchangeable(f"{owner} has {many}", "Change one of them, or write the whole list.")


def _removes(each: Set) -> bool:
    return each.value is None or (each.value == NONE and each.path[-1] in ("filter", "focal_spot"))


def _paths(name: str, acquisitions: int) -> list[KeyPath]:
    parts: KeyPath = tuple(int(part) if part.isdecimal() else part for part in name.split("."))
    first = str(parts[0])
    if first in CHANGEABLE:
        return [parts]
    if first in Exam.model_fields:
        why = "a variant in this key cannot be compared with the base"
        if first == "phantom":
            why = "organs of another body cannot be compared with those of the base"
        if first == "simulation":
            why = "all variants are simulated alike"
        raise Unchangeable(why, "Change what is set at the scanner; for another body write another study.")
    if first in Acquisition.model_fields:
        if first == "name":
            raise Unchangeable("acquisitions keep their names", "Leave it out.")
        return [("acquisitions", i, *parts) for i in range(acquisitions)]
    known = [*CHANGEABLE, *Acquisition.model_fields]
    raise Unchangeable("unknown key of an exam", nearest(first, known))


def _leaves(path: KeyPath, value: Any, said: KeyPath) -> Iterator[Set]:
    """Go into `acquisitions` and their mappings; any other value is set as a whole."""
    if path == ("acquisitions",):
        right = "Write a list with what changes in each, for example acquisitions: [{tube_voltage_kv: 100}]."
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Unchangeable("must be a list of mappings", right)
        for i, item in enumerate(value):
            for name, inner in item.items():
                yield Set((*path, i, name), inner, (*said, i, name))
    elif len(path) == 2 and path[0] == "acquisitions":
        right = "Write acquisitions.0.tube_voltage_kv: 100."
        raise Unchangeable("names an acquisition and none of its keys", right)
    else:
        yield Set(path, value, said)
