"""Which way the axes of a foreign file run: three letters, as anatomists and image formats write them."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

AXES_PATTERN = "^[LR][AP][SI]$"
AXES_RIGHT = (
    "Write where x, y, z run to: L or R (left, right), P or A (back, front), S or I (head, feet); LPS."
)
Scalar = TypeVar("Scalar", bound=np.generic)


def to_lps(array: NDArray[Scalar], axes: str) -> NDArray[Scalar]:
    """Turn over the axes that do not run to the left, the back and the head.

    Parameters
    ----------
    array : array, [z, y, x]
    axes : str
        For example ``LPS`` (nothing to do) or ``RAS``.
    """
    steps = [1 if letter == wanted else -1 for letter, wanted in zip(reversed(axes), "SPL")]
    return array[:: steps[0], :: steps[1], :: steps[2]]


def signs_to_lps(axes: str) -> NDArray[np.float64]:
    """Factors of x, y, z that turn coordinates into LPS, [3]."""
    return np.array([1.0 if letter == wanted else -1.0 for letter, wanted in zip(axes, "LPS")])
