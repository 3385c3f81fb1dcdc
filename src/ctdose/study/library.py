"""The studies that come with ctdose, and study files of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctdose.shipped import ShippedFiles
from ctdose.study.parse import StudyFile, study_from_document, study_from_file, study_from_text
from ctdose.yaml_reader import Document

STUDIES = ShippedFiles(
    "study", "ctdose.study.data", unknown="not a shipped study", neither="neither a file nor a shipped study"
)


def study_names() -> list[str]:
    """Names of the studies that come with ctdose."""
    return STUDIES.names()


def study_text(name: str) -> str:
    """YAML of a shipped study, commented, ready to be edited.

    Raises
    ------
    CtdoseError
        Unknown name.
    """
    return STUDIES.text(name)


def load_study(source: str | Path | dict[str, Any]) -> StudyFile:
    """Load and check a study.

    Parameters
    ----------
    source : str, Path or dict
        A YAML file, the name of a shipped study, or a mapping with the keys of the file.

    Raises
    ------
    CtdoseError
        Neither a file nor a shipped study.
    StudyError
        All faults of the study, one line each.
    """
    if isinstance(source, dict):
        return study_from_document(Document(source, {}, "study"))
    return STUDIES.load(source, study_from_text, study_from_file)
