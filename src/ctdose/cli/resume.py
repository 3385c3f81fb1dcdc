"""What lies at the output already: an earlier result, and the checkpoint of a run that did not end."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ctdose.cli.output_file import RESULT_FORMAT, check_place, format_of
from ctdose.errors import CtdoseError
from ctdose.results.hdf5_root import root_attributes
from ctdose.results.part import RunPart
from ctdose.results.part_file import load_part
from ctdose.results.part_layout import PART_SUFFIX

SIGNATURE = b"\x89HDF\r\n\x1a\n"


def checkpoint_path(output: Path) -> Path:
    """Where the checkpoint of a run is kept: beside its output."""
    return output.with_name(output.name + PART_SUFFIX)


def stored_part(path: Path, *, fresh: bool) -> RunPart | None:
    """What an earlier run left; None if there is nothing, or a fresh start is wanted.

    Raises
    ------
    CtdoseError
        The file is damaged, or not one of ctdose.
    """
    if not path.exists():
        return None
    if fresh:
        check_replaceable(path)
        return None
    try:
        return load_part(path)
    except CtdoseError as fault:
        raise CtdoseError(f"{fault} Or begin anew with --fresh, which replaces it.") from None


def check_replaceable(path: Path) -> None:
    """Check that what is there may be a part, damaged or not: neither a result nor a file of another program.

    Raises
    ------
    CtdoseError
        It is not.
    """
    if format_of(path) == RESULT_FORMAT:
        raise CtdoseError(f"{path} (a result, so it is not replaced by a part). Name another output with -o.")
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(SIGNATURE)) == SIGNATURE:
                return
    raise CtdoseError(f"{path} (not a file of ctdose, so it is not replaced). Name another output with -o.")


def check_earlier_result(path: Path, stored: RunPart | None, histories: int, *, overwrite: bool) -> None:
    """Check that a result may be written to a path, given what the checkpoint beside it holds.

    An earlier result is replaced without being asked only by its own continuation: the checkpoint holds all of its
    batches, to the bit.

    Raises
    ------
    CtdoseError
        It may not.
    """
    check_place("output", path)
    if not path.exists():
        return
    result = format_of(path) == RESULT_FORMAT
    if overwrite and not result:
        why = "exists and is not a ctdose result, so it is not overwritten"
        raise CtdoseError(f"output={path} ({why}). Name another file with -o.")
    if overwrite or (result and stored is not None and _continues(stored, path)):
        return
    why = "exists"
    if result and stored is None and 0 < _histories_of(path) < histories:
        why += f"; without its checkpoint {checkpoint_path(path).name} it cannot be continued"
    raise CtdoseError(f"output={path} ({why}). Add --overwrite, or name another file with -o.")


def _continues(stored: RunPart, path: Path) -> bool:
    """Whether the checkpoint holds everything that the result was made of."""
    from ctdose.results.result_file import load_result

    for name, body in load_result(path).bodies.items():
        if name not in stored.bodies:
            return False
        sums, batches = stored.bodies[name].sums, body.batches
        held = np.isin(sums.batches, batches.numbers)
        if not np.array_equal(sums.batches[held], batches.numbers):
            return False
        if not np.array_equal(sums.rows[held], batches.rows):
            return False
    return True


def _histories_of(path: Path) -> int:
    found = root_attributes(path).get("histories", 0)
    return int(found) if isinstance(found, int | np.integer) else 0
