"""The keys of a file of measurements."""

from __future__ import annotations

from ctdose.calibration.measurements import Measurements
from ctdose.file_keys import FileKeys

# `geometry` and `collimations` have the keys that they have in a scanner's file, and the errors of one beam or
# profile those of the whole file.
_REPEATED = ("geometry.", "collimations.", "beams[].relative_errors.", "profiles[].relative_errors.")

MEASUREMENT_KEYS = FileKeys(
    Measurements,
    title="ctdose measurements",
    special={
        "fan_angle_deg": "list of numbers",
        "phantoms_on_table_cm": "list of numbers",
        "off_axis_mm": "list of numbers",
        "relative_air_kerma": "list of numbers",
    },
    left_out=_REPEATED,
)
