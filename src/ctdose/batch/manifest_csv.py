"""A manifest as a CSV file: a line of column names, a row for each exam."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path
from typing import Any

from ctdose.batch.keys import is_text
from ctdose.batch.manifest import Manifest, ManifestError, Row
from ctdose.faults import ABSENT, Fault, FileFaults
from ctdose.yaml_reader import parse_yaml
from ctdose.yaml_scalars import plain_scalar

MOST_BYTES = 1 << 26


def read_csv_manifest(path: Path) -> Manifest:
    """Read the rows of a CSV file; comma, semicolon or tab, whichever its first line has most of.

    Raises
    ------
    ManifestError
        It is no CSV file in UTF-8, or its columns are not clear.
    """
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
    return Manifest(file, None, columns, tuple(rows), sha256)


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
    """A number, a word, or a list or mapping in brackets, as in YAML; the whole cell where only text belongs."""
    plain = plain_scalar(text)
    if is_text(name):
        return None if plain is None else text
    if text[:1] not in "[{":
        return plain
    try:
        return parse_yaml(text.encode(), file).data
    except FileFaults:
        fault = Fault((name,), text, "brackets that do not match", "For example [-40, 40].", line)
        raise ManifestError(file, [fault]) from None
