"""Damaged HDF5 files: flipped bits, cuts, blocks of zeros or swapped, with a seal, without one, and sealed anew."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

from ctdose.seal import SEAL_BYTES, seal_of
from fuzz_hdf5_parts import restructured

# Where HDF5 keeps what it goes by: headers, heaps, trees (format specification 3.0, level 1 and 2).
METADATA = re.compile(
    rb"OHDR|OCHK|FRHP|FHDB|FHIB|BTHD|BTLF|BTIN|TREE|SNOD|HEAP|GCOL|FSHD|FAHD|FADB|EAHD|\x89HDF"
)
WORDS = [
    b"\x00" * 8,
    b"\xff" * 8,
    b"\x7f" + b"\xff" * 7,
    b"\x00\x00\x00\x80",
    b"\x01\x00\x00\x00",
    b"\xff\xff\xff\x7f",
]


@cache
def _places(data: bytes) -> tuple[int, ...]:
    return tuple(found.start() for found in METADATA.finditer(data))


def damaged(base: bytes, kind: str, seed: int, folder: Path) -> bytes:
    """A file made of a right one by this seed.

    Parameters
    ----------
    base : bytes
        Sealed.
    kind : str
        ``phantom``, ``result``, ``study_result`` or ``part``.
    seed : int
    folder : Path
        For a file in between.
    """
    chance = random.Random(seed)
    if chance.random() < 0.5:
        return restructured(base, kind, chance, folder)
    seal = chance.choice(["kept", "none", "none", "none", "new", "new"])
    if seal == "kept":
        return bytes(_bytes(bytearray(base), base, chance))
    inner = base[:-SEAL_BYTES]
    data = bytes(_bytes(bytearray(inner), inner, chance))
    return data + seal_of(data) if seal == "new" else data


def _where(base: bytes, chance: random.Random) -> int:
    """A place, two times of three shortly behind the beginning of something that HDF5 goes by."""
    if chance.random() < 0.67:
        return min(len(base) - 1, chance.choice(_places(base)) + int(chance.expovariate(1 / 60)))
    return chance.randrange(len(base))


def _bytes(data: bytearray, base: bytes, chance: random.Random) -> bytearray:
    kind = chance.choice(
        ["flips", "flips", "flips", "words", "cut", "zeros", "swap", "insert", "drop", "noise"]
    )
    here, there, length = _where(base, chance), _where(base, chance), 1 << chance.randrange(2, 12)
    if kind == "flips":
        for _ in range(chance.choice([1, 1, 2, 4, 64])):
            data[_where(base, chance)] ^= 1 << chance.randrange(8)
    elif kind == "words":
        for _ in range(chance.choice([1, 1, 3])):
            here, word = _where(base, chance), chance.choice(WORDS)
            data[here : here + len(word)] = word
    elif kind == "cut":
        del data[here:]
    elif kind == "zeros":
        data[here : here + length] = bytes(len(data[here : here + length]))
    elif kind == "swap":
        one, other = data[here : here + length], data[there : there + length]
        data[here : here + length], data[there : there + length] = other, one
    elif kind == "insert":
        data[here:here] = data[there : there + length]
    elif kind == "drop":
        del data[here : here + length]
    else:
        data[here : here + length] = chance.randbytes(len(data[here : here + length]))
    return data
