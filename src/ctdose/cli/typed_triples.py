"""Three numbers of an option, for example ``--voxel-mm 2,2,5``."""

from __future__ import annotations

from ctdose.cli.typed_numbers import parse_number
from ctdose.errors import CtdoseError


def parse_triple(name: str, text: str, lowest: float, highest: float) -> tuple[float, float, float]:
    """Read three numbers (x, y, z), separated by commas.

    Parameters
    ----------
    name : str
        Of the option, for the message.
    text : str
        What was typed.
    lowest, highest : float
        Limits of each.

    Raises
    ------
    CtdoseError
        They are not three numbers, or one is out of range.
    """
    parts = text.replace("x", ",").split(",")
    if len(parts) != 3:
        raise CtdoseError(f"{name}={text} (not three numbers). Write x,y,z, for example 2,2,5.")
    x, y, z = (parse_number(name, part.strip(), lowest, highest, "Write x,y,z.") for part in parts)
    return x, y, z


def parse_shape(name: str, text: str) -> tuple[int, int, int]:
    """Read three whole numbers (columns, rows, slices); see `parse_triple`."""
    values = parse_triple(name, text, 1, 100_000)
    if any(value != int(value) for value in values):
        raise CtdoseError(f"{name}={text} (not whole numbers). Write columns,rows,slices.")
    x, y, z = (int(value) for value in values)
    return x, y, z
