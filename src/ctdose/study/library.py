"""The studies that come with ctdose, and study files of one's own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError, nearest
from ctdose.study.parse import StudyFile, study_from_document, study_from_file, study_from_text
from ctdose.yaml_reader import Document


def study_names() -> list[str]:
    """Names of the studies that come with ctdose."""
    files = resources.files("ctdose.study.data").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def study_text(name: str) -> str:
    """YAML of a shipped study, commented, ready to be edited.

    Raises
    ------
    CtdoseError
        Unknown name.
    """
    if name not in study_names():
        raise CtdoseError(f"study={name} (not a shipped study). {nearest(name, study_names())}")
    return resources.files("ctdose.study.data").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


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
    name = str(source)
    if name in study_names():
        return study_from_text(study_text(name), f"{name}.yaml")
    path = Path(name)
    if not path.suffix and not path.exists():
        why = "neither a file nor a shipped study"
        raise CtdoseError(f"study={name} ({why}). {nearest(name, study_names())}")
    return study_from_file(source)
