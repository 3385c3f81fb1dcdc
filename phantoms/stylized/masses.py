"""Organs of a reference person: region numbers, media, reference masses, from the data files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ctdose.phantoms.marrow_site import MarrowSite
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.stylized.body_masses import Amount, reference_amounts
from ctdose.phantoms.stylized.data_files import AGES, SEXES, figure, read_data
from ctdose.phantoms.stylized.person import Person
from ctdose.physics.materials import Material


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


def read_parts(person: Person, arms: str) -> dict[str, Part]:
    """Organs of one body by name; those that it does not have, or that lie in raised arms, are left out.

    Parameters
    ----------
    person : Person
        Whose.
    arms : str
        ``raised`` or ``down``.
    """
    parts = {name: _part(amount, person.sex, arms) for name, amount in person.amounts.items()}
    return {name: part for name, part in parts.items() if part is not None}


def _part(amount: Amount, sex: str, arms: str) -> Part | None:
    entry = amount.entry
    omitted = amount.arms_g if arms == "raised" else 0.0
    present = amount.mass_g - omitted
    if present <= 1e-9 and amount.volume_cm3 <= 0.0:
        return None
    material = Material(f"icrp110-{sex}-{entry['medium']}")
    organ = Organ(
        entry["id"],
        entry["name"],
        entry.get("tissue"),
        entry.get("snomed"),
        round(present, 3 if present > 1.0 else 6) if amount.known else math.nan,
        omitted,
        entry.get("note", ""),
    )
    return Part(organ, material, amount.volume_cm3 or present / material.density_g_cm3)


def read_marrow_sites(person: Person, arms: str) -> tuple[MarrowSite, ...]:
    """Marrow sites of one body; those in raised arms have region -1 and their masses as omitted ones.

    Parameters
    ----------
    person : Person
        Whose.
    arms : str
        ``raised`` or ``down``.
    """
    parts = read_parts(person, arms)
    sites = []
    for entry in read_data("adult_marrow")["sites"]:
        name = entry["name"]
        masses = _marrow(entry, person)
        there = name in parts
        present, omitted = (masses, (0.0, 0.0)) if there else ((0.0, 0.0), masses)
        sites.append(
            MarrowSite(entry["region"] if there else -1, name, entry["icrp116_id"], *present, *omitted)
        )
    return tuple(sites)


def _marrow(entry: dict[str, Any], person: Person) -> tuple[float, float]:
    """Active marrow and endosteum of a site, g."""
    i, name = SEXES.index(person.base), entry["name"]
    mass = person.amounts[name].mass_g
    endosteum = float(entry["endosteum_g"][i]) * (mass / reference_amounts("adult", person.base)[name].mass_g)
    if person.age == "adult":
        marrow = float(entry["active_marrow_g"][i])
    else:
        k, data = AGES.index(person.age), read_data("child_marrow")
        percent = {site: values[k] for site, values in data["percent"].items()}
        whole = figure(data["active_marrow_g"], person.age, person.sex)
        marrow = whole * percent.get(name, 0.0) / math.fsum(percent.values())
    marrow *= mass / reference_amounts(person.age, person.sex)[name].mass_g
    return round(marrow, 4), round(endosteum, 4)
