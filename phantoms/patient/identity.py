"""Whose images these are: compared, and kept nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TAGS = ("FrameOfReferenceUID", "SeriesInstanceUID", "PatientID")


@dataclass(frozen=True, repr=False)
class Identity:
    """What tells one series from another; without a text form, so that no message can hold it.

    Parameters
    ----------
    frame_of_reference, series, patient : str
        Empty where the header has none.
    """

    frame_of_reference: str
    series: str
    patient: str


def identity_of(header: Any) -> Identity:
    """The identity in a header of pydicom."""
    return Identity(*(str(header.get(tag) or "").strip() for tag in TAGS))
