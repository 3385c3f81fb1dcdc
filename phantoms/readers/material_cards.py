"""The ``.material`` file of a mesh phantom of ICRP Publication 145: MCNP's material cards.

For each organ a line ``C Liver 1.060 g/cm3``, a line ``m9500 1000 -0.102`` and lines of further elements: 1000
times the atomic number, minus the mass fraction.
"""

from __future__ import annotations

import re

from ctdose.errors import CtdoseError
from ctdose.faults import one_line
from ctdose.physics.elements import SYMBOLS

_TITLE = re.compile(r"^[cC]\s+(\S.*?)\s+(\d*\.?\d+(?:[eE][-+]?\d+)?)\s*g/cm3\s*$")
_FRACTION = re.compile(r"^(?:[mM](\d+)\s+)?(\d{4,6})\s+-(\d*\.?\d+(?:[eE][-+]?\d+)?)$")


def read_material_cards(raw: bytes, file: str) -> dict[int, tuple[str, float, dict[str, float]]]:
    """Read a ``.material`` file.

    Returns
    -------
    dict of int to (str, float, dict)
        Name, density in g/cm³ and mass fraction by element symbol, by organ number.

    Raises
    ------
    CtdoseError
        A line is not one of such a file, or there is no material.
    """
    cards: dict[int, tuple[str, float, dict[str, float]]] = {}
    title: tuple[str, float] | None = None
    fractions: dict[str, float] | None = None
    for line, text in enumerate(raw.decode("latin-1").splitlines(), start=1):
        text = text.strip()
        found = _FRACTION.match(text)
        if text[:1] in ("c", "C") or not text:
            title = (m[1], float(m[2])) if (m := _TITLE.match(text)) else title
            continue
        number = int(found[1]) if found and found[1] else None
        if number is not None and title is not None and number not in cards:
            fractions = {}
            cards[number] = (*title, fractions)
            title = None
        elif number is not None or fractions is None or not found:
            raise _card_fault(file, line, text)
        z = int(found[2]) // 1000 if found else 0
        if not found or not 1 <= z <= len(SYMBOLS) or fractions is None:
            raise _card_fault(file, line, text)
        fractions[SYMBOLS[z - 1]] = fractions.get(SYMBOLS[z - 1], 0.0) + float(found[3])
    if not cards:
        raise CtdoseError(f"{file}: (no material in it). Give a .material file, or a YAML table of organs.")
    return cards


def _card_fault(file: str, line: int, text: str) -> CtdoseError:
    right = "Write C name density g/cm3, then m and number, then 1000 times Z and minus the mass fraction"
    return CtdoseError(f"{file}:{line}: {one_line(text[:40])} (no line of a material card). {right}.")
