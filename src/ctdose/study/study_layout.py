"""The parts of a study's result file: for the writer, the reader and the docs."""

from __future__ import annotations

from ctdose.results.result_layout import TEXT, Columns, Part

FORMAT = "ctdose-study"
FORMAT_VERSION = "1.0"
ROOT_TEXTS = ("title", "region", "detail", "acquisition", "created_utc")
"""Attributes of the root that are fields of a `StudyResult`."""

MEMBER_COLUMNS: Columns = {
    "name": (TEXT, "1"),
    "group": ("i4", "1"),
    "tube_voltage_kv": ("f8", "kV"),
    "bowtie": (TEXT, "1"),
    "filter": (TEXT, "1"),
    "collimation_mm": ("f8", "mm"),
    "pitch": ("f8", "1"),
    "tube_current_ma": ("f8", "mA"),
    "total_mas": ("f8", "mAs"),
    "ctdi_vol_mgy": ("f8", "mGy"),
    "dlp_mgy_cm": ("f8", "mGy*cm"),
    "ctdi_phantom_cm": ("i4", "cm"),
    "noise_hu": ("f8", "HU"),
    "electronic_noise_hu": ("f8", "HU"),
    "contrast_hu": ("f8", "HU"),
    "calibration_error": ("f8", "1"),
    "exam_sha256": (TEXT, "1"),
}
CRITERION_COLUMNS: Columns = {
    "member": ("i4", "1"),
    "criterion": (TEXT, "1"),
    "factor": ("f8", "1"),
    "tube_current_ma": ("f8", "mA"),
    "total_mas": ("f8", "mAs"),
    "note": (TEXT, "1"),
}
DOSE_COLUMNS: Columns = {
    "variant": (TEXT, "1"),
    "criterion": (TEXT, "1"),
    "quantity": (TEXT, "1"),
    "unit": (TEXT, "1"),
    "dose": ("f8", "as column unit says"),
    "standard_error": ("f8", "as column unit says"),
    "ratio": ("f8", "1"),
    "ratio_standard_error": ("f8", "1"),
    "ratio_calibration_error": ("f8", "1"),
    "ratio_noise_model_error": ("f8", "1"),
}


def _table(path: str, columns: Columns, row: str) -> Part:
    return Part(path, columns, (row,), ", ".join(unit for _, unit in columns.values()))


PARTS = (
    Part("/provenance/study_yaml", TEXT, (), "1"),
    Part("/provenance/base_yaml", TEXT, (), "1"),
    _table("/members", MEMBER_COLUMNS, "members"),
    _table("/criteria", CRITERION_COLUMNS, "criteria"),
    _table("/doses", DOSE_COLUMNS, "doses"),
    Part("/quantities", TEXT, ("quantities",), "1"),
    Part("/noise_notes", TEXT, ("notes",), "1"),
    Part("/absorbed_dose", "f8", ("members", "quantities"), "mGy, of a weighted sum mSv"),
    Part("/standard_error", "f8", ("members", "quantities"), "mGy, of a weighted sum mSv"),
    Part("/bodies/*/batch_doses", "f8", ("members", "batches", "quantities"), "mGy, of a weighted sum mSv"),
)


def part_of(path: str) -> Part | None:
    """The part that a dataset is; None for one that this version does not know."""
    return next((part for part in PARTS if part.matches(path)), None)
