"""How much noise a reconstruction filter lets through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from ctdose.kernels.tables import F64

Window = Literal["ram-lak", "shepp-logan", "cosine", "hamming", "hann"]

WINDOWS: dict[str, Callable[[F64], F64]] = {
    "ram-lak": np.ones_like,
    "shepp-logan": lambda x: np.sinc(x / 2.0),
    "cosine": lambda x: np.cos(np.pi * x / 2.0),
    "hamming": lambda x: 0.54 + 0.46 * np.cos(np.pi * x),
    "hann": lambda x: 0.5 + 0.5 * np.cos(np.pi * x),
}
"""Windows on the ramp |ν|, of x = ν / cut-off from 0 to 1 (Kak and Slaney, Principles of CT Imaging, 1988, ch. 3)."""


@dataclass(frozen=True)
class FilterKernel:
    """The ramp filter under a window.

    Parameters
    ----------
    window : str
        One of `WINDOWS`.
    cutoff_per_cm : float
        Spatial frequency above which nothing passes, at the isocentre.
    """

    window: Window = "hann"
    cutoff_per_cm: float = 7.0

    @property
    def noise_integral_per_cm3(self) -> float:
        """∫ ν² W² dν over all frequencies, both signs, 1/cm3; for `ram-lak` (2/3) cut-off³."""
        return _integral(self.window) * self.cutoff_per_cm**3


@cache
def _integral(window: Window) -> float:
    """∫ x² W² dx from -1 to 1."""
    x, weight = np.polynomial.legendre.leggauss(64)
    x = (x + 1.0) / 2.0
    return float(weight @ (x * WINDOWS[window](x)) ** 2)
