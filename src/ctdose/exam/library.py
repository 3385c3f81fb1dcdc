"""The exams that come with ctdose, and exam files of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctdose.exam.model import Exam
from ctdose.exam.parse import exam_from_file, exam_from_mapping, exam_from_text
from ctdose.shipped import ShippedFiles

EXAMS = ShippedFiles(
    "exam", "ctdose.exam.data", unknown="not a shipped exam", neither="neither a file nor a shipped exam"
)
SOURCE = "# Source:"


def exam_names() -> list[str]:
    """Names of the exams that come with ctdose."""
    return EXAMS.names()


def exam_text(name: str) -> str:
    """YAML of a shipped exam, commented, ready to be edited.

    Raises
    ------
    CtdoseError
        Unknown name.
    """
    return EXAMS.text(name)


def exam_source(name: str) -> str:
    """Where the figures of a shipped exam come from: the comment ``# Source: …`` of its file, in one line.

    Raises
    ------
    CtdoseError
        Unknown name.
    """
    lines = iter(exam_text(name).splitlines())
    words: list[str] = []
    for line in lines:
        if line.startswith(SOURCE):
            words.append(line.removeprefix(SOURCE).strip())
        elif words and line.startswith("#   "):
            words.append(line.removeprefix("#").strip())
        elif words:
            break
    return " ".join(words)


def exam_publication(name: str) -> str:
    """Publication that the dose figures of a shipped exam are from, and whether they were read in it."""
    source = exam_source(name)
    doubtful = "memory" in source or "second-hand" in source
    return source.partition(";")[0] + (" (not verified)" if doubtful else "")


def load_exam(source: str | Path | dict[str, Any]) -> Exam:
    """Load and check an exam.

    Parameters
    ----------
    source : str, Path or dict
        A YAML file, the name of a shipped exam, or a mapping with the keys of the file.

    Returns
    -------
    Exam

    Raises
    ------
    CtdoseError
        Neither a file nor a shipped exam.
    ExamError
        All faults of the exam, one line each.
    """
    if isinstance(source, dict):
        return exam_from_mapping(source)
    return EXAMS.load(source, exam_from_text, exam_from_file)
