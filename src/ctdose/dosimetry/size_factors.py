"""Factors from CTDI_vol to the size-specific dose estimate: f(D_w) = a · exp(−b · D_w)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike

from ctdose.kernels.tables import F64


@dataclass(frozen=True)
class SizeFactor:
    """One curve of the data file.

    Attributes
    ----------
    name : str
        For example ``body-32``.
    ctdi_phantom_cm : int
        CTDI phantom whose CTDI_vol it multiplies.
    region : str
        ``body`` or ``head``.
    a, b_per_cm : float
    diameter_cm : (float, float)
        Water-equivalent diameters for which it is used.
    short, citation : str
        Name of the report; with what was taken from it.
    verified : bool
        Whether the coefficients were found in two independent sources.
    """

    name: str
    ctdi_phantom_cm: int
    region: str
    a: float
    b_per_cm: float
    diameter_cm: tuple[float, float]
    short: str
    citation: str
    verified: bool

    def at(self, water_equivalent_diameter_cm: ArrayLike) -> F64:
        """The factor at some water-equivalent diameters (cm), of the same shape; NaN outside its range."""
        diameter = np.asarray(water_equivalent_diameter_cm, np.float64)
        low, high = self.diameter_cm
        inside = (diameter >= low) & (diameter <= high)
        return np.where(inside, self.a * np.exp(-self.b_per_cm * diameter), np.nan)


@cache
def load_size_factors() -> tuple[SizeFactor, ...]:
    """All curves of the data file."""
    import yaml

    text = files("ctdose.dosimetry.data").joinpath("size_factors.yaml").read_text("utf-8")
    return tuple(
        SizeFactor(
            name=name,
            ctdi_phantom_cm=int(entry["ctdi_phantom_cm"]),
            region=entry["region"],
            a=float(entry["a"]),
            b_per_cm=float(entry["b_per_cm"]),
            diameter_cm=(float(entry["diameter_cm"][0]), float(entry["diameter_cm"][1])),
            short=entry["short"],
            citation=entry["citation"],
            verified=bool(entry["verified"]),
        )
        for name, entry in yaml.safe_load(text).items()
    )


def size_factor(ctdi_phantom_cm: int, region: str) -> SizeFactor | None:
    """The curve for a CTDI phantom (16 or 32) and a region (``body`` or ``head``); None if none is published."""
    wanted = (ctdi_phantom_cm, region)
    return next((f for f in load_size_factors() if (f.ctdi_phantom_cm, f.region) == wanted), None)
