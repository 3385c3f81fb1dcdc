"""The exam that is made of an examination: its YAML, each value with its origin, and all that the user must know."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctdose.errors import CtdoseError
from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.drafting import draft_acquisition
from ctdose.exam.dicom.found import Event, Examination, Known
from ctdose.exam.dicom.wishes import Wishes
from ctdose.exam.faults import ExamError
from ctdose.exam.parse import exam_from_document
from ctdose.exam.resolved import ResolvedExam, resolve
from ctdose.faults import KeyPath
from ctdose.phantoms.library import load_bodies, phantom_names
from ctdose.phantoms.patient.build import NAME
from ctdose.scanner.library import load_scanner, scanner_names
from ctdose.scanner.model import Scanner
from ctdose.yaml_reader import parse_yaml
from ctdose.yaml_writer import write_yaml

if TYPE_CHECKING:
    from ctdose.exam.plan import Plan
    from ctdose.phantoms.voxel_phantom import VoxelPhantom

SAME_LENGTH = 0.1
SIMILAR_LENGTH = 0.3  # people differ in size by so much, regions of a protocol by more
WIDTH = 114
NEVER_KNOWN = (
    "start_angle_deg: the mean over all start angles is simulated",
    "table_direction: craniocaudal is assumed; it matters with a start angle only",
    "over-ranging: the formula of the scanner file",
    "the table under the patient: not simulated unless the exam says so",
    "additional flat filters and the focal spot: those of the scanner file by default; Filter Type and Focal Spots of "
    "a header name them in words of the maker",
)
NO_LENGTH = (
    "irradiation beyond the images (slices that were not made or not given): only a dose report tells it"
)
NO_TILT = "gantry_tilt_deg: a dose report does not tell it; upright is simulated"
NO_CENTRE = "off_centre_mm: the patient's place in the gantry is that of the patient, not of this phantom; on the axis"


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
    missing = []
    if scanner is None:
        known = ", ".join(scanner_names())
        missing.append(f"scanner (no header names one of ours). Give --scanner: {known}, or a file.")
    if bodies is None:
        some = [name for name in phantom_names() if "-" not in name]
        missing.append(f"phantom (missing). Give --phantom: {', '.join(some)}, … or a file.")
    drafts = []
    if scanner is not None:
        drafts = [draft_acquisition(n, e, wishes, scanner, own_z_mm=own_z_mm) for n, e in chosen]
        missing += [f"acquisition {draft.number}: {line}" for draft in drafts for line in draft.missing]
    if missing or scanner is None or bodies is None:
        raise CtdoseError("\n".join(missing))
    remarks += [f"acquisition {draft.number}: {line}" for draft in drafts for line in draft.remarks]
    data, comments = _data(examination, wishes, drafts, is_own_ct=is_own_ct)
    resolved = _checked(write_yaml(data, comments), file, scanner, bodies)
    _refuse_short_suggestions(drafts, resolved)
    remarks += _against_plan(drafts, resolved)
    unknown = _unknown(drafts, data)
    text = _head(remarks, unknown) + write_yaml(data, comments)
    _checked(text, file, scanner, bodies)
    return ExamDraft(text, tuple(remarks))


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


def _data(
    examination: Examination, wishes: Wishes, drafts: list[AcquisitionDraft], *, is_own_ct: bool
) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    values: dict[str, Any] = {
        "exam": Known(wishes.title or "Examination from DICOM", "given" if wishes.title else "default"),
        "phantom": Known(wishes.phantom, "given with --phantom"),
        "scanner": Known(wishes.scanner, "given with --scanner"),
    }
    data: dict[str, Any] = {name: known.value for name, known in values.items()}
    comments: dict[KeyPath, str] = {(name,): known.origin for name, known in values.items()}
    data["acquisitions"] = []
    for i, draft in enumerate(drafts):
        data["acquisitions"].append({name: known.value for name, known in draft.values.items()})
        comments.update({("acquisitions", i, name): known.origin for name, known in draft.values.items()})
        for name, values_of in draft.nested.items():
            data["acquisitions"][-1][name] = {each: known.value for each, known in values_of.items()}
            comments.update(
                {("acquisitions", i, name, each): known.origin for each, known in values_of.items()}
            )
    centres = {known.value: known for draft in drafts if (known := draft.event.known.get("isocentre_mm"))}
    if is_own_ct and len(centres) == 1:
        centre = next(iter(centres.values()))
        data["isocentre_mm"], comments[("isocentre_mm",)] = list(centre.value), centre.origin
    _subject(data, comments, examination, wishes)
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


def _checked(text: str, file: Path, scanner: Scanner, bodies: tuple[VoxelPhantom, ...]) -> ResolvedExam:
    document = parse_yaml(text.encode(), f"{file} (not written)", ExamError)
    return resolve(exam_from_document(document, folder=file.parent), scanner, bodies)


def _unknown(drafts: list[AcquisitionDraft], data: dict[str, Any]) -> list[str]:
    extra = [] if "isocentre_mm" in data else [NO_CENTRE]
    if any(draft.event.value("scanning_length_mm") is None for draft in drafts):
        extra.append(NO_LENGTH)
    if any(not draft.event.has_images and "gantry_tilt_deg" not in draft.values for draft in drafts):
        extra.append(NO_TILT)
    return [*extra, *NEVER_KNOWN]


def _refuse_short_suggestions(drafts: list[AcquisitionDraft], resolved: ResolvedExam) -> None:
    """Refuse a suggested region that is much shorter or longer than what was examined.

    Raises
    ------
    CtdoseError
        One line for each acquisition.
    """
    lines = []
    for i, draft in enumerate(drafts):
        chosen, length = draft.values["scan_range"], draft.event.value("length_mm")
        plans = {body: of_body[i] for body, of_body in resolved.plans.items()}
        if (
            not chosen.origin.startswith("suggested")
            or not length
            or draft.values["mode"].value == "stationary"
        ):
            continue
        lengths = {body: _length_mm(plan, draft.event) for body, plan in plans.items()}
        far = {body: each for body, each in lengths.items() if abs(each - length) > SIMILAR_LENGTH * length}
        if far:
            body, each = next(iter(far.items()))
            why = f"{chosen.origin} is {each:.0f} mm long on {body}, the examination {length:.0f} mm"
            lines.append(f"acquisition {draft.number}: scan_range={chosen.value} ({why}). Give --scan-range.")
    if lines:
        raise CtdoseError("\n".join(lines))


def _length_mm(plan: Plan, event: Event) -> float:
    """Length of a plan that compares with `length_mm` of an event: with over-ranging where that is table travel."""
    return plan.irradiated_length_mm if event.is_travel else plan.planned_length_mm


def _against_plan(drafts: list[AcquisitionDraft], resolved: ResolvedExam) -> Iterable[str]:
    """Length and DLP of the plan against those of the examination."""
    from ctdose.exam.beam_choice import ctdi_w_of
    from ctdose.exam.dose_indices import dose_indices

    for body, plans in resolved.plans.items():
        for draft, plan in zip(drafts, plans, strict=True):
            length, dlp = draft.event.value("length_mm"), draft.event.value("dlp_mgy_cm")
            if (
                length
                and plan.mode != "stationary"
                and abs(plan.planned_length_mm - length) > SAME_LENGTH * length
            ):
                yield (
                    f"acquisition {draft.number}: the range is {plan.planned_length_mm:.0f} mm long on {body}, "
                    f"the examination's {length:.0f} mm"
                )
            ctdi_w = [ctdi_w_of(resolved.scanner, beam, plan.ctdi_phantom_cm) for beam in plan.beams]
            stated_w = [each for each in ctdi_w if each]
            size = draft.event.value("ctdi_phantom_cm")
            if len(stated_w) == len(ctdi_w) and dlp and size == plan.ctdi_phantom_cm:
                planned = dose_indices(plan, stated_w).dlp_mgy_cm
                if abs(planned - dlp) > SAME_LENGTH * dlp:
                    stated = f"dose report {dlp:.4g} mGy·cm"
                    yield f"acquisition {draft.number}: DLP {planned:.4g} mGy·cm on {body}, {stated}"


def _head(remarks: list[str], unknown: Iterable[str]) -> str:
    lines = ["# Made from DICOM by ctdose exam from-dicom. Beside each value stands where it came from."]
    for title, entries in (("Remarks:", remarks), ("Not known from the files:", unknown)):
        lines += [f"# {title}"] if entries else []
        for entry in entries:
            lines += textwrap.wrap(entry, WIDTH, initial_indent="#   - ", subsequent_indent="#     ")
    return "\n".join(lines) + "\n\n"
