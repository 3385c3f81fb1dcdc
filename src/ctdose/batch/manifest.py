"""A manifest: a CSV or YAML file in which a row is an exam, told by what it changes in a template."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.faults import ABSENT, Fault, FileFaults, KeyPath
from ctdose.yaml_reader import Document, parse_yaml, read_yaml
from ctdose.yaml_scalars import plain_scalar

MOST_ROWS = 100_000
MOST_BYTES = 1 << 26
CSV_SUFFIXES = (".csv", ".tsv")


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


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; its columns are checked by `listing`.

    Parameters
    ----------
    path : Path
        ``.csv`` (comma, semicolon or tab), ``.tsv``, ``.yaml`` or ``.yml``.

    Raises
    ------
    ManifestError
        It cannot be read, or has no rows.
    """
    if path.suffix.lower() in CSV_SUFFIXES:
        return _read_csv(path)
    return _read_yaml(read_yaml(path, ManifestError))


def _read_csv(path: Path) -> Manifest:
    text, sha256 = _csv_text(path)
    file = str(path)
    dialect = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect, strict=True)
    rows: list[Row] = []
    columns: dict[str, int] = {}
    line = 1
    try:
        for cells in reader:
            first, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _columns(cells, file, first)
            else:
                rows.append(_csv_row(cells, list(columns), file, first))
    except csv.Error as error:
        fault = Fault((), ABSENT, f"not CSV: {error}", "Save it as CSV, UTF-8.", reader.line_num)
        raise ManifestError(file, [fault]) from None
    return _checked(Manifest(file, None, columns, tuple(rows), sha256))


def _csv_text(path: Path) -> tuple[str, str]:
    def refuse(why: str, right: str) -> ManifestError:
        return ManifestError(str(path), [Fault((), ABSENT, why, right)])

    try:
        if path.stat().st_size > MOST_BYTES:
            raise refuse(f"larger than {MOST_BYTES >> 20} MiB", "Make several of it.")
        raw = path.read_bytes()
    except OSError as error:
        raise refuse(f"cannot be read: {error.strerror}", "Check the path and its permissions.") from None
    try:
        return raw.decode("utf-8-sig"), hashlib.sha256(raw).hexdigest()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        why = f"byte 0x{raw[error.start]:02x} in line {line} is not UTF-8 text"
        raise refuse(why, "Save it as CSV, UTF-8.") from None


def _columns(cells: list[str], file: str, line: int) -> dict[str, int]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if not name or names.count(name) > 1:
            why = "a column without a name" if not name else "a column twice"
            fault = Fault((name,) if name else (), ABSENT, why, "Give each column a name of its own.", line)
            raise ManifestError(file, [fault])
    return dict.fromkeys(names, line)


def _csv_row(cells: list[str], columns: list[str], file: str, line: int) -> Row:
    if len(cells) > len(columns):
        why = f"{len(cells)} cells under {len(columns)} columns"
        right = 'Quote a cell that holds a comma, for example "[-40, 40]".'
        raise ManifestError(file, [Fault((), ABSENT, why, right, line)])
    values = {
        name: _cell_value(cell.strip(), file, line, name)
        for name, cell in zip(columns, cells)
        if cell.strip()
    }
    return Row(values, line, {})


def _cell_value(text: str, file: str, line: int, name: str) -> Any:
    """A number, a word, or a list or mapping in brackets, as in YAML."""
    if text[:1] not in "[{":
        return plain_scalar(text)
    try:
        return parse_yaml(text.encode(), file).data
    except FileFaults:
        fault = Fault((name,), text, "brackets that do not match", "For example [-40, 40].", line)
        raise ManifestError(file, [fault]) from None


def _read_yaml(document: Document) -> Manifest:
    data, file = document.data, document.file

    def refuse(path: KeyPath, value: Any, why: str, right: str) -> ManifestError:
        return ManifestError(file, [Fault(path, value, why, right, document.line(path))])

    right = "Write template: chest and exams: with a list below it, each entry beginning with - name: …"
    if not isinstance(data, dict) or not isinstance(data.get("exams"), list):
        raise refuse((), ABSENT, "a manifest has a list exams", right)
    for key in data:
        if key not in ("template", "exams"):
            raise refuse((key,), data[key], "unknown key of a manifest", right)
    rows: list[Row] = []
    columns: dict[str, int] = {}
    for i, item in enumerate(data["exams"]):
        if not isinstance(item, dict):
            raise refuse(("exams", i), item, "not a mapping", right)
        lines = {str(name): document.line(("exams", i, name)) or 0 for name in item}
        rows.append(Row({str(n): v for n, v in item.items()}, document.line(("exams", i)) or 1, lines))
        for name, line in lines.items():
            columns.setdefault(name, line)
    template = data.get("template")
    if template is not None and not isinstance(template, str):
        raise refuse(
            ("template",), template, "not a name", "Write an exam's file or the name of a shipped one."
        )
    return _checked(Manifest(file, template, columns, tuple(rows), document.sha256))


def _checked(manifest: Manifest) -> Manifest:
    if not manifest.rows:
        raise CtdoseError(f"{manifest.file} (has no rows). Write a row for each exam, below the columns.")
    if len(manifest.rows) > MOST_ROWS:
        raise CtdoseError(f"{manifest.file} (more than {MOST_ROWS:,} rows). Make several of it.")
    return manifest
