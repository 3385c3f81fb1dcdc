"""Whom a stylized phantom stands for: age, sex, size, and how the body maps to the drawing of an adult."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ctdose.phantoms.stylized.body_masses import Amount, reference_amounts
from ctdose.phantoms.stylized.data_files import AGES, SEXES, base_of, figure, read_data, stage
from ctdose.phantoms.stylized.frame import Frame

Rows = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Person:
    """A person to be built.

    Parameters
    ----------
    name : str
        For example ``5y-male``.
    age, sex : str
        One of `AGES` and `SEXES`; of the reference person whom this one is like.
    height_cm, weight_kg : float
        Of the whole person.
    amounts : mapping of str to Amount
        What the whole body consists of.
    proportions : Frame or None
        How the body maps to that of the adult whose drawing it follows; None: it is that adult.
    cavity : float
        How much wider than drawn the cavity of the trunk is.
    skull : mapping or None
        How much wider than drawn the skull is ``inside``, and its ``thickness`` over the drawn one.
    girth : float
        Trunk and legs are this much wider than drawn, with the organs where they were.
    reference_person : bool
        Whether effective dose is defined.
    """

    name: str
    age: str
    sex: str
    height_cm: float
    weight_kg: float
    amounts: Mapping[str, Amount]
    proportions: Frame | None = None
    cavity: float = 1.0
    skull: Mapping[str, float] | None = None
    girth: float = 1.0
    reference_person: bool = True

    @property
    def base(self) -> str:
        """Sex of the adult whose drawing the body follows."""
        return base_of(self.age, self.sex)

    @property
    def frame(self) -> Frame:
        """How the body maps to the common frame, that of the adult male."""
        adult = Frame(read_data("adult_outline")["frame"][self.base])
        return adult if self.proportions is None else adult.behind(self.proportions)


def reference_person(age: str, sex: str) -> Person:
    """The reference person of an age and sex.

    Parameters
    ----------
    age : str
        ``newborn``, ``1y``, ``5y``, ``10y``, ``15y`` or ``adult``.
    sex : str
        ``male`` or ``female``.

    Raises
    ------
    ValueError
        If age or sex is unknown.
    """
    if sex not in SEXES:
        raise ValueError(f"sex={sex!r} (unknown). Use 'male' or 'female'.")
    if age not in AGES:
        raise ValueError(f"age={age!r} (unknown). Use one of {', '.join(AGES)}.")
    name, amounts = f"{age}-{sex}", reference_amounts(age, sex)
    if age == "adult":
        data, i = read_data("adult_masses"), SEXES.index(sex)
        height, mass = float(data["height_cm"][i]), float(data["body_mass_g"][i])
        return Person(name, age, sex, height, mass / 1000.0, amounts)
    data = read_data("child_masses")
    height, mass = (figure(data[key], age, sex) for key in ("height_cm", "body_mass_g"))
    drawing, key = read_data("child_proportions"), stage(age, sex)
    proportions, cavity = Frame(drawing["rows"][key]), float(drawing["cavity"][key])
    skull = drawing["skull"][key]
    return Person(name, age, sex, height, mass / 1000.0, amounts, proportions, cavity, skull)


def default_voxel_mm(age: str) -> float:
    """Voxel size of the bodies of an age unless another is asked for, mm."""
    return float(read_data("child_masses")["voxel_mm"][age])
