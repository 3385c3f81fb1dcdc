"""The data of the stylized family: files of ctdose.phantoms.data, ages and sexes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

SEXES = ("male", "female")
AGES = ("newborn", "1y", "5y", "10y", "15y", "adult")


@cache
def read_data(name: str) -> dict[str, Any]:
    """Read a YAML file of ctdose.phantoms.data.

    Parameters
    ----------
    name : str
        File name without ``.yaml``.
    """
    import yaml

    text = resources.files("ctdose.phantoms.data").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def figure(table: Mapping[str, Sequence[float]], age: str, sex: str) -> float:
    """Figure of a child in a table by sex and age.

    Parameters
    ----------
    table : mapping of str to sequence of float
        For each sex, newborn first.
    age, sex : str
        One of `AGES` and `SEXES`.
    """
    return float(table[sex][AGES.index(age)])


def base_of(age: str, sex: str) -> str:
    """Sex of the adult whose drawing a body follows: that of the male for all children up to 10 years."""
    return sex if age == "adult" else str(read_data("child_masses")["base"][sex][AGES.index(age)])


def stage(age: str, sex: str) -> str:
    """Key of a child's proportions: the age, from 5 years on with the sex."""
    return age if age in ("newborn", "1y") else f"{age}-{sex}"
