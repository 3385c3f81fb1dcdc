"""What an output means where the tube current is modulated: the mean of the scan, or a level to start from."""

from __future__ import annotations

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.modulation_table import CurrentTable, table_of


def states_mean(acquisition: Acquisition) -> bool:
    """Whether the exam states the time-weighted mean over the beam-on, and the modulation only its shape."""
    return acquisition.output_key not in ("quality_reference_mas", "modulation")


def keeps_open_mas(acquisition: Acquisition) -> bool:
    """Whether what is kept is the mean of mAs times the open part of the beam: CTDI_vol is stated, which counts these.

    It makes a difference with blades that move: what they absorb is in the mAs, but not in CTDI_vol.
    """
    return acquisition.output_key == "ctdi_vol_mgy"


def level_table(acquisition: Acquisition) -> CurrentTable | None:
    """The table of an acquisition, or None."""
    options = acquisition.modulation_options
    return table_of(options) if options.z_mm is not None else None


def level_mas_per_rotation(acquisition: Acquisition, rotation_time_s: float) -> float | None:
    """mAs of a rotation at the level where the exam states no mean; None where it does.

    `quality_reference_mas` is an effective mAs (per rotation over pitch) in helical mode, as on the consoles that use
    the word, and mAs per rotation in the others; at the reference diameter. Of a table the mean over its rows.
    """
    if acquisition.quality_reference_mas is not None:
        pitch = acquisition.pitch if acquisition.mode == "helical" else None
        return acquisition.quality_reference_mas * (pitch or 1.0)
    if states_mean(acquisition):
        return None
    table = level_table(acquisition)
    assert table is not None
    return table.mean_ma * rotation_time_s
