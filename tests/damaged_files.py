"""A file that is damaged byte by byte, read in a process of its own: whatever the HDF5 library does, it is seen."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError

SLOWEST_S = 300


def refusals(content: str, source: Path, place: Path, damage: str, rounds: int) -> int:
    """How many of the damaged files were refused in one line; fails if one of them was read wrongly or never.

    Parameters
    ----------
    content : str
        ``result`` or ``phantom``.
    source, place : Path
        A good file, and where the damaged ones are written.
    damage : str
        ``cut``; bits flipped ``anywhere``, or in the ``begin``.
    rounds : int
    """
    command = [sys.executable, __file__, content, str(source), str(place), damage, str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SLOWEST_S)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)


def reader(content: str) -> tuple[Callable[[Path], Any], Callable[[Any, Any], bool]]:
    """What reads such files, and whether two of what it reads are the same."""
    if content == "phantom":
        from ctdose.phantoms.phantom_file import load_phantom

        return load_phantom, lambda one, other: one.sha256() == other.sha256()
    from ctdose.results.diff import diff_results
    from ctdose.results.result_file import load_result

    return load_result, lambda one, other: diff_results(one, other).identical


def damaged(data: bytes, damage: str, chance: random.Random) -> bytes:
    """The bytes, cut off or with some bits flipped."""
    if damage == "cut":
        return data[: chance.randrange(len(data))]
    broken = bytearray(data)
    for _ in range(chance.choice([1, 1, 4, 64])):
        where = chance.randrange(len(data) if damage == "anywhere" else 4096)
        broken[where] ^= 1 << chance.randrange(8)
    return bytes(broken)


def check_line(message: str, place: str) -> None:
    """A refusal is one line and names the file."""
    assert "\n" not in message, message
    assert place in message, message


def main(content: str, source: str, place: str, damage: str, rounds: str) -> None:
    """Read damaged files; print how many were refused."""
    read, same = reader(content)
    good, data, target = read(Path(source)), Path(source).read_bytes(), Path(place)
    chance, refused = random.Random(1), 0
    for _ in range(int(rounds)):
        target.write_bytes(damaged(data, damage, chance))
        try:
            found = read(target)
        except CtdoseError as error:
            check_line(str(error), place)
            refused += 1
        else:
            assert same(good, found), f"a wrong {content} was read"
    print(refused)


if __name__ == "__main__":
    main(*sys.argv[1:])
