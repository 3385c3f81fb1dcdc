"""From YAML to a study with its exams, all faults at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctdose.faults import ABSENT, Fault
from ctdose.schema_faults import validate
from ctdose.study.faults import StudyError
from ctdose.study.members import Member, members_of
from ctdose.study.model import Study
from ctdose.study.noise_checks import check_material
from ctdose.yaml_reader import Document, parse_yaml, read_yaml


@dataclass(frozen=True)
class StudyFile:
    """A study that was read and checked.

    Parameters
    ----------
    study : Study
    members : tuple of Member
        Its exams, the base first.
    document : Document
    """

    study: Study
    members: tuple[Member, ...]
    document: Document

    def error(self, path: tuple[str | int, ...], value: Any, why: str, right: str) -> StudyError:
        """The error for one fault at a place of the file; `value` is `ABSENT` for none to show."""
        return StudyError(self.document.file, [Fault(path, value, why, right, self.document.line(path))])


def study_from_file(path: str | Path) -> StudyFile:
    """Read and check a study's file."""
    return study_from_document(read_yaml(path, StudyError), Path(path).parent)


def study_from_text(text: str, file: str = "study.yaml") -> StudyFile:
    """Check a study given as YAML text."""
    return study_from_document(parse_yaml(text.encode(), file, StudyError))


def study_from_document(document: Document, folder: Path | None = None) -> StudyFile:
    """Check a document; raise all its faults, or return the study.

    Raises
    ------
    StudyError
        All faults, one line each.
    ExamError
        The base's own file has faults.
    """
    if not isinstance(document.data, dict):
        right = "Begin with study:, base: and variants:, each at the start of a line."
        raise StudyError(document.file, [Fault((), ABSENT, "a study is a mapping of keys", right, 1)])
    if "exam" in document.data and "study" not in document.data:
        right = "Run it with ctdose run, or name it as base: of a study."
        fault = Fault(
            ("exam",), document.data["exam"], "an exam, not a study", right, document.line(("exam",))
        )
        raise StudyError(document.file, [fault])
    study, faults = validate(Study, document)
    if study is None:
        raise StudyError(document.file, faults)
    check_material(study, document)
    return StudyFile(study, tuple(members_of(study, document, folder)), document)
