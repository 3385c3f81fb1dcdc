"""ICRP's structures in the names of ctdose: which of them make one organ, which lie in the arms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.organs import MarrowSite, Organ
from ctdose.phantoms.readers.icrp_tables import IcrpOrgan
from ctdose.phantoms.stylized.masses import SEXES, read_data


@dataclass
class Members:
    """Numbers of ICRP's structures that make one organ, and of those in the arms."""

    name: str
    here: list[int] = field(default_factory=list)
    arms: list[int] = field(default_factory=list)
    note: str = ""
    known: bool = True

    @property
    def region(self) -> int:
        """Region number of the organ: the lowest of its structures."""
        return min(self.here + self.arms)


def group_organs(organs: Mapping[int, IcrpOrgan]) -> list[Members]:
    """Group ICRP's structures to organs; one whose name is unknown is an organ of its own, without a tissue.

    Parameters
    ----------
    organs : mapping of int to IcrpOrgan
        As read.

    Returns
    -------
    list of Members
        By region number.
    """
    groups: dict[str, Members] = {}
    for number, organ in organs.items():
        name, arms, note = _table().get(_plain(organ.name), ("", "arms" in _plain(organ.name).split(), ""))
        group = groups.setdefault(name or _slug(organ.name), Members(name or _slug(organ.name), note=note))
        (group.arms if arms else group.here).append(number)
        group.known = bool(name)
    return sorted(groups.values(), key=lambda group: group.region)


def make_organs(groups: list[Members], masses_g: NDArray[np.float64], *, arms_out: bool) -> list[Organ]:
    """Make the organs of a phantom; what has no voxels is left out.

    Parameters
    ----------
    groups : list of Members
    masses_g : array of float, [highest number + 1]
        Mass of each of ICRP's structures.
    arms_out : bool
        Leave the arms out of the voxels; their masses become `Organ.omitted_mass_g`.
    """
    facts = {entry["name"]: entry for entry in read_data("adult_masses")["organs"]}
    organs = []
    for group in groups:
        there = group.here + ([] if arms_out else group.arms)
        mass = float(masses_g[there].sum())
        if mass <= 0.0:
            continue
        entry = facts.get(group.name, {}) if group.known else {}
        omitted = float(masses_g[group.arms].sum()) if arms_out else 0.0
        organs.append(
            Organ(
                group.region, group.name, entry.get("tissue"), entry.get("snomed"), mass, omitted, group.note
            )
        )
    return organs


def make_marrow_sites(
    groups: list[Members],
    organs: Mapping[int, IcrpOrgan],
    masses_g: NDArray[np.float64],
    spongiosa: Mapping[int, tuple[float, float]],
    *,
    sex: str,
    adult: bool,
    arms_out: bool,
) -> tuple[MarrowSite, ...]:
    """Make the marrow sites: active marrow from the phantom's own fractions, endosteum of adults from ICRP 116.

    Parameters
    ----------
    groups, organs, masses_g
        As read and grouped.
    spongiosa : mapping of int to (float, float)
        Mass fractions of red marrow and mineral bone, by medium.
    sex : str
    adult : bool
        One of ICRP 110; else endosteum goes with the mineral bone of the spongiosa.
    arms_out : bool
    """
    known = {entry["name"]: entry for entry in read_data("adult_marrow")["sites"]}
    per_bone = float(read_data("icrp_organs")["endosteum_per_spongiosa_bone"])
    sites = []
    for group in groups:
        entry = known.get(group.name)
        if entry is None:
            continue
        numbers = group.here + group.arms
        fractions = [spongiosa.get(organs[n].medium, (0.0, 0.0)) for n in numbers]
        marrow = float(sum(masses_g[n] * f[0] for n, f in zip(numbers, fractions)))
        bone = float(sum(masses_g[n] * f[1] for n, f in zip(numbers, fractions)))
        endosteum = float(entry["endosteum_g"][SEXES.index(sex)]) if adult else per_bone * bone
        left_out = (arms_out and not group.here) or masses_g[numbers].sum() <= 0.0
        here, gone = ((0.0, 0.0), (marrow, endosteum)) if left_out else ((marrow, endosteum), (0.0, 0.0))
        region = -1 if left_out else group.region
        sites.append(MarrowSite(region, group.name, entry["icrp116_id"], *here, *gone))
    return tuple(sites)


@cache
def _table() -> dict[str, tuple[str, bool, str]]:
    """Organ, whether in the arms, and note, by ICRP's plain name."""
    table: dict[str, tuple[str, bool, str]] = {}
    for entry in read_data("icrp_organs")["organs"]:
        row: dict[str, Any] = entry
        for key, arms in (("icrp", False), ("arms", True)):
            for name in row.get(key, ()):
                table[_plain(name)] = (row["name"], arms, row.get("note", ""))
    return table


def _plain(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", name.lower()))


def _slug(name: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", name.lower())) or "unnamed"
