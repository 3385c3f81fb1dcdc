"""The exams that the rows of a manifest change: files beside it, or shipped ones."""

from __future__ import annotations

from os.path import isfile  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import Any

from ctdose.batch.keys import NAME
from ctdose.errors import CtdoseError, nearest
from ctdose.exam.faults import ExamError
from ctdose.exam.library import exam_names, exam_text
from ctdose.yaml_reader import parse_yaml, read_yaml

NO_TEMPLATE = "neither a file nor a shipped exam"


def nearest_template(name: str) -> str:
    """What would be right instead of such a name."""
    return nearest(name, [*exam_names()])


class Templates:
    """Exams as read, by name; each is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, dict[str, Any] | CtdoseError] = {}

    def data(self, name: str) -> dict[str, Any]:
        """Its mapping.

        Raises
        ------
        CtdoseError
            It is not there, or no mapping.
        """
        if name not in self._read:
            try:
                self._read[name] = self._load(name)
            except CtdoseError as fault:
                self._read[name] = fault
        found = self._read[name]
        if isinstance(found, CtdoseError):
            raise found
        return found

    def holds(self, name: str) -> bool:
        """Whether there is such a file, or a shipped exam of that name."""
        return self._path(name) is not None or name in exam_names()

    def _path(self, name: str) -> Path | None:
        return next((p for p in (self._folder / name, Path(name)) if isfile(p)), None)

    def _load(self, name: str) -> dict[str, Any]:
        path = self._path(name)
        if path is None and name in exam_names():
            document = parse_yaml(exam_text(name).encode(), f"{name}.yaml", ExamError)
        else:
            document = read_yaml(path or Path(name), ExamError)
        if not isinstance(document.data, dict):
            raise CtdoseError(f"{document.file} (an exam is a mapping of keys). Give another template.")
        return document.data

    def acquisitions(self, name: str) -> list[str]:
        """Names of its acquisitions; none if it cannot be read, which its rows say."""
        try:
            items = self.data(name).get("acquisitions")
        except CtdoseError:
            return []
        return [str(i.get(NAME)) for i in items if isinstance(i, dict)] if isinstance(items, list) else []
