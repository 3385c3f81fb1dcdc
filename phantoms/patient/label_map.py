"""What the values of a label image are: shipped classes, and the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError, nearest
from ctdose.faults import ABSENT, Fault, FileFaults, KeyPath
from ctdose.phantoms.organs import ICRP103_TISSUES, MAX_REGION
from ctdose.physics.materials import Material
from ctdose.yaml_reader import Document, parse_yaml, read_yaml

SHIPPED = "ct_labels.yaml"
IGNORED = "ignore"
KINDS = ("soft", "lung", "bone")
FIRST_OWN_ID = 300
ORGAN_KEYS = ("kind", "material", "tissue", "gas", "in_part", "note")
MAP_KEYS = ("labels", "organs", "shipped_values", "source")


@dataclass(frozen=True)
class LabelledOrgan:
    """An organ of a patient's CT.

    Parameters
    ----------
    organ_id : int
    name : str
    kind : str
        ``soft``, ``lung``, ``bone``, ``rest`` or ``other``: see data/ct_labels.yaml.
    material : Material or None
        None: by CT number.
    tissue : str or None
        Of ICRP 103.
    gas : str
        Name of the organ that its gas belongs to.
    in_part : bool
        Labels never hold the whole organ.
    note : str
    """

    organ_id: int
    name: str
    kind: str
    material: Material | None = None
    tissue: str | None = None
    gas: str = "internal_gas"
    in_part: bool = False
    note: str = ""


@dataclass(frozen=True)
class LabelMap:
    """Organs, and which one each label value is.

    Parameters
    ----------
    organs : mapping of str to LabelledOrgan
    of_value : mapping of int to str
        Name of the organ; `IGNORED`: as if it were not labelled.
    """

    organs: Mapping[str, LabelledOrgan]
    of_value: Mapping[int, str]

    def check_values(self, values: Iterable[int], file: str) -> None:
        """Refuse label values that nothing is known of.

        Raises
        ------
        CtdoseError
        """
        unknown = sorted(int(value) for value in values if value and int(value) not in self.of_value)
        if unknown:
            shown = ", ".join(map(str, unknown[:8])) + (", …" if len(unknown) > 8 else "")
            raise CtdoseError(
                f"{file}: label={shown} (unknown). Say in --label-map what it is, or {IGNORED}."
            )


def read_label_map(path: Path | None = None) -> LabelMap:
    """Read the shipped classes, and what a user's file adds to them.

    Parameters
    ----------
    path : Path, optional
        A YAML file of ``labels`` (value: class or organ, or ``ignore``), ``organs`` (name: kind, material, tissue,
        …) and ``shipped_values`` (false: the shipped numbers do not hold).

    Raises
    ------
    FileFaults
        A key, class, organ, material or tissue that is unknown; a value that is no label.
    """
    raw = resources.files("ctdose.phantoms.data").joinpath(SHIPPED).read_bytes()
    shipped = parse_yaml(raw, SHIPPED).data
    organs = {row["name"]: _organ(row["id"], row["name"], row) for row in shipped["organs"]}
    classes: dict[str, str] = shipped["classes"]
    values = {i: classes[name] for i, name in enumerate(shipped["values"], start=1)}
    if path is not None:
        document = read_yaml(path)
        data = _checked(document)
        organs |= _own_organs(document, data.get("organs") or {}, organs)
        if data.get("shipped_values", True) is False:
            values = {}
        values |= _own_values(document, data.get("labels") or {}, classes, organs)
    return LabelMap(organs, values)


def _organ(organ_id: int, name: str, row: Mapping[str, Any]) -> LabelledOrgan:
    material = None if "material" not in row else Material(row["material"])
    return LabelledOrgan(
        organ_id,
        name,
        row["kind"],
        material,
        row.get("tissue"),
        row.get("gas", "internal_gas"),
        bool(row.get("in_part", False)),
        row.get("note", ""),
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
    for key in ("labels", "organs"):
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
        own[name] = _organ(organ_id, name, row)
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
        organ = classes.get(name, name) if isinstance(name, str) else ""
        if organ != IGNORED and (organ not in organs or organs[organ].kind not in KINDS):
            known = [*classes, *(each for each in organs if organs[each].kind in KINDS), IGNORED]
            raise _fault(document, path, name, "neither a class nor an organ", nearest(str(name), known))
        values[int(text)] = organ
    return values
