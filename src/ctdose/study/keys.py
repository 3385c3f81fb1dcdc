"""The keys of a study's file."""

from __future__ import annotations

from ctdose.file_keys import FileKeys
from ctdose.study.model import Study

STUDY_KEYS = FileKeys(
    Study,
    title="ctdose study",
    special={"base": "text or mapping", "change": "mapping", "grid": "mapping of lists"},
)
