"""Faults of an exam's file: what the models cannot see, collected with lines."""

from __future__ import annotations

from typing import Any

from ctdose.faults import ABSENT, Fault, FileFaults, KeyPath
from ctdose.yaml_reader import Document


class ExamError(FileFaults):
    """What is wrong in an exam: one line each, ``file:line: key=value (why). What would be right.``"""


class Report:
    """Collects the faults of one document.

    Parameters
    ----------
    document : Document
        What was read; gives the lines.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = []

    def add(self, path: KeyPath, value: Any, why: str, right: str) -> None:
        """Add a fault at a key path; `value` is `ABSENT` for a missing key."""
        self.faults.append(Fault(path, value, why, right, self.document.line(path)))

    def missing(self, path: KeyPath, right: str, why: str = "missing") -> None:
        """Add a missing key."""
        self.add(path, ABSENT, why, right)

    def raise_if_any(self) -> None:
        """Raise `ExamError` with all faults, if there are any."""
        if self.faults:
            raise ExamError(self.document.file, self.faults)
