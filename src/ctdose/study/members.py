"""The exams of a study: its base first, then each variant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os.path import exists, isfile  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.exam.faults import ExamError
from ctdose.exam.library import load_exam
from ctdose.exam.model import Exam
from ctdose.exam.parse import exam_from_document
from ctdose.faults import ABSENT, Fault, KeyPath
from ctdose.study.change import Set, Unchangeable, changed, sets_of
from ctdose.study.faults import StudyError
from ctdose.study.model import MOST_VARIANTS, Study
from ctdose.study.wishes import Wish, wishes_of
from ctdose.yaml_reader import Document


@dataclass(frozen=True)
class Member:
    """An exam of a study.

    Parameters
    ----------
    name : str
    exam : Exam
    path : tuple of str and int
        Where the study's file says so.
    """

    name: str
    exam: Exam
    path: KeyPath


def members_of(study: Study, document: Document, folder: Path | None) -> list[Member]:
    """Make the exams of a study.

    Parameters
    ----------
    study : Study
    document : Document
        It was read from; gives the lines of messages.
    folder : Path or None
        Of its file, where exams, scanners and phantoms are looked for first.

    Raises
    ------
    StudyError
        All faults of the variants, one line each.
    ExamError
        Those of a base in a file of its own.
    """
    base, data = _base(study, document, folder)
    found, faults = [Member(study.base_name, base, ("base",))], []
    wishes = wishes_of(study)
    if not wishes:
        faults.append(_fault(document, (), "has neither variants nor a grid", "Write variants: or grid:."))
    if len(wishes) > MOST_VARIANTS:
        why, right = f"{len(wishes)} variants", f"Compare at most {MOST_VARIANTS} at a time."
        faults.append(_fault(document, wishes[-1].path, why, right))
        wishes = []
    names = {study.base_name: "the base"}
    for wish in wishes:
        if wish.name in names:
            why = f"already the name of {names[wish.name]}"
            path = (*wish.path, "name") if wish.path[0] == "variants" else wish.path
            faults.append(_fault(document, path, why, "Choose another.", wish.name))
        names[wish.name] = "another variant"
        try:
            exam = _exam_of(wish, data, base, document)
        except StudyError as error:
            faults += error.faults
            continue
        if wish.path[0] == "grid" and _alike(exam, base):
            continue  # the base is in the study already
        found.append(Member(wish.name, exam, wish.path))
    if wishes and len(found) == 1 and not faults:
        right = "Write a value that the base has not."
        faults.append(_fault(document, ("grid",), "holds nothing but the base", right, study.grid))
    if faults:
        raise StudyError(document.file, faults)
    return found


def _fault(document: Document, path: KeyPath, why: str, right: str, value: Any = None) -> Fault:
    return Fault(path, ABSENT if value is None else value, why, right, document.line(path))


def _base(study: Study, document: Document, folder: Path | None) -> tuple[Exam, dict[str, Any]]:
    """The base exam, and its mapping with the files that it names as seen from anywhere."""
    if isinstance(study.base, dict):
        lines = {path[1:]: line for path, line in document.lines.items() if path[:1] == ("base",)}
        own = Document(study.base, lines, document.file, document.sha256)
        exam = exam_from_document(own, folder=folder)
        return exam, dict(study.base)
    name = study.base
    if folder is not None and isfile(folder / name):
        name = str(folder / name)
    if Path(name).suffix and not exists(name):
        right = "Files are looked for beside the study, then in the current folder."
        raise StudyError(document.file, [_fault(document, ("base",), "no such file", right, study.base)])
    try:
        exam = load_exam(name)
    except ExamError:  # its lines name its own file
        raise
    except CtdoseError as error:
        why, _, right = str(error).partition(" (")[2].partition("). ")
        fault = _fault(document, ("base",), why, right, study.base)
        raise StudyError(document.file, [fault]) from None
    assert exam._document is not None
    return exam, dict(exam._document.data)


def _exam_of(wish: Wish, data: dict[str, Any], base: Exam, document: Document) -> Exam:
    try:
        sets = sets_of(wish.change, len(base.acquisitions))
        values = changed(data, sets)
    except Unchangeable as fault:
        raise StudyError(document.file, [_wrong_key(wish, fault, data, document)]) from None
    lines: dict[KeyPath, int] = {(): document.line(wish.path) or 0}
    lines |= {each.path: _line(wish, each, document) for each in sets}
    own = Document(values, lines, document.file, document.sha256)
    try:
        exam = exam_from_document(own, folder=base.folder)
    except ExamError as error:
        faults = [replace(fault, why=f"{fault.why}; variant {wish.name}") for fault in error.faults]
        raise StudyError(document.file, faults) from None
    if base._document is not None:  # files that it names are looked for beside the base
        exam._document = Document(values, {}, base._document.file, base._document.sha256)
    return exam


def _wrong_key(wish: Wish, fault: Unchangeable, data: dict[str, Any], document: Document) -> Fault:
    """The fault of the key of the change that cannot be changed; `data` is the base's."""
    for name, value in wish.change.items():
        try:
            changed(data, sets_of({name: value}, len(data["acquisitions"])))
        except Unchangeable as own:
            return _fault(document, wish.places[name], f"{own.why}; variant {wish.name}", own.right, value)
    return _fault(document, wish.path, fault.why, fault.right)


def _line(wish: Wish, each: Set, document: Document) -> int:
    return document.line((*wish.places[str(each.said[0])], *each.said[1:])) or 0


def _alike(one: Exam, other: Exam) -> bool:
    return one.model_dump(mode="json") == other.model_dump(mode="json")
