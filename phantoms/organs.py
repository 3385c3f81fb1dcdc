"""Organs and anatomy: what the region numbers of a phantom mean, and where its landmarks lie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from ctdose.errors import nearest

WEIGHTED_TISSUES = (
    "red_bone_marrow",
    "colon",
    "lung",
    "stomach",
    "breast",
    "gonads",
    "bladder",
    "oesophagus",
    "liver",
    "thyroid",
    "bone_surface",
    "brain",
    "salivary_glands",
    "skin",
)
"""Tissues with a weighting factor of their own (ICRP Publication 103, Table 3)."""

REMAINDER_TISSUES = (
    "adrenals",
    "extrathoracic",
    "gall_bladder",
    "heart",
    "kidneys",
    "lymph_nodes",
    "muscle",
    "oral_mucosa",
    "pancreas",
    "prostate",
    "small_intestine",
    "spleen",
    "thymus",
    "uterus",
)
"""Remainder tissues of both sexes, 13 of them in each (ICRP Publication 103, Table 3, footnote)."""

ICRP103_TISSUES = WEIGHTED_TISSUES + REMAINDER_TISSUES
SCAN_REGIONS = (
    "head",
    "neck",
    "chest",
    "abdomen",
    "pelvis",
    "abdomen-pelvis",
    "chest-abdomen-pelvis",
    "sinus",
    "cervical-spine",
    "lumbar-spine",
    "heart",
    "liver",
    "urinary-tract",
)
"""The region words that every phantom of a person defines by the same landmarks and margins."""

MAX_REGION = 1022


def _make_floats(item: Any, *names: str) -> None:
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
        _make_floats(self, "reference_mass_g", "omitted_mass_g")
        if self.reference_mass_g <= 0.0 or math.isinf(self.reference_mass_g):
            raise ValueError(f"reference_mass_g={self.reference_mass_g} (must be positive). NaN: none.")
        if not 0.0 <= self.omitted_mass_g < math.inf:
            raise ValueError(f"omitted_mass_g={self.omitted_mass_g} (must not be negative). 0: all is there.")


@dataclass(frozen=True)
class MarrowSite:
    """A bone site that holds active marrow, endosteum, or both.

    Parameters
    ----------
    region : int
        Region number of its spongiosa or medullary cavity; -1 if the site is left out of the voxels.
    name : str
        For example ``ribs_spongiosa``.
    icrp116_id : int
        Number of the bone region in ICRP Publication 116, Annex D, whose response function it has.
    active_marrow_g, endosteum_g : float
        Masses in the voxels' site, g (endosteum: TM50, the tissue within 50 µm of the bone surfaces).
    omitted_active_marrow_g, omitted_endosteum_g : float
        Masses, g, that are left out of the voxels and stay in the denominators.
    """

    region: int
    name: str
    icrp116_id: int
    active_marrow_g: float
    endosteum_g: float
    omitted_active_marrow_g: float = 0.0
    omitted_endosteum_g: float = 0.0

    def __post_init__(self) -> None:
        if not -1 <= self.region <= MAX_REGION:
            raise ValueError(
                f"region={self.region} (outside -1 to {MAX_REGION}). -1: left out of the voxels."
            )
        masses = [each.name for each in fields(self)[3:]]
        _make_floats(self, *masses)
        for name in masses:
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name}={getattr(self, name)} (must not be negative). Give a mass in g.")


def _frozen(mapping: Mapping[str, Any], kind: type) -> Mapping[str, Any]:
    return MappingProxyType({str(key): tuple(kind(v) for v in value) for key, value in mapping.items()})


@dataclass(frozen=True)
class Anatomy:
    """What is known of the person that a phantom stands for.

    Parameters
    ----------
    body : str
        Name of the body, for example ``adult-male``.
    sex : str
        ``male``, ``female``, or ``unknown`` of one who is no reference person.
    reference_person : bool
        True for the reference persons, for whom effective dose is defined; False for all others.
    age : str
        ``adult``, or an age such as ``5y``.
    groups : mapping of str to tuple of str
        Names of organs that are reported together: ``lungs`` -> (``left_lung``, ``right_lung``).
    marrow_sites : tuple of MarrowSite
        The skeleton's dosimetric sites, those left out of the voxels included.
    scan_ranges_mm : mapping of str to (float, float)
        For each word of `SCAN_REGIONS` the range (lower z, upper z), mm, margins included.
    landmarks_mm : mapping of str to (float, float, float)
        Landmarks, (x, y, z) in mm.
    height_cm, weight_kg : float
        Of the whole person, arms included; NaN if unknown.
    arms : str
        ``raised`` (outside the voxels), ``down``, or ``unknown`` of one who is no reference person.
    """

    body: str
    sex: str
    reference_person: bool
    age: str = "adult"
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    marrow_sites: tuple[MarrowSite, ...] = ()
    scan_ranges_mm: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    landmarks_mm: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    height_cm: float = math.nan
    weight_kg: float = math.nan
    arms: str = "down"

    def __post_init__(self) -> None:
        open_to = () if self.reference_person else ("unknown",)
        if self.sex not in ("male", "female", *open_to):
            raise ValueError(f"sex={self.sex!r} (unknown). Use 'male' or 'female'.")
        if self.arms not in ("raised", "down", *open_to):
            raise ValueError(f"arms={self.arms!r} (unknown). Use 'raised' or 'down'.")
        for name, kind in (("groups", str), ("scan_ranges_mm", float), ("landmarks_mm", float)):
            object.__setattr__(self, name, _frozen(getattr(self, name), kind))
        _make_floats(self, "height_cm", "weight_kg")
        object.__setattr__(self, "marrow_sites", tuple(self.marrow_sites))
        for word, span in self.scan_ranges_mm.items():
            if len(span) != 2 or not span[0] < span[1]:
                raise ValueError(
                    f"scan_ranges_mm[{word!r}]={span} (not ascending). Give (lower z, upper z) in mm."
                )

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy does not pickle; plain dicts do, and become proxies again.
        return (_anatomy_from_dict, (anatomy_to_dict(self),))


def anatomy_to_dict(anatomy: Anatomy) -> dict[str, Any]:
    """Return an anatomy as plain dicts, lists, numbers and texts (for JSON)."""
    plain: dict[str, Any] = {each.name: getattr(anatomy, each.name) for each in fields(anatomy)}
    for name in ("groups", "scan_ranges_mm", "landmarks_mm"):
        plain[name] = {key: list(value) for key, value in plain[name].items()}
    plain["marrow_sites"] = [
        {each.name: getattr(site, each.name) for each in fields(site)} for site in anatomy.marrow_sites
    ]
    return plain


def _anatomy_from_dict(plain: Mapping[str, Any]) -> Anatomy:
    values = dict(plain)
    values["marrow_sites"] = tuple(MarrowSite(**site) for site in values.get("marrow_sites", ()))
    return Anatomy(**values)


def anatomy_from_dict(plain: Mapping[str, Any]) -> Anatomy:
    """Rebuild an anatomy from `anatomy_to_dict`.

    Raises
    ------
    TypeError, ValueError
        If a key is missing or unknown, or a value is out of range.
    """
    return _anatomy_from_dict(plain)
