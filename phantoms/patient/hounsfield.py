"""Whether values are CT numbers."""

from __future__ import annotations

from ctdose.errors import CtdoseError


def check_hounsfield(low: float, high: float, file: str) -> None:
    """Refuse values that cannot be CT numbers.

    Raises
    ------
    CtdoseError
        Nothing below 0, or nothing above -900.
    """
    if low >= 0.0 or high < -900.0:
        raise CtdoseError(
            f"{file}: values from {low:g} to {high:g} (not CT numbers in HU). Give the CT itself."
        )
