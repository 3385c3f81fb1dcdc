"""The systematic part of a dose, input by input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class SystematicParts:
    """Standard uncertainty that each input gives to a dose, in its unit; NaN where it is not known.

    Attributes
    ----------
    calibration : float
        Statistical error of the simulated calibration.
    output : float
        Of the scanner's stated output; 0 where the exam states CTDI_vol.
    displayed_ctdi_vol : float
        Of the CTDI_vol that the exam states.
    filtration, bowtie : float
        Of the beam's spectrum and shape.
    range_lower, range_upper : float
        Of either end of the scan range; 0 where the range is that of one place of the table.
    centring : float
        Of the patient's height over the table.
    """

    calibration: float = 0.0
    output: float = 0.0
    displayed_ctdi_vol: float = 0.0
    filtration: float = 0.0
    bowtie: float = 0.0
    range_lower: float = 0.0
    range_upper: float = 0.0
    centring: float = 0.0

    @property
    def combined(self) -> float:
        """All known inputs in quadrature (JCGM 100:2008, 5.1.2)."""
        return math.hypot(*(part for part in self.values() if not math.isnan(part)))

    def values(self) -> tuple[float, ...]:
        """The parts in the order of `PARTS`."""
        return tuple(getattr(self, name) for name in PARTS)


PARTS = tuple(each.name for each in fields(SystematicParts))


def mean_parts(parts: Sequence[SystematicParts | None]) -> SystematicParts | None:
    """Of the mean of several bodies' doses: an input is the same for all, so that its parts add linearly."""
    known = [each for each in parts if each is not None]
    if not known or len(known) < len(parts):
        return None
    return SystematicParts(*(math.fsum(values) / len(known) for values in zip(*(p.values() for p in known))))
