"""The exams that the rows of a manifest change."""

from __future__ import annotations

from os.path import isfile  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import Any

from ctdose.batch.keys import NAME
from ctdose.errors import CtdoseError
from ctdose.exam.faults import ExamError
from ctdose.exam.library import exam_names, exam_text
from ctdose.yaml_reader import parse_yaml, read_yaml


class Templates:
    """Exams as read, by name; each is read once.

    Parameters
    ----------
    folder : Path
        Of the manifest: their files are looked for there first, then in the current folder.
    """

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

    def _load(self, name: str) -> dict[str, Any]:
        path = next((p for p in (self._folder / name, Path(name)) if isfile(p)), None)
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
