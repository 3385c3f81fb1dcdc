"""What was found in the DICOM files of an examination, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ctdose.cli.messages import say
from ctdose.cli.table import print_table

if TYPE_CHECKING:
    from ctdose.exam.dicom.found import Event, Examination

COLUMNS = {
    "mode": "mode",
    "region": "region",
    "tube_voltage_kv": "kV",
    "collimation_mm": "nT_mm",
    "pitch": "pitch",
    "rotation_time_s": "rotation_s",
    "tube_current_ma": "mA",
    "ctdi_vol_mgy": "CTDI_vol_mGy",
    "ctdi_phantom_cm": "phantom_cm",
    "dlp_mgy_cm": "DLP_mGy_cm",
    "length_mm": "length_mm",
    "z_range_mm": "z_mm",
    "gantry_tilt_deg": "tilt_deg",
}
OTHERS = {
    "tube_voltage_kv": ("second_tube_voltage_kv", "switched_tube_voltage_kv"),
    "tube_current_ma": ("second_tube_current_ma", "switched_tube_current_ma"),
}


def print_events(examination: Examination) -> None:
    """Print a row for each acquisition, numbered from 1 in the order of time."""
    rows = [
        (str(n), *(_cell(event, name) for name in COLUMNS))
        for n, event in enumerate(examination.events, start=1)
    ]
    print_table(("n", *COLUMNS.values()), rows)


def say_remarks(examination: Examination) -> None:
    """Say what was remarked of the examination, then of each acquisition."""
    for line in examination.remarks:
        say(line)
    for n, event in enumerate(examination.events, start=1):
        for remark in event.remarks:
            say(f"acquisition {n}: {remark}")


def _cell(event: Event, name: str) -> str:
    """A value; voltage and current of two tubes, or of a switched voltage, as 100+140."""
    every = [name, *(each for each in OTHERS.get(name, ()) if each in event.known)]
    return "+".join(_text(event.value(each)) for each in every)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " to ".join(f"{each:g}" for each in value)
    return f"{value:.5g}" if isinstance(value, float) else str(value)
