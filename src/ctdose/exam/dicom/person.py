"""Age, sex, height and weight, which an exam holds on request only; never a name, an identifier or a date."""

from __future__ import annotations

from typing import Any

from ctdose.exam.dicom.element import number, text
from ctdose.exam.dicom.found import Known

UNITS_PER_YEAR = {"Y": 1.0, "M": 12.0, "W": 52.1775, "D": 365.2425}
OLDEST = 90.0  # ages above 89 identify a person (US Code of Federal Regulations, 45 CFR 164.514(b)(2)(i)(C))
SEXES = {"F": "female", "M": "male", "O": "other"}


def person_of(data: Any) -> dict[str, Known]:
    """What a data set says of the person, by key of `subject`."""
    found: dict[str, Known] = {}
    age = age_years(text(data, "PatientAge"))
    if age is not None:
        found["age_years"] = Known(min(age, OLDEST), "header (0010,1010) Patient's Age, at most 90")
    sex = SEXES.get(text(data, "PatientSex").upper())
    if sex is not None:
        found["sex"] = Known(sex, "header (0010,0040) Patient's Sex")
    height, weight = number(data, "PatientSize"), number(data, "PatientWeight")
    if height is not None:
        found["height_cm"] = Known(round(100.0 * height, 1), "header (0010,1020) Patient's Size")
    if weight is not None:
        found["weight_kg"] = Known(weight, "header (0010,1030) Patient's Weight")
    return found


def age_years(age: str) -> float | None:
    """Age of a DICOM age string such as 054Y, 010M, 003W or 021D; None if it is none."""
    if len(age) != 4 or not age[:3].isdigit() or age[3] not in UNITS_PER_YEAR:
        return None
    return round(int(age[:3]) / UNITS_PER_YEAR[age[3]], 2)
