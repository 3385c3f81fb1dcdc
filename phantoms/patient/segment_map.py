"""Which organ a segment of a DICOM SEG is: by the user's word, by its label, by its coded concept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.label_map import LabelMap
from ctdose.phantoms.patient.labelled_organ import IGNORED, KINDS, plain_words
from ctdose.yaml_reader import parse_yaml

SHIPPED = "segment_codes.yaml"
Concept = tuple[str, str]
"""Coding scheme and code value."""


@dataclass(frozen=True)
class Segment:
    """What a DICOM SEG says of a segment.

    Parameters
    ----------
    number : int
    label : str
        Never quoted: a free text.
    concepts : tuple of (str, str)
        Coded concepts, the one that says most first: property type, or anatomic region where the type is general.
    sides : frozenset of str
        ``left``, ``right``, as modifiers tell.
    """

    number: int
    label: str
    concepts: tuple[Concept, ...]
    sides: frozenset[str]


@cache
def read_codes() -> dict[str, Any]:
    """The table of codes, data/segment_codes.yaml."""
    raw = resources.files("ctdose.phantoms.data").joinpath(SHIPPED).read_bytes()
    return parse_yaml(raw, SHIPPED).data


def organ_of_segment(
    segment: Segment, label_map: LabelMap, same: Callable[[Concept, Concept], bool], file: str
) -> str | None:
    """The organ that a segment is.

    Parameters
    ----------
    segment : Segment
    label_map : LabelMap
    same : callable
        Whether two coded concepts are the same, be it in an older scheme of codes.
    file : str
        For the message.

    Returns
    -------
    str or None
        `IGNORED`: as if it were not there. None: unknown.

    Raises
    ------
    CtdoseError
        Label and code are of two organs.
    """
    said = _by_user(segment, label_map.of_segment, same)
    if said is not None:
        return said
    by_label, by_code = _by_label(segment.label, label_map), _by_code(segment, same)
    if by_label is not None and by_code is not None and by_label != by_code:
        raise CtdoseError(
            f"{file}: segment={segment.number} ({by_label} by its label, {by_code} by its code). "
            "Say in --label-map, under segments, which it is."
        )
    return by_label or by_code


def _by_user(
    segment: Segment, said: Mapping[str, str], same: Callable[[Concept, Concept], bool]
) -> str | None:
    for key in (str(segment.number), plain_words(segment.label)):
        if key in said:
            return said[key]
    sided = [f"_{side}" for side in sorted(segment.sides)] if len(segment.sides) == 1 else []
    for ending in (*sided, ""):
        for key, organ in said.items():
            scheme, colon, value = key.removesuffix(ending).partition(":")
            if (
                colon
                and key.endswith(ending)
                and any(same((scheme.upper(), value.upper()), each) for each in segment.concepts)
            ):
                return organ
    return None


def _by_label(label: str, label_map: LabelMap) -> str | None:
    word = plain_words(label)
    for name, organ in label_map.classes.items():
        if plain_words(name) == word:
            return organ
    known = label_map.organs.get(word)
    return word if known is not None and known.kind in KINDS else None


def _by_code(segment: Segment, same: Callable[[Concept, Concept], bool]) -> str | None:
    table = read_codes()
    for concept in segment.concepts:
        for row in table["codes"]:
            if same((table["scheme"], row["code"]), concept):
                side = next(iter(segment.sides)) if len(segment.sides) == 1 else "organ"
                return row.get("organ") or row.get(side)
    return None


def check_known(organs: Mapping[int, str | None], present: set[int], file: str) -> dict[int, str]:
    """Organs of the segments that have voxels.

    Raises
    ------
    CtdoseError
        Segments that nothing is known of.
    """
    unknown = sorted(number for number in present if organs.get(number) is None)
    if unknown:
        shown = ", ".join(map(str, unknown[:8])) + (", …" if len(unknown) > 8 else "")
        raise CtdoseError(
            f"{file}: segment={shown} (of no known label or code, or of no side). "
            f"Say in --label-map, under segments, what it is, or {IGNORED}."
        )
    return {number: organ for number, organ in organs.items() if organ is not None}
