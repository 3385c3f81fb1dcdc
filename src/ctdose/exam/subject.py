"""Who was examined, for the record only: nothing here changes a dose."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator

from ctdose.schema import Checked, fault
from ctdose.schema import key as declare

EventUid = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=64)]


def _date(value: Any) -> str:
    right = "Write year, month and day, for example 2024-05-31."
    try:
        return dt.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise fault("not a date", right) from None


IsoDate = Annotated[str, PlainValidator(_date, json_schema_input_type=str)]


class Subject(Checked):
    """The person behind an exam, pseudonymous; kept in the result, without effect on the dose."""

    key: str | None = declare(None, doc="Pseudonymous key", max_length=64, example="P-0042")
    age_years: float | None = declare(None, doc="Age", unit="years", ge=0, le=130, example=54)
    sex: Literal["female", "male", "other"] | None = declare(None, doc="Sex")
    height_cm: float | None = declare(None, doc="Height", unit="cm", gt=0, le=260, example=172)
    weight_kg: float | None = declare(None, doc="Weight", unit="kg", gt=0, le=500, example=74)
