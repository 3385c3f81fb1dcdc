"""Organs: what the region numbers of a phantom mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ctdose.errors import nearest
from ctdose.phantoms.tissues import ICRP103_TISSUES

MAX_REGION = 1022


def make_floats(item: Any, *names: str) -> None:
    """Make numbers of fields of a frozen dataclass; NaN stays NaN.

    Raises
    ------
    TypeError
        If one is not a number.
    """
    for name in names:
        value = getattr(item, name)
        if isinstance(value, bool) or not hasattr(value, "__float__"):
            raise TypeError(f"{name}={value!r} (not a number). Give it in the unit of its name.")
        # One NaN for all, so that organs without a value compare equal.
        number = math.nan if math.isnan(value) else float(value)
        object.__setattr__(item, name, number)


@dataclass(frozen=True)
class Organ:
    """An organ or part of one: what a region number of a phantom stands for.

    Parameters
    ----------
    organ_id : int
        The region number, 0 to 1022; stable over versions of a phantom.
    name : str
        Short name in lower case with underscores, for example ``left_lung``.
    icrp103_tissue : str or None
        The tissue of ICRP Publication 103 that the region belongs to (`ICRP103_TISSUES`), None: not weighted.
    snomed : str or None
        SNOMED CT code of the anatomical structure.
    reference_mass_g : float
        Mass in the reference person, g, without the omitted part; NaN if there is none.
    omitted_mass_g : float
        Mass, g, of the part that is left out of the voxels (raised arms). It receives no dose, and stays in
        the denominator of whole-body tissues.
    note : str
        What is approximate about the region, for instance the surrogate of a thin tissue.
    partial : bool
        The voxels hold an unknown part of the organ (cut by the end of a scan): its dose is that of the part.

    Raises
    ------
    ValueError
        If a number is out of range or the tissue is unknown.
    TypeError
        If an argument has the wrong type.
    """

    organ_id: int
    name: str
    icrp103_tissue: str | None = None
    snomed: str | None = None
    reference_mass_g: float = math.nan
    omitted_mass_g: float = 0.0
    note: str = ""
    partial: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.partial, bool):
            raise TypeError(f"partial={self.partial!r} (not true or false). Give True or False.")
        if isinstance(self.organ_id, bool) or not isinstance(self.organ_id, int):
            raise TypeError(f"organ_id={self.organ_id!r} (not a whole number). A region number is an int.")
        if not 0 <= self.organ_id <= MAX_REGION:
            raise ValueError(
                f"organ_id={self.organ_id} (outside 0 to {MAX_REGION}). Use a free region number."
            )
        if not isinstance(self.name, str) or not self.name:
            raise TypeError(f"name={self.name!r} (not a name). Give a text such as 'left_lung'.")
        if self.icrp103_tissue is not None and self.icrp103_tissue not in ICRP103_TISSUES:
            known = nearest(str(self.icrp103_tissue), ICRP103_TISSUES)
            raise ValueError(f"icrp103_tissue={self.icrp103_tissue!r} (no tissue of ICRP 103). {known}")
        make_floats(self, "reference_mass_g", "omitted_mass_g")
        if self.reference_mass_g <= 0.0 or math.isinf(self.reference_mass_g):
            raise ValueError(f"reference_mass_g={self.reference_mass_g} (must be positive). NaN: none.")
        if not 0.0 <= self.omitted_mass_g < math.inf:
            raise ValueError(f"omitted_mass_g={self.omitted_mass_g} (must not be negative). 0: all is there.")
