"""The tables beside ICRP's voxel phantoms: organs, media, constituents of spongiosa (ICRP 110, Annexes A and B)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ctdose.errors import CtdoseError
from ctdose.physics.elements import SYMBOLS
from ctdose.physics.materials import Material

MAX_ID = 1022  # a region number of a phantom
_NUMBER = r"(\d+\.?\d*|\.\d+)"  # adults have 1.050, some children 1.03
_ORGAN = re.compile(rf"^(\d+)\s+(\S.*?)\s+(\d+)\s+{_NUMBER}$")
_SPONGIOSA = re.compile(rf"^(\d+)\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}$")
_MEDIUM = re.compile(r"^(\d+)\s+(\S.*)$")


@dataclass(frozen=True)
class IcrpOrgan:
    """A line of ``*_organs.dat``: number, ICRP's name, number of its medium, density in g/cm³."""

    number: int
    name: str
    medium: int
    density_g_cm3: float


@dataclass(frozen=True)
class IcrpMedium:
    """A line of ``*_media.dat``: ICRP's name, mass fraction by element symbol."""

    name: str
    mass_fractions: dict[str, float]


def read_organs(raw: bytes, file: str) -> dict[int, IcrpOrgan]:
    """Read ``*_organs.dat``.

    Parameters
    ----------
    raw : bytes
        The file.
    file : str
        Its name, for messages.

    Returns
    -------
    dict of int to IcrpOrgan
        By organ number.

    Raises
    ------
    CtdoseError
        A line is not one of such a file, or there is none.
    """
    organs: dict[int, IcrpOrgan] = {}
    for line, text in _rows(raw, file):
        found = _ORGAN.match(text)
        if not found:
            raise _fault(file, line, "not an organ's line", "Write id, name, tissue number, density in g/cm3")
        organ = IcrpOrgan(int(found[1]), found[2], int(found[3]), float(found[4]))
        if organ.number in organs:
            raise _fault(file, line, f"id={organ.number} stands twice", "Keep one")
        if not 1 <= organ.number <= MAX_ID:
            raise _fault(
                file, line, f"id={organ.number} is outside 1 to {MAX_ID}", "Is it an ICRP phantom's?"
            )
        if not 0.0 < organ.density_g_cm3 < 30.0:
            raise _fault(file, line, f"density={found[4]} is outside 0 to 30", "Give it in g/cm3")
        organs[organ.number] = organ
    return _not_empty(organs, file, "organ")


def read_media(raw: bytes, file: str) -> dict[int, IcrpMedium]:
    """Read ``*_media.dat``: % by mass of the elements whose atomic numbers stand in its first line; see `read_organs`.

    Returns
    -------
    dict of int to IcrpMedium
        By medium number.
    """
    numbers: list[int] = []
    media: dict[int, IcrpMedium] = {}
    for line, text in _rows(raw, file):
        words = text.split()
        if not numbers:
            numbers = [int(word) for word in words if word.isdigit()]
            if len(numbers) < len(words) or not all(1 <= z <= len(SYMBOLS) for z in numbers):
                raise _fault(file, line, "no row of atomic numbers", "Is it a *_media.dat of ICRP?")
            continue
        found = _MEDIUM.match(text)
        percent = _numbers(words[-len(numbers) :])
        if not found or len(percent) != len(numbers) or len(words) < len(numbers) + 2:
            right = f"Write number, name, {len(numbers)} percentages by mass"
            raise _fault(file, line, "not a medium's line", right)
        if int(found[1]) in media:
            raise _fault(file, line, f"medium={found[1]} stands twice", "Keep one")
        fractions = {SYMBOLS[z - 1]: p / 100.0 for z, p in zip(numbers, percent) if p > 0.0}
        media[int(found[1])] = _medium(" ".join(words[1 : -len(numbers)]), fractions, file, line)
    return _not_empty(media, file, "medium")


def _medium(name: str, fractions: dict[str, float], file: str, line: int) -> IcrpMedium:
    try:
        Material.from_mass_fractions(name, fractions, density_g_cm3=1.0)
    except ValueError as error:
        raise CtdoseError(f"{file}:{line}: {error}") from None
    return IcrpMedium(name, fractions)


def read_spongiosa(raw: bytes, file: str) -> dict[int, tuple[float, float]]:
    """Read ``*_spongiosa.dat``; see `read_organs`.

    Returns
    -------
    dict of int to (float, float)
        Mass fractions of red marrow and of mineral bone, by medium number.
    """
    sites: dict[int, tuple[float, float]] = {}
    for line, text in _rows(raw, file):
        found = _SPONGIOSA.match(text)
        values = [float(value) for value in found.groups()[1:]] if found else [9.0]
        if not found or sum(values) > 1.01:
            right = "Write medium, then the mass fractions of red marrow, yellow marrow and bone"
            raise _fault(file, line, "not a line of bone constituents", right)
        sites[int(found[1])] = (values[0], values[2])
    return _not_empty(sites, file, "medium")


def _rows(raw: bytes, file: str) -> list[tuple[int, str]]:
    """Lines that begin with a digit, and their numbers; the others are headings."""
    if b"\0" in raw:
        raise CtdoseError(f"{file}: (not a text file). Give the file as ICRP distributes it.")
    lines = enumerate(raw.decode("latin-1").splitlines(), start=1)
    return [(line, text.strip()) for line, text in lines if text.strip()[:1].isdigit()]


def _numbers(words: list[str]) -> list[float]:
    return [float(word) for word in words if re.fullmatch(_NUMBER, word)]


def _not_empty(rows: dict, file: str, what: str) -> dict:
    if not rows:
        raise CtdoseError(f"{file}: (no {what} in it). Give the file as ICRP distributes it.")
    return rows


def _fault(file: str, line: int, why: str, right: str) -> CtdoseError:
    return CtdoseError(f"{file}:{line}: ({why}). {right}.")
