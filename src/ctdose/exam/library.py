"""The exams that come with ctdose, and exam files of one's own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError, nearest
from ctdose.exam.model import Exam
from ctdose.exam.parse import exam_from_file, exam_from_mapping, exam_from_text

SOURCE = "# Source:"


def exam_names() -> list[str]:
    """Names of the exams that come with ctdose."""
    files = resources.files("ctdose.exam.data").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def exam_text(name: str) -> str:
    """YAML of a shipped exam, commented, ready to be edited.

    Raises
    ------
    CtdoseError
        Unknown name.
    """
    if name not in exam_names():
        raise CtdoseError(f"exam={name} (not a shipped exam). {nearest(name, exam_names())}")
    return resources.files("ctdose.exam.data").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


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
    name = str(source)
    if name in exam_names():
        return exam_from_text(exam_text(name), f"{name}.yaml")
    path = Path(name)
    if not path.suffix and not path.exists():
        why = "neither a file nor a shipped exam"
        raise CtdoseError(f"exam={name} ({why}). {nearest(name, exam_names())}")
    return exam_from_file(source)
