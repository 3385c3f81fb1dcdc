"""What is known of the person that a phantom stands for: landmarks, scan ranges, groups of organs, skeleton."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from ctdose.phantoms.marrow_site import MarrowSite
from ctdose.phantoms.organs import make_floats

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
        make_floats(self, "height_cm", "weight_kg")
        object.__setattr__(self, "marrow_sites", tuple(self.marrow_sites))
        for word, span in self.scan_ranges_mm.items():
            if len(span) != 2 or not span[0] < span[1]:
                raise ValueError(
                    f"scan_ranges_mm[{word!r}]={span} (not ascending). Give (lower z, upper z) in mm."
                )

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy does not pickle; plain dicts do, and become proxies again.
        return (anatomy_from_dict, (anatomy_to_dict(self),))


def anatomy_to_dict(anatomy: Anatomy) -> dict[str, Any]:
    """Return an anatomy as plain dicts, lists, numbers and texts (for JSON)."""
    plain: dict[str, Any] = {each.name: getattr(anatomy, each.name) for each in fields(anatomy)}
    for name in ("groups", "scan_ranges_mm", "landmarks_mm"):
        plain[name] = {key: list(value) for key, value in plain[name].items()}
    plain["marrow_sites"] = [
        {each.name: getattr(site, each.name) for each in fields(site)} for site in anatomy.marrow_sites
    ]
    return plain


def anatomy_from_dict(plain: Mapping[str, Any]) -> Anatomy:
    """Rebuild an anatomy from `anatomy_to_dict`.

    Raises
    ------
    TypeError, ValueError
        If a key is missing or unknown, or a value is out of range.
    """
    values = dict(plain)
    values["marrow_sites"] = tuple(MarrowSite(**site) for site in values.get("marrow_sites", ()))
    return Anatomy(**values)
