"""A user's file of labels: what it adds to the shipped classes and organs, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ctdose.errors import nearest
from ctdose.faults import ABSENT, Fault, FileFaults, KeyPath
from ctdose.phantoms.organs import MAX_REGION
from ctdose.phantoms.patient.labelled_organ import IGNORED, KINDS, LabelledOrgan, make_organ, plain_words
from ctdose.phantoms.tissues import ICRP103_TISSUES
from ctdose.physics.materials import Material
from ctdose.yaml_reader import Document

FIRST_OWN_ID = 300
ORGAN_KEYS = ("kind", "material", "tissue", "gas", "in_part", "note")
MAP_KEYS = ("labels", "segments", "organs", "shipped_values", "source")


@dataclass(frozen=True)
class OwnLabels:
    """What a user's file says; see `label_map.LabelMap`.

    Parameters
    ----------
    organs : dict of str to LabelledOrgan
        New ones and shipped ones changed.
    values : dict of int to str
    segments : dict of str to str
    shipped_values : bool
        Whether the shipped numbers hold beside them.
    """

    organs: dict[str, LabelledOrgan]
    values: dict[int, str]
    segments: dict[str, str]
    shipped_values: bool


def read_own(
    document: Document, organs: Mapping[str, LabelledOrgan], classes: Mapping[str, str]
) -> OwnLabels:
    """Check a user's file of labels against the shipped organs and classes.

    Raises
    ------
    FileFaults
        A key, class, organ, material or tissue that is unknown; a value that is no label.
    """
    data = _checked(document)
    own = _own_organs(document, data.get("organs") or {}, organs)
    known = {**organs, **own}
    return OwnLabels(
        own,
        _own_values(document, data.get("labels") or {}, classes, known),
        _own_segments(document, data.get("segments") or {}, classes, known),
        data.get("shipped_values", True) is not False,
    )


def _fault(document: Document, path: KeyPath, value: Any, why: str, right: str) -> FileFaults:
    return FileFaults(document.file, [Fault(path, value, why, right, document.line(path))])


def _checked(document: Document) -> dict[str, Any]:
    data = document.data
    if not isinstance(data, dict):
        raise _fault(document, (), ABSENT, "not a mapping", "Write labels: and below it value: organ.")
    for key in data:
        if key not in MAP_KEYS:
            raise _fault(document, (key,), ABSENT, "unknown key", nearest(key, MAP_KEYS))
    for key in ("labels", "segments", "organs"):
        if data.get(key) is not None and not isinstance(data[key], dict):
            raise _fault(document, (key,), data[key], "not a mapping", "Write one key: value a line.")
    return data


def _own_organs(
    document: Document, rows: Mapping[str, Any], known: Mapping[str, LabelledOrgan]
) -> dict[str, LabelledOrgan]:
    own: dict[str, LabelledOrgan] = {}
    free = FIRST_OWN_ID
    for name, row in rows.items():
        path: KeyPath = ("organs", name)
        if not isinstance(row, dict):
            raise _fault(document, path, row, "not a mapping", "Give kind, and material, tissue.")
        for key in row:
            if key not in ORGAN_KEYS:
                raise _fault(document, (*path, key), ABSENT, "unknown key", nearest(key, ORGAN_KEYS))
        _check_organ(document, path, row, {*known, *rows})
        organ_id, free = (known[name].organ_id, free) if name in known else (free, free + 1)
        if organ_id > MAX_REGION:
            raise _fault(document, path, ABSENT, "too many organs", f"At most {MAX_REGION - FIRST_OWN_ID}.")
        own[name] = make_organ(organ_id, name, row)
    return own


def _check_organ(document: Document, path: KeyPath, row: Mapping[str, Any], names: set[str]) -> None:
    kind, tissue = row.get("kind"), row.get("tissue")
    if kind not in KINDS:
        raise _fault(document, (*path, "kind"), kind, "unknown", f"One of {', '.join(KINDS)}.")
    if tissue is not None and tissue not in ICRP103_TISSUES:
        right = nearest(str(tissue), ICRP103_TISSUES)
        raise _fault(document, (*path, "tissue"), tissue, "no tissue of ICRP 103", right)
    if row.get("gas", "internal_gas") not in names:
        raise _fault(
            document, (*path, "gas"), row["gas"], "no organ", nearest(str(row["gas"]), sorted(names))
        )
    if kind != "bone" and "material" not in row:
        raise _fault(document, (*path, "material"), ABSENT, "missing", "Name a material of the catalogue.")
    if not isinstance(row.get("note", ""), str) or not isinstance(row.get("in_part", False), bool):
        raise _fault(document, path, ABSENT, "note is no text or in_part not true or false", "Correct it.")
    try:
        if "material" in row:
            Material(row["material"])
    except (TypeError, ValueError) as error:
        raise _fault(document, (*path, "material"), row["material"], "unknown", str(error)) from None


def _own_values(
    document: Document,
    rows: Mapping[str, Any],
    classes: Mapping[str, str],
    organs: Mapping[str, LabelledOrgan],
) -> dict[int, str]:
    values = {}
    for text, name in rows.items():
        path: KeyPath = ("labels", text)
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
            raise _fault(document, path, name, "no label value", "A whole number from 1 to 65535.")
        values[int(text)] = _target(document, path, name, classes, organs)
    return values


def _own_segments(
    document: Document,
    rows: Mapping[str, Any],
    classes: Mapping[str, str],
    organs: Mapping[str, LabelledOrgan],
) -> dict[str, str]:
    return {
        plain_words(text): _target(document, ("segments", text), name, classes, organs)
        for text, name in rows.items()
    }


def _target(
    document: Document,
    path: KeyPath,
    name: Any,
    classes: Mapping[str, str],
    organs: Mapping[str, LabelledOrgan],
) -> str:
    """The organ that a class or an organ's name stands for, or `IGNORED`."""
    organ = classes.get(name, name) if isinstance(name, str) else ""
    if organ != IGNORED and (organ not in organs or organs[organ].kind not in KINDS):
        known = [*classes, *(each for each in organs if organs[each].kind in KINDS), IGNORED]
        raise _fault(document, path, name, "neither a class nor an organ", nearest(str(name), known))
    return organ
