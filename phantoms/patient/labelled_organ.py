"""An organ of a patient's CT, as a label names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ctdose.physics.materials import Material

IGNORED = "ignore"
KINDS = ("soft", "lung", "bone")
"""Kinds of organ that a label can stand for."""


def plain_words(text: str) -> str:
    """A label in lower case with underscores, so that ``Left Lung`` and ``left_lung`` are the same."""
    return re.sub(r"[^a-z0-9:]+", "_", text.lower()).strip("_")


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


def make_organ(organ_id: int, name: str, row: Mapping[str, Any]) -> LabelledOrgan:
    """An organ of the keys of a YAML row."""
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
