"""The materials that are known by name: shipped tables, the elements, and NIST's compounds."""

import re
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from ctdose.errors import nearest
from ctdose.physics.elements import NAMES, SPELLINGS, SYMBOLS, element_density_g_cm3, symbol


class Entry(NamedTuple):
    """One named material, as its source prints it."""

    name: str
    density_g_cm3: float
    percent: dict[str, float]
    """Mass percentages by element symbol."""
    source: str
    verified: bool
    """Whether the numbers were compared with a second source."""


def normalised(name: str) -> str:
    """Spelling under which a name is looked up: lower case, words joined by hyphens.

    Parameters
    ----------
    name : str
        For example ``"Water, Liquid"``.

    Returns
    -------
    str
        For example ``"water-liquid"``.
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _read(file: str) -> dict[str, Any]:
    text = resources.files("ctdose.physics.data").joinpath(file).read_text(encoding="utf-8")
    return yaml.safe_load(text)


def _add_tissues(known: dict[str, Entry], aliases: dict[str, str]) -> None:
    table = _read("tissues_icru.yaml")
    for name, row in table["materials"].items():
        verified = row.get("verified", True)
        known[name] = Entry(name, row["density_g_cm3"], row["percent"], table["source"], verified)
        aliases.update(dict.fromkeys(row.get("aliases", ()), name))


def _add_icrp110(known: dict[str, Entry], aliases: dict[str, str]) -> None:
    table = _read("icrp110.yaml")
    for sex in ("female", "male"):
        for name, row in table[sex].items():
            full = f"icrp110-{sex}-{name}"
            percent = {e: p for e, p in zip(table["elements"], row["percent"], strict=True) if p > 0}
            source = f"{table['source']}, medium {row['medium']}"
            known[full] = Entry(full, row["density_g_cm3"], percent, source, table["verified"])
            aliases[f"icrp110-{name}"] = full  # the male's, read last, where both have it


def _add_everyday(known: dict[str, Entry], aliases: dict[str, str]) -> None:
    for name, row in _read("materials.yaml")["materials"].items():
        known[name] = Entry(name, row["density_g_cm3"], row["percent"], row["source"], row["verified"])
        aliases.update(dict.fromkeys(row.get("aliases", ()), name))


def _add_elements(aliases: dict[str, str]) -> None:
    for name, short in zip(NAMES, SYMBOLS):
        aliases[short.lower()] = name
    aliases.update(SPELLINGS)


def _add_nist(aliases: dict[str, str]) -> dict[str, str]:
    import xraylib

    compounds = {normalised(name): name for name in xraylib.GetCompoundDataNISTList()}
    for name, row in _read("materials.yaml")["nist"].items():
        long = normalised(row["compound"])
        compounds[name] = compounds.pop(long)
        aliases.update(dict.fromkeys((*row.get("aliases", ()), *({long} - {name})), name))
    aliases["air-dry-near-sea-level"] = "air"
    compounds.pop("air-dry-near-sea-level")
    return compounds


@cache
def _catalogue() -> tuple[dict[str, Entry], dict[str, str], dict[str, str]]:
    known: dict[str, Entry] = {}
    aliases: dict[str, str] = {}
    _add_elements(aliases)
    compounds = _add_nist(aliases)
    _add_tissues(known, aliases)
    _add_icrp110(known, aliases)
    _add_everyday(known, aliases)
    return known, aliases, compounds


def material_names() -> tuple[str, ...]:
    """Names of all materials, without aliases, in alphabetical order.

    Returns
    -------
    tuple of str
    """
    known, _, compounds = _catalogue()
    return tuple(sorted({*known, *compounds, *NAMES}))


def find(name: str) -> Entry:
    """Look a material up by its name or by an alias.

    Parameters
    ----------
    name : str
        Upper and lower case, spaces, commas and underscores make no difference.

    Returns
    -------
    Entry

    Raises
    ------
    ValueError
        If there is no such material; the message lists the nearest names.
    """
    known, aliases, compounds = _catalogue()
    key = normalised(name)
    key = aliases.get(key, key)
    if key in known:
        return known[key]
    if key in compounds:
        return _nist_entry(key, compounds[key])
    if key in NAMES:
        return _element_entry(NAMES.index(key) + 1)
    everything = sorted({*known, *compounds, *NAMES, *aliases})
    raise ValueError(f"material={name} (unknown). {nearest(key, everything)}")


def _nist_entry(name: str, compound: str) -> Entry:
    import xraylib

    data = xraylib.GetCompoundDataNISTByName(compound)
    percent = {symbol(z): 100.0 * w for z, w in zip(data["Elements"], data["massFractions"])}
    source = f"NIST, Composition of materials: {compound} (from xraylib)"
    return Entry(name, data["density"], percent, source, True)


def _element_entry(number: int) -> Entry:
    density = element_density_g_cm3(number)
    return Entry(NAMES[number - 1], density, {SYMBOLS[number - 1]: 100.0}, "xraylib, ElementDensity", True)
