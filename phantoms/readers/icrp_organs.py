"""ICRP's structures in the names of ctdose: which of them make one organ, which lie in the arms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.marrow_site import MarrowSite
from ctdose.phantoms.organs import Organ
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
    def numbers(self) -> list[int]:
        """All of them."""
        return self.here + self.arms

    @property
    def region(self) -> int:
        """Region number of the organ: the lowest of its structures."""
        return min(self.numbers)


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


def make_organs(
    groups: list[Members], here_g: NDArray[np.float64], omitted_g: NDArray[np.float64]
) -> list[Organ]:
    """Make the organs of a phantom; one without voxels is left out.

    Parameters
    ----------
    groups : list of Members
    here_g, omitted_g : array of float, [highest number + 1]
        Mass of each of ICRP's structures in the voxels, and left out of them (raised arms).
    """
    facts = {entry["name"]: entry for entry in read_data("adult_masses")["organs"]}
    organs = []
    for group in groups:
        here, omitted = float(here_g[group.numbers].sum()), float(omitted_g[group.numbers].sum())
        if here <= 0.0:
            continue
        entry = facts.get(group.name, {}) if group.known else {}
        tissue, snomed = entry.get("tissue"), entry.get("snomed")
        organs.append(Organ(group.region, group.name, tissue, snomed, here, omitted, group.note))
    return organs


def make_marrow_sites(
    groups: list[Members],
    here_g: NDArray[np.float64],
    omitted_g: NDArray[np.float64],
    fractions: Mapping[int, tuple[float, float]],
    *,
    sex: str,
    adult: bool,
) -> tuple[MarrowSite, ...]:
    """Make the marrow sites: active marrow from the phantom's own fractions, endosteum of adults from ICRP 116.

    Parameters
    ----------
    groups, here_g, omitted_g
        As in `make_organs`.
    fractions : mapping of int to (float, float)
        Mass fractions of red marrow and mineral bone in each of ICRP's structures.
    sex : str
    adult : bool
        One of ICRP 110; else endosteum goes with the mineral bone of the spongiosa.
    """
    known = {entry["name"]: entry for entry in read_data("adult_marrow")["sites"]}
    per_bone = float(read_data("icrp_organs")["endosteum_per_spongiosa_bone"])
    sites = []
    for group in groups:
        entry = known.get(group.name)
        if entry is None:
            continue
        share = np.array([fractions.get(number, (0.0, 0.0)) for number in group.numbers])
        (marrow, bone), (marrow_out, bone_out) = (mass[group.numbers] @ share for mass in (here_g, omitted_g))
        endosteum, endosteum_out = per_bone * bone, per_bone * bone_out
        if adult:
            here, gone = here_g[group.numbers].sum(), omitted_g[group.numbers].sum()
            share_out = gone / (here + gone) if here > 0.0 else 1.0
            whole = float(entry["endosteum_g"][SEXES.index(sex)])
            endosteum, endosteum_out = whole * (1.0 - share_out), whole * share_out
        region = group.region if here_g[group.numbers].sum() > 0.0 else -1
        masses = (float(m) for m in (marrow, endosteum, marrow_out, endosteum_out))
        sites.append(MarrowSite(region, group.name, entry["icrp116_id"], *masses))
    return tuple(sites)


def known_names() -> frozenset[str]:
    """Names of the organs that ICRP's structures are known to make."""
    return frozenset(name for name, _, _ in _table().values())


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
