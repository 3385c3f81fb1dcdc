"""Organs of a reference person: region numbers, media, reference masses, from data/adult_masses.yaml."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ctdose.phantoms.organs import MarrowSite, Organ
from ctdose.physics.materials import Material

SEXES = ("male", "female")


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


@dataclass(frozen=True)
class Part:
    """One organ of one body, as it is to be painted.

    Parameters
    ----------
    organ : Organ
        With its reference mass and what is left out of the voxels.
    material : Material
        What it is made of.
    volume_cm3 : float
        Volume that it is filled to.
    """

    organ: Organ
    material: Material
    volume_cm3: float


def read_parts(sex: str, arms: str) -> dict[str, Part]:
    """Organs of one body by name; those that it does not have, or that lie in raised arms, are left out.

    Parameters
    ----------
    sex : str
        ``male`` or ``female``.
    arms : str
        ``raised`` or ``down``.
    """
    data = read_data("adult_masses")
    i = SEXES.index(sex)
    entries = data["organs"]
    known = math.fsum(e["mass_g"][i] for e in entries if "mass_g" in e)
    parts = {}
    for entry in entries:
        rest = data["body_mass_g"][i] - known if entry["source"] == "rest" else 0.0
        part = _part(entry, sex, arms, rest)
        if part is not None:
            parts[entry["name"]] = part
    return parts


def _part(entry: dict[str, Any], sex: str, arms: str, rest: float) -> Part | None:
    i = SEXES.index(sex)
    whole = entry["mass_g"][i] + rest if "mass_g" in entry else 0.0
    omitted = entry["arms_g"][i] if arms == "raised" and "arms_g" in entry else 0.0
    volume = entry["volume_cm3"][i] if "volume_cm3" in entry else 0.0
    present = whole - omitted
    if present <= 0.0 and volume <= 0.0:
        return None
    material = Material(f"icrp110-{sex}-{entry['medium']}")
    organ = Organ(
        entry["id"],
        entry["name"],
        entry.get("tissue"),
        entry.get("snomed"),
        math.nan if entry["source"] == "model" else round(present, 3),
        omitted,
        entry.get("note", ""),
    )
    return Part(organ, material, volume or present / material.density_g_cm3)


def read_marrow_sites(sex: str, arms: str) -> tuple[MarrowSite, ...]:
    """Marrow sites of one body; those in raised arms have region -1 and their masses as omitted ones.

    Parameters
    ----------
    sex : str
        ``male`` or ``female``.
    arms : str
        ``raised`` or ``down``.
    """
    i = SEXES.index(sex)
    parts = read_parts(sex, arms)
    sites = []
    for entry in read_data("adult_marrow")["sites"]:
        marrow, endosteum = float(entry["active_marrow_g"][i]), float(entry["endosteum_g"][i])
        there = entry["name"] in parts
        present, omitted = ((marrow, endosteum), (0.0, 0.0)) if there else ((0.0, 0.0), (marrow, endosteum))
        region = entry["region"] if there else -1
        sites.append(MarrowSite(region, entry["name"], entry["icrp116_id"], *present, *omitted))
    return tuple(sites)
