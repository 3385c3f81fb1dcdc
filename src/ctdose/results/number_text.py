"""Numbers and recommendations as sentences and tables show them."""

from __future__ import annotations

import math

LABELS = {"icrp103": "ICRP 103", "icrp60": "ICRP 60"}


def with_error(value: float, error: float) -> str:
    """A number and its standard error, both to two significant digits of the error: ``7.253 ± 0.031``."""
    if not (error > 0.0 and math.isfinite(error)):
        return f"{value:.4g}"
    digits = 1 - math.floor(math.log10(error))
    if digits < 0:
        return f"{round(value, digits):.0f} ± {round(error, digits):.0f}"
    return f"{value:.{digits}f} ± {error:.{digits}f}"
