"""The beam in which the CTDI of a scanner is simulated."""

from __future__ import annotations

from ctdose.errors import CtdoseError
from ctdose.scanner.model import Scanner

WIDEST_DIRECT_MM, REFERENCE_MM = 40.0, 20.0  # IEC 60601-2-44, as quoted (free_in_air.py)


def ctdi_collimation_mm(scanner: Scanner) -> float:
    """Nominal collimation at which the CTDI of a scanner is simulated.

    That of the output tables up to 40 mm. Of wider beams CTDI_100 is defined by that of a reference beam, the largest
    of at most 20 mm (free_in_air.py): the chamber of 100 mm would read 4 % less at 80 mm and up to 29 % more at 160 mm.

    Raises
    ------
    CtdoseError
        The output is stated for more than 40 mm, and the scanner has no beam of at most 40 mm to refer to.
    """
    assert scanner.output is not None
    stated = scanner.output.reference_collimation_mm
    if stated <= WIDEST_DIRECT_MM:
        return stated
    narrow = [nt for nt in scanner.collimations_mm if nt <= WIDEST_DIRECT_MM]
    if not narrow:
        raise CtdoseError(
            f"reference_collimation_mm={stated:g} (over {WIDEST_DIRECT_MM:g} mm, where CTDI refers to a narrower beam, "
            f"and {scanner.scanner} has none). Add a collimation of 20 mm, or the largest below it."
        )
    return max((nt for nt in narrow if nt <= REFERENCE_MM), default=min(narrow))
