"""Persons of any height and weight: a reference person scaled to the height, with fat and muscle to the weight.

To the height: z in proportion, x and y with its square root, and all masses with its square: the body mass index is
kept. To the weight: fat and muscle are added or taken in a fixed split; trunk and legs grow around organs that stay as
they are. All figures stand in data/size_rules.yaml.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from ctdose.phantoms.stylized.body_masses import Amount
from ctdose.phantoms.stylized.data_files import read_data
from ctdose.phantoms.stylized.frame import Frame
from ctdose.phantoms.stylized.person import Person, reference_person

# Share of the body's volume that a girth widens: less of a heavy body, whose neck and ankles stay slender
WIDENED_WHEN_HEAVY, WIDENED_WHEN_LIGHT = 0.78, 0.9


class SizeError(ValueError):
    """A height or weight that no person like the reference person has.

    Parameters
    ----------
    key : str
        ``height_cm`` or ``weight_kg``.
    value : float
        What was asked for.
    why, right : str
        What is wrong, and what would be right.
    """

    def __init__(self, key: str, value: float, why: str, right: str) -> None:
        super().__init__(f"{key}={value:g} ({why}). {right}")
        self.key, self.value, self.why, self.right = key, value, why, right


def sized_person(
    age: str, sex: str, *, height_cm: float | None = None, weight_kg: float | None = None
) -> Person:
    """A person like a reference person, but of another height and weight.

    Parameters
    ----------
    age, sex : str
        Of the reference person.
    height_cm : float, optional
        Default: the reference person's.
    weight_kg : float, optional
        Default: that of the reference person's body mass index.

    Returns
    -------
    Person
        No reference person: effective dose is not defined.

    Raises
    ------
    SizeError
        If the height or the weight cannot be reached; the possible range is named.
    """
    like, rules = reference_person(age, sex), read_data("size_rules")
    height = like.height_cm if height_cm is None else float(height_cm)
    low, high = (like.height_cm * share for share in rules["height"])
    if not low <= height <= high:
        right = f"Write {math.ceil(low):g} to {math.floor(high):g}, or another person under like."
        raise SizeError("height_cm", height, f"too far from the {like.height_cm:g} of {like.name}", right)
    scale = height / like.height_cm
    amounts = _scaled(like.amounts, scale**2)
    same_index_kg = like.weight_kg * scale**2
    weight = same_index_kg if weight_kg is None else float(weight_kg)
    _check_weight(weight, same_index_kg, amounts, like, height)
    gain = weight / same_index_kg - 1.0
    girth = math.sqrt(1.0 + gain / (WIDENED_WHEN_HEAVY if gain > 0.0 else WIDENED_WHEN_LIGHT))
    room = rules["cavity_growth" if girth > 1.0 else "cavity_shrinkage"]
    return replace(
        like,
        name=f"{like.name}-{height:g}cm-{weight:g}kg",
        height_cm=height,
        weight_kg=weight,
        amounts=_with_weight(amounts, 1000.0 * (weight - same_index_kg)),
        proportions=_proportions(like, scale),
        cavity=like.cavity * (1.0 + room * (girth - 1.0)),
        girth=girth,
        reference_person=False,
    )


def _scaled(amounts: Mapping[str, Amount], factor: float) -> dict[str, Amount]:
    return {
        name: replace(
            amount,
            mass_g=amount.mass_g * factor,
            arms_g=amount.arms_g * factor,
            volume_cm3=amount.volume_cm3 * factor,
        )
        for name, amount in amounts.items()
    }


def _check_weight(
    weight: float, same_index_kg: float, amounts: Mapping[str, Amount], like: Person, height: float
) -> None:
    rules = read_data("size_rules")
    spare_kg = (1.0 - rules["least_fat"]) * amounts["adipose"].mass_g / 1000.0
    low = max(same_index_kg - spare_kg / rules["fat_share"], same_index_kg * rules["least_weight"])
    high = same_index_kg * rules["most_weight"]
    low, high = math.ceil(round(10.0 * low, 6)) / 10.0, math.floor(round(10.0 * high, 6)) / 10.0
    if not low <= weight <= high:
        why = f"out of reach of {like.name} at {height:g} cm"
        raise SizeError("weight_kg", weight, why, f"Write {low:g} to {high:g}.")


def _with_weight(amounts: dict[str, Amount], grams: float) -> dict[str, Amount]:
    """Add fat and muscle; the arms take part."""
    share = read_data("size_rules")["fat_share"]
    changed = dict(amounts)
    for name, added in (("adipose", share * grams), ("muscle", (1.0 - share) * grams)):
        amount = amounts[name]
        factor = 1.0 + added / amount.mass_g
        changed |= _scaled({name: amount}, factor)
    return changed


def _proportions(like: Person, scale: float) -> Frame:
    across = math.sqrt(scale)
    if like.proportions is not None:
        rows = [(z * scale, base_z, x * across, y * across) for z, base_z, x, y in like.proportions.rows]
        return Frame(rows)
    ends = read_data("adult_outline")["frame"][like.base]
    return Frame([(z * scale, z, across, across) for z in (ends[0][0], ends[-1][0])])
