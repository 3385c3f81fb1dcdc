"""A manifest: a CSV or YAML file in which a row is an exam, told by what it changes in a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ctdose.faults import Fault, FileFaults, KeyPath


class ManifestError(FileFaults):
    """What is wrong in a manifest as a whole, one line each."""


@dataclass(frozen=True)
class Row:
    """One exam of a manifest.

    Parameters
    ----------
    values : dict
        By column; columns without a value are left out.
    line : int
        Of the row in the file, from 1.
    lines : dict
        Line of each column, where that is another one.
    """

    values: dict[str, Any]
    line: int
    lines: dict[str, int]


@dataclass(frozen=True)
class Manifest:
    """The rows of a manifest.

    Parameters
    ----------
    file : str
        As the user named it.
    template : str or None
        For rows that name none.
    columns : dict of str to int
        Every column, with the line where it stands first.
    rows : tuple of Row
    sha256 : str
    """

    file: str
    template: str | None
    columns: dict[str, int]
    rows: tuple[Row, ...]
    sha256: str

    def error(self, line: int | None, key: str, value: Any, why: str, right: str) -> ManifestError:
        """A fault as an exception."""
        path: KeyPath = (key,) if key else ()
        return ManifestError(self.file, [Fault(path, value, why, right, line)])
