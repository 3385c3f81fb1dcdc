"""What the user says of an exam that is made from DICOM: choices, and values that the files lack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.exam.dicom.found import Known

OPTIONS = {
    "mode": "--mode",
    "tube_voltage_kv": "--tube-voltage-kv",
    "bowtie": "--bowtie",
    "collimation_mm": "--collimation-mm",
    "pitch": "--pitch",
    "rotation_time_s": "--rotation-time-s",
    "table_increment_mm": "--table-increment-mm",
    "rotations": "--rotations",
    "scan_range": "--scan-range",
    "tube_current_ma": "--tube-current-ma",
    "ctdi_vol_mgy": "--ctdi-vol-mgy",
    "ctdi_phantom_cm": "--ctdi-phantom-cm",
    "filter": "--filter",
    "gantry_tilt_deg": "--gantry-tilt-deg",
    "second_tube_voltage_kv": "--second-tube-voltage-kv",
    "second_tube_current_ma": "--second-tube-current-ma",
    "second_tube_filter": "--second-tube-filter",
    "switched_tube_voltage_kv": "--switched-tube-voltage-kv",
    "switched_time_fraction": "--switched-time-fraction",
}
"""Options that give a value of an acquisition, by its key."""

IMAGES = "images"
"""As a scan range: the z of the slices, for the phantom made from the same CT."""


@dataclass(frozen=True)
class Wishes:
    """Choices of the user.

    Parameters
    ----------
    scanner, phantom, title : str or None
    values : dict of str to dict
        By key of `OPTIONS`: values by number of the acquisition, from 1; 0: for all of them.
    output : str or None
        ``ctdi_vol`` or ``current``: which of the two states the output; None: CTDI_vol where it is known.
    nearest : bool
        Take the scanner's nearest voltage, collimation or rotation time where it lacks the one that was used.
    only : tuple of int
        Numbers of the acquisitions to keep; empty: all.
    with_localizers, with_subject, with_uid : bool
        Keep localizers; age, sex, height and weight; irradiation event UIDs.
    subject_key : str or None
        A pseudonymous key.
    """

    scanner: str | None = None
    phantom: str | None = None
    title: str | None = None
    values: dict[str, dict[int, Any]] = field(default_factory=dict)
    output: str | None = None
    nearest: bool = False
    only: tuple[int, ...] = ()
    with_localizers: bool = False
    with_subject: bool = False
    with_uid: bool = False
    subject_key: str | None = None

    def given(self, key: str, number: int) -> Known | None:
        """Value of a key for an acquisition, if the user gave one."""
        values = self.values.get(key, {})
        if number in values:
            return Known(values[number], f"given with {OPTIONS[key]} {number}=")
        return Known(values[0], f"given with {OPTIONS[key]}") if 0 in values else None

    def check_numbers(self, count: int) -> None:
        """Refuse a number of an acquisition that there is not.

        Raises
        ------
        CtdoseError
            An option names an acquisition beyond `count`.
        """
        for key, values in self.values.items():
            for number in values:
                if number > count:
                    self._refuse(OPTIONS[key], number, count)
        for number in self.only:
            if not 1 <= number <= count:
                self._refuse("--only", number, count)

    @staticmethod
    def _refuse(option: str, number: int, count: int) -> None:
        raise CtdoseError(f"{option} {number} (no such acquisition). They are numbered from 1 to {count}.")
