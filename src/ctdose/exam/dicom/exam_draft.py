"""The exam that is made of an examination: its YAML, each value with its origin, and all that the user must know."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.errors import CtdoseError
from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.draft_comparison import against_plan, refuse_short_suggestions
from ctdose.exam.dicom.draft_unused import unused_options
from ctdose.exam.dicom.draft_yaml import exam_data, head_of, unknown_of
from ctdose.exam.dicom.drafting import draft_acquisition
from ctdose.exam.dicom.found import Event, Examination
from ctdose.exam.dicom.wishes import Wishes
from ctdose.exam.faults import ExamError
from ctdose.exam.parse import exam_from_document
from ctdose.exam.resolved import ResolvedExam, resolve
from ctdose.phantoms.library import load_bodies, phantom_names
from ctdose.phantoms.patient.build import NAME
from ctdose.scanner.library import load_scanner, scanner_names
from ctdose.scanner.model import Scanner
from ctdose.yaml_reader import parse_yaml
from ctdose.yaml_writer import write_yaml

if TYPE_CHECKING:
    from ctdose.phantoms.voxel_phantom import VoxelPhantom


@dataclass(frozen=True)
class ExamDraft:
    """An exam that was made and checked.

    Parameters
    ----------
    text : str
        Its YAML, with comments.
    remarks : tuple of str
        One line each; they stand in the YAML too.
    """

    text: str
    remarks: tuple[str, ...]


def draft_exam(examination: Examination, wishes: Wishes, file: Path) -> ExamDraft:
    """Make the exam of an examination and check it.

    Parameters
    ----------
    examination : Examination
    wishes : Wishes
    file : Path
        Where it will be written: relative names of scanner and phantom are looked for in its folder, too.

    Returns
    -------
    ExamDraft

    Raises
    ------
    CtdoseError
        Something is missing: one line for each, with the option that gives it.
    ExamError
        The exam that was made has faults.
    """
    wishes.check_numbers(len(examination.events))
    chosen, remarks = _chosen(examination, wishes)
    scanner, bodies = _scanner(wishes, file), _bodies(wishes, file)
    is_own_ct = bodies is not None and len(bodies) == 1 and bodies[0].name == NAME
    own_z_mm = bodies[0].z_range_mm if bodies is not None and is_own_ct else None
    drafts = []
    if scanner is not None:
        drafts = [draft_acquisition(n, e, wishes, scanner, own_z_mm=own_z_mm) for n, e in chosen]
    missing = _missing(scanner, bodies, drafts)
    if missing or scanner is None or bodies is None:
        raise CtdoseError("\n".join(missing))
    remarks += [f"acquisition {draft.number}: {line}" for draft in drafts for line in draft.remarks]
    remarks += unused_options(drafts, wishes)
    data, comments = exam_data(examination, wishes, drafts, is_own_ct=is_own_ct)
    resolved = _checked(write_yaml(data, comments), file, scanner, bodies)
    refuse_short_suggestions(drafts, resolved)
    remarks += against_plan(drafts, resolved)
    unknown = unknown_of(drafts, data)
    text = head_of(remarks, unknown) + write_yaml(data, comments)
    _checked(text, file, scanner, bodies)
    return ExamDraft(text, tuple(remarks))


def _missing(
    scanner: Scanner | None, bodies: tuple[VoxelPhantom, ...] | None, drafts: list[AcquisitionDraft]
) -> list[str]:
    """What has to be given, all of it at once: one line each."""
    missing = []
    if scanner is None:
        known = ", ".join(scanner_names())
        missing.append(f"scanner (no header names one of ours). Give --scanner: {known}, or a file.")
    if bodies is None:
        some = [name for name in phantom_names() if "-" not in name]
        missing.append(f"phantom (missing). Give --phantom: {', '.join(some)}, … or a file.")
    return missing + [f"acquisition {draft.number}: {line}" for draft in drafts for line in draft.missing]


def _chosen(examination: Examination, wishes: Wishes) -> tuple[list[tuple[int, Event]], list[str]]:
    numbered = list(enumerate(examination.events, start=1))
    if wishes.only:
        numbered = [(number, event) for number, event in numbered if number in wishes.only]
    remarks = list(examination.remarks)
    localizers = [(n, e) for n, e in numbered if e.value("mode") == "localizer"]
    if localizers and not wishes.with_localizers:
        numbered = [each for each in numbered if each not in localizers]
        dlp = sum(event.value("dlp_mgy_cm") or 0.0 for _, event in localizers)
        share = f", DLP {dlp:g} mGy·cm in all" if dlp else ""
        remarks.append(f"{len(localizers)} localizers left out{share}; --with-localizers keeps them")
    if not numbered:
        raise CtdoseError("examination (no acquisition is left). Add --with-localizers, or give other files.")
    return numbered, remarks


def _scanner(wishes: Wishes, file: Path) -> Scanner | None:
    return None if wishes.scanner is None else load_scanner(wishes.scanner, file.parent)


def _bodies(wishes: Wishes, file: Path) -> tuple[VoxelPhantom, ...] | None:
    return None if wishes.phantom is None else tuple(load_bodies(wishes.phantom, folder=file.parent))


def _checked(text: str, file: Path, scanner: Scanner, bodies: tuple[VoxelPhantom, ...]) -> ResolvedExam:
    document = parse_yaml(text.encode(), f"{file} (not written)", ExamError)
    return resolve(exam_from_document(document, folder=file.parent), scanner, bodies)
