"""The keys of an exam's file."""

from __future__ import annotations

from ctdose.exam.model import Exam
from ctdose.file_keys import FileKeys

EXAM_KEYS = FileKeys(
    Exam,
    title="ctdose exam",
    special={
        "phantom": "text or mapping",
        "acquisitions[].modulation": "list or mapping",
        "acquisitions[].modulation.tube_current_ma": "list",
        "scan_range": "word or two numbers",
        "start_angle_deg": "averaged or number",
        "z_mm": "list",
        "angle_deg": "list",
        "isocentre_mm": "two numbers",
        "off_centre_mm": "two numbers",
        "window_percent": "two numbers",
        "start_phase_percent": "averaged or number",
        "exam_date": "date",
    },
    has_modes=True,
)
