"""The YAML of an exam made of DICOM files: its data, the origin of each value, and what stands at its top."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.found import Examination, Known
from ctdose.exam.dicom.wishes import Wishes
from ctdose.faults import KeyPath

WIDTH = 114
NEVER_KNOWN = (
    "start_angle_deg: the mean over all start angles is simulated",
    "table_direction: craniocaudal is assumed; it matters with a start angle only",
    "over-ranging: the formula of the scanner file",
    "the table under the patient: not simulated unless the exam says so",
    "additional flat filters: none unless Filter Material of a header, or --filter, tells of one; Filter Type names "
    "them in words of the maker",
    "focal spot: the first of the scanner file",
)
NO_LENGTH = (
    "irradiation beyond the images (slices that were not made or not given): only a dose report tells it"
)
NO_TILT = "gantry_tilt_deg: a dose report does not tell it; upright is simulated"
NO_CENTRE = "off_centre_mm: the patient's place in the gantry is that of the patient, not of this phantom; on the axis"


def exam_data(
    examination: Examination, wishes: Wishes, drafts: list[AcquisitionDraft], *, is_own_ct: bool
) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """Data of the exam and a comment for each key path: where the value came from.

    With the phantom of the patient's own CT the axis is where the slices have it.
    """
    values: dict[str, Any] = {
        "exam": Known(wishes.title or "Examination from DICOM", "given" if wishes.title else "default"),
        "phantom": Known(wishes.phantom, "given with --phantom"),
        "scanner": Known(wishes.scanner, "given with --scanner"),
    }
    data: dict[str, Any] = {name: known.value for name, known in values.items()}
    comments: dict[KeyPath, str] = {(name,): known.origin for name, known in values.items()}
    data["acquisitions"] = []
    for i, draft in enumerate(drafts):
        values_of, origins = _acquisition(draft)
        data["acquisitions"].append(values_of)
        comments |= {("acquisitions", i, *path): origin for path, origin in origins.items()}
    centres = {known.value: known for draft in drafts if (known := draft.event.known.get("isocentre_mm"))}
    if is_own_ct and len(centres) == 1:
        centre = next(iter(centres.values()))
        data["isocentre_mm"], comments[("isocentre_mm",)] = list(centre.value), centre.origin
    _subject(data, comments, examination, wishes)
    return data, comments


def _acquisition(draft: AcquisitionDraft) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    data: dict[str, Any] = {name: known.value for name, known in draft.values.items()}
    comments: dict[KeyPath, str] = {(name,): known.origin for name, known in draft.values.items()}
    for name, values in draft.nested.items():
        data[name] = {each: known.value for each, known in values.items()}
        comments |= {(name, each): known.origin for each, known in values.items()}
    return data, comments


def _subject(
    data: dict[str, Any], comments: dict[KeyPath, str], examination: Examination, wishes: Wishes
) -> None:
    person = dict(examination.person) if wishes.with_subject else {}
    if wishes.subject_key is not None:
        person = {"key": Known(wishes.subject_key, "given with --subject-key"), **person}
    if person:
        data["subject"] = {name: known.value for name, known in person.items()}
        comments.update({("subject", name): known.origin for name, known in person.items()})


def unknown_of(drafts: list[AcquisitionDraft], data: dict[str, Any]) -> list[str]:
    """What the files of this examination cannot tell, one line each."""
    extra = [] if "isocentre_mm" in data else [NO_CENTRE]
    if any(draft.event.value("scanning_length_mm") is None for draft in drafts):
        extra.append(NO_LENGTH)
    if any(not draft.event.has_images and "gantry_tilt_deg" not in draft.values for draft in drafts):
        extra.append(NO_TILT)
    return [*extra, *NEVER_KNOWN]


def head_of(remarks: list[str], unknown: Iterable[str]) -> str:
    """Comments for the top of the exam's file."""
    lines = ["# Made from DICOM by ctdose exam from-dicom. Beside each value stands where it came from."]
    for title, entries in (("Remarks:", remarks), ("Not known from the files:", unknown)):
        lines += [f"# {title}"] if entries else []
        for entry in entries:
            lines += textwrap.wrap(entry, WIDTH, initial_indent="#   - ", subsequent_indent="#     ")
    return "\n".join(lines) + "\n\n"
