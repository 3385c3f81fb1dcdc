"""One beam of an acquisition: what was chosen at the scanner for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.second_tube import NO_FILTER
from ctdose.scanner.model import Scanner

FIRST_TUBE, SECOND_TUBE = "A", "B"


@dataclass(frozen=True)
class BeamChoice:
    """A beam that an acquisition uses; most have one, dual source and fast kV switching have two.

    Parameters
    ----------
    tube_voltage_kv : float
        Peak tube voltage, kV.
    bowtie : str
        A bowtie of the scanner.
    collimation_mm : float
        Nominal beam collimation nT, mm.
    tube : str
        ``A``, or ``B`` for the second tube of a dual-source scanner.
    filter : str or None
        An additional flat filter of the scanner.
    focal_spot : str or None
        A focal spot of the scanner; None: its default.
    gantry_tilt_deg : float
        Tilt of the gantry, deg.
    """

    tube_voltage_kv: float
    bowtie: str
    collimation_mm: float
    tube: str = FIRST_TUBE
    filter: str | None = None
    focal_spot: str | None = None
    gantry_tilt_deg: float = 0.0

    @property
    def label(self) -> str:
        """Short text for progress lines and tables: ``120 kV body``, ``tube B 140 kV body tin-0.4``."""
        words = [f"{self.tube_voltage_kv:g} kV", self.bowtie]
        if self.tube != FIRST_TUBE:
            words.insert(0, f"tube {self.tube}")
        if self.filter is not None:
            words.append(self.filter)
        return " ".join(words)


def beams_of(acquisition: Acquisition) -> tuple[BeamChoice, ...]:
    """The beams of an acquisition: one; or those of two tubes; or of one tube at two voltages."""
    first = BeamChoice(
        acquisition.tube_voltage_kv,
        acquisition.bowtie,
        acquisition.collimation_mm,
        filter=acquisition.filter,
        focal_spot=acquisition.focal_spot,
        gantry_tilt_deg=acquisition.gantry_tilt_deg,
    )
    second = acquisition.second_tube
    if second is not None:
        return first, replace(
            first,
            tube=SECOND_TUBE,
            tube_voltage_kv=second.tube_voltage_kv or first.tube_voltage_kv,
            bowtie=second.bowtie or first.bowtie,
            filter=None if second.filter == NO_FILTER else second.filter or first.filter,
        )
    if acquisition.switched_tube_voltage_kv is not None:
        return first, replace(first, tube_voltage_kv=acquisition.switched_tube_voltage_kv)
    return (first,)


def angle_offset_rad(scanner: Scanner, choice: BeamChoice) -> float:
    """How far the tube of a beam is ahead of the first in the direction of rising gantry angle, rad."""
    if choice.tube == FIRST_TUBE or scanner.second_tube is None:
        return 0.0
    return math.radians(scanner.second_tube.angle_offset_deg)


def ctdi_w_of(scanner: Scanner, choice: BeamChoice, ctdi_phantom_cm: int) -> float | None:
    """CTDI_w per 100 mAs of a beam at its collimation, mGy; None if the scanner's file states none.

    That of the second tube is that of the first at the same voltage, bowtie and filter: both tubes are alike, and its
    smaller fan still holds the CTDI phantom, or is taken to.

    Raises
    ------
    CtdoseError
        The tube voltage lies outside the scanner's table.
    """
    return scanner.ctdi_w_mgy_per_100mas(
        choice.tube_voltage_kv, choice.bowtie, ctdi_phantom_cm, choice.collimation_mm, choice.filter
    )
