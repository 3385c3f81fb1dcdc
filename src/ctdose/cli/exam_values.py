"""Values of acquisitions typed as options of `ctdose exam from-dicom`: words, ranges, numbers with their limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ctdose.cli.numbered_values import number_values, range_values, word_values

LIMITS = {
    "ctdi_vol_mgy": (0.0, 5000.0),
    "ctdi_phantom_cm": (16.0, 32.0),
    "tube_voltage_kv": (40.0, 150.0),
    "tube_current_ma": (0.0, 5000.0),
    "collimation_mm": (0.0, 200.0),
    "pitch": (0.0, 4.0),
    "rotation_time_s": (0.0, 60.0),
    "table_increment_mm": (0.0, 1000.0),
    "rotations": (0.0, 10000.0),
    "gantry_tilt_deg": (-45.0, 45.0),
    "second_tube_voltage_kv": (40.0, 150.0),
    "second_tube_current_ma": (0.0, 5000.0),
    "switched_tube_voltage_kv": (40.0, 150.0),
    "switched_time_fraction": (0.0, 1.0),
}


def typed_values(typed: Mapping[str, list[str] | None]) -> dict[str, dict[int, Any]]:
    """Values by key and number of the acquisition; 0: for all.

    Parameters
    ----------
    typed : mapping of str to list of str or None
        What was typed for each key.

    Raises
    ------
    CtdoseError
        A value is none, is out of its limits, or is given twice.
    """
    return {name: _values(name, texts) for name, texts in typed.items()}


def _values(name: str, texts: list[str] | None) -> dict[int, Any]:
    if name == "scan_range":
        return range_values(name, texts)
    return number_values(name, texts, *LIMITS[name]) if name in LIMITS else word_values(name, texts)
