"""From YAML to an exam: models, cross-checks and scanner in one pass, all faults at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctdose.exam.checks import check_exam
from ctdose.exam.faults import ExamError, Report
from ctdose.exam.model import Exam
from ctdose.exam.modulation_checks import check_modulation
from ctdose.exam.modulation_inline import with_tables
from ctdose.exam.phantom_checks import check_phantom_name
from ctdose.exam.scanner_checks import check_scanner_of
from ctdose.faults import ABSENT
from ctdose.schema_faults import validate
from ctdose.yaml_reader import Document, parse_yaml, read_yaml

OTHER_FILES = (
    ("study", "a study", "Give it to ctdose compare."),
    ("exams", "a manifest of many exams", "Give it to ctdose batch."),
    ("tube", "the file of a scanner", "Name it as scanner: of an exam."),
)
"""A key that only another kind of file has, what that is, and what to do with it."""


def exam_from_file(path: str | Path) -> Exam:
    """Read and check an exam's file; see `ctdose.exam.library.load_exam`."""
    return exam_from_document(read_yaml(path, ExamError), folder=Path(path).parent)


def exam_from_text(text: str, file: str = "exam.yaml") -> Exam:
    """Check an exam given as YAML text."""
    return exam_from_document(parse_yaml(text.encode(), file, ExamError))


def exam_from_mapping(data: dict[str, Any]) -> Exam:
    """Check an exam given as a mapping, with the keys of the YAML file."""
    return exam_from_document(Document(data, {}, "exam"))


def exam_from_document(document: Document, *, folder: Path | None = None, check_scanner: bool = True) -> Exam:
    """Check a document; raise all its faults, or return the exam.

    Parameters
    ----------
    document : Document
        What was read.
    folder : Path, optional
        Where files that it names are looked for first.
    check_scanner : bool
        Whether to load the scanner and check against it.

    Raises
    ------
    ExamError
        All faults, one line each.
    """
    report = Report(document)
    if not isinstance(document.data, dict):
        right = "Begin with exam:, phantom:, scanner: and acquisitions:, each at the start of a line."
        report.add((), ABSENT, "an exam is a mapping of keys", right)
        report.raise_if_any()
    _check_kind(document.data, report)
    exam, faults = validate(Exam, document)
    report.faults += faults
    check_exam(document.data, report)
    check_modulation(document.data, folder, report)
    check_phantom_name(document.data, folder, report)
    if check_scanner:
        check_scanner_of(document.data, folder, report)
    report.raise_if_any()
    assert exam is not None
    exam._document = document
    return with_tables(exam, folder)


def _check_kind(data: dict[str, Any], report: Report) -> None:
    """Raise one fault where the file is of another kind, instead of all keys that it lacks."""
    if "exam" in data:
        return
    for key, kind, right in OTHER_FILES:
        if key in data and "acquisitions" not in data:
            shown = data[key] if isinstance(data[key], str) else "…"
            report.add((key,), shown, f"{kind}, not an exam", right)
            report.raise_if_any()
