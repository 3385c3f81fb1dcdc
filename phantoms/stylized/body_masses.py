"""What a whole body consists of: the masses of a reference person of any age and sex, organ by organ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ctdose.phantoms.stylized.data_files import AGES, SEXES, base_of, figure, read_data, stage


@dataclass(frozen=True)
class Amount:
    """How much of an organ the whole body has.

    Parameters
    ----------
    entry : mapping
        Of data/adult_masses.yaml: number, name, medium, tissue.
    mass_g : float
        Of the whole body; 0 for a lumen.
    arms_g : float
        Of that in the arms.
    volume_cm3 : float
        Of a lumen.
    known : bool
        Whether the mass is a reference value: those of the model are not.
    """

    entry: Mapping[str, Any]
    mass_g: float
    arms_g: float
    volume_cm3: float
    known: bool


@cache
def reference_amounts(age: str, sex: str) -> Mapping[str, Amount]:
    """Amounts of a reference person by organ name; those that the person lacks are 0.

    Parameters
    ----------
    age : str
        One of `AGES`.
    sex : str
        ``male`` or ``female``.
    """
    if age == "adult":
        return _adult(sex)
    base = _adult(base_of(age, sex))
    scale = _organ_scales(age, sex, base) | _bone_scales(age, sex, base)
    own = {
        name: replace(
            amount,
            mass_g=amount.mass_g * scale.get(name, 0.0),
            arms_g=amount.arms_g * scale.get(name, 0.0),
            volume_cm3=amount.volume_cm3 * scale.get(name, 0.0),
        )
        for name, amount in base.items()
    }
    own |= _of_other_sex(age, sex, base)
    return _with_rest(own, figure(read_data("child_masses")["body_mass_g"], age, sex))


def _adult(sex: str) -> dict[str, Amount]:
    data, i = read_data("adult_masses"), SEXES.index(sex)
    amounts = {}
    for entry in data["organs"]:
        mass, arms, volume = (float(entry.get(k, (0, 0))[i]) for k in ("mass_g", "arms_g", "volume_cm3"))
        amounts[entry["name"]] = Amount(entry, mass, arms, volume, entry["source"] != "model")
    return _with_rest(amounts, float(data["body_mass_g"][i]))


def _with_rest(amounts: dict[str, Amount], body_mass_g: float) -> dict[str, Amount]:
    """Fat is what is left of the body mass; its share in the arms stays that of the adult."""
    fat = amounts["adipose"]
    others = math.fsum(a.mass_g for name, a in amounts.items() if name != "adipose")
    mass = body_mass_g - others
    arms = fat.arms_g if fat.mass_g == 0.0 else fat.arms_g * mass / fat.mass_g
    return amounts | {"adipose": replace(fat, mass_g=mass, arms_g=arms)}


def _organ_scales(age: str, sex: str, base: Mapping[str, Amount]) -> dict[str, float]:
    """Mass over the adult's of each organ of the table that the adult has."""
    scales = {"adipose": 1.0}
    for row in read_data("child_masses")["organs"]:
        adult = math.fsum(base[name].mass_g for name in row["organs"])
        factor = _rule(row, age, sex) if "like" in row else 0.0
        if "like" not in row and adult > 0.0:
            factor = _mass(row, age, sex) / adult
        scales |= dict.fromkeys(row["organs"], factor)
    return scales


def _mass(row: Mapping[str, Any], age: str, sex: str) -> float:
    values = row.get("both") or row.get(sex)
    return 0.0 if values is None else float(values[AGES.index(age)])


def _rule(row: Mapping[str, Any], age: str, sex: str) -> float:
    quantity = read_data("child_masses")["quantities"][row["like"]]
    adult = quantity[base_of(age, sex)][-1]
    return float((quantity[sex][AGES.index(age)] / adult) ** row.get("power", 1.0))


def _of_other_sex(age: str, sex: str, base: Mapping[str, Amount]) -> dict[str, Amount]:
    """Organs that the adult does not have whom the child follows: of equal halves."""
    found: dict[str, Amount] = {}
    for row in read_data("child_masses")["organs"]:
        if math.fsum(base[n].mass_g + base[n].volume_cm3 for n in row["organs"]) == 0.0:
            share = _mass(row, age, sex) / len(row["organs"])
            found |= {name: replace(base[name], mass_g=share) for name in row["organs"]}
    return found


def _bone_scales(age: str, sex: str, base: Mapping[str, Amount]) -> dict[str, float]:
    """Mass over the adult's of each part of a bone."""
    skeleton = read_data("child_masses")["skeleton"]
    growth = read_data("child_proportions")["growth"][stage(age, sex)]
    part = {bone: key for key, bones in skeleton["parts"].items() for bone in bones}
    weight = {}
    for name, amount in base.items():
        if amount.entry["id"] > 100:
            bone = name.removesuffix("_cortical").removesuffix("_spongiosa").removesuffix("_medullary_cavity")
            weight[name] = growth[part.get(bone, "trunk")]
    total, cortical = (figure(skeleton[key], age, sex) for key in ("total_g", "cortical_g"))
    organs = _organ_scales(age, sex, base)
    elsewhere = math.fsum(organs[name] * base[name].mass_g for name in ("teeth", "costal_cartilage"))
    scales: dict[str, float] = {}
    for is_cortical, wanted in ((True, cortical), (False, total - cortical - elsewhere)):
        names = [name for name in weight if name.endswith("_cortical") is is_cortical]
        drawn = math.fsum(weight[name] * base[name].mass_g for name in names)
        scales |= {name: weight[name] * wanted / drawn for name in names}
    return scales
