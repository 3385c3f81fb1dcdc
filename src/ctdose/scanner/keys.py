"""The keys of a scanner's file."""

from __future__ import annotations

from ctdose.file_keys import FileKeys
from ctdose.scanner.model import Scanner

SCANNER_KEYS = FileKeys(
    Scanner,
    title="ctdose scanner",
    special={
        "inherent_filtration_mm": "material: number",
        "filters.NAME.thickness_mm": "material: number",
        "bowties.NAME.table_deg_mm": "list of pairs",
        "output.tables[].ctdi_w_mgy_per_100mas": "list of pairs",
        "tube.voltages_kv": "list of numbers",
        "rotation_times_s": "list of numbers",
        "second_tube.bowties": "list of names",
        "second_tube.filters": "list of names",
    },
)
