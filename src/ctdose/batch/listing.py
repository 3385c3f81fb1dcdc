"""The exams of a batch: the files of a folder, or the rows of a manifest, each checked by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os.path import isdir  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import Any

from ctdose.batch.keys import NAME, OWN, TEMPLATE, UnknownColumn, check_column, sets_of
from ctdose.batch.manifest import Manifest, Row
from ctdose.batch.manifest_file import read_manifest
from ctdose.batch.templates import NO_TEMPLATE, Templates, nearest_template
from ctdose.errors import CtdoseError
from ctdose.exam.library import load_exam
from ctdose.exam.model import Exam
from ctdose.exam.parse import exam_from_document
from ctdose.faults import ABSENT, KeyPath, one_line, shortened
from ctdose.study.change import Set, Unchangeable, changed
from ctdose.yaml_reader import Document

EXAM_SUFFIXES = (".yaml", ".yml")
PLAIN_NAME = re.compile(r"[^/\\:*?\"<>|\x00-\x1f.][^/\\:*?\"<>|\x00-\x1f]{0,119}\Z")
LONGEST_NAME = 200  # bytes; most systems take 255, and a checkpoint's temporary name is longer


@dataclass(frozen=True)
class Item:
    """One exam of a batch.

    Attributes
    ----------
    name : str
        Of its result, without the end.
    exam : Exam or None
        None if it is wrong.
    fault : str
        Why, one line or several.
    """

    name: str
    exam: Exam | None = None
    fault: str = ""


def list_batch(source: Path, template: str | None = None) -> list[Item]:
    """The exams of a folder or a manifest, in their order; a wrong one is listed with what is wrong.

    Parameters
    ----------
    source : Path
        A folder of exam files, or a manifest.
    template : str, optional
        For rows that name none.

    Raises
    ------
    CtdoseError
        The manifest cannot be read, or has an unknown column; the folder holds no exam.
    """
    if not isdir(source):
        return _of_manifest(read_manifest(source), template)
    if template is not None:
        raise CtdoseError(
            f"template={template} (a folder's exams are whole). Leave it out, or give a manifest."
        )
    try:
        files = sorted(path for path in source.iterdir() if _is_exam(path))
    except OSError as error:
        raise CtdoseError(f"{source} (cannot be read: {error.strerror}). Check its permissions.") from None
    if not files:
        raise CtdoseError(f"{source} (no exam in it: no file that ends with .yaml). Give another folder.")
    return _unique([_of_file(path) for path in files], [f"{path}: name" for path in files])


def _is_exam(path: Path) -> bool:
    """Whether a file is taken for an exam; hidden ones are what editors and systems leave beside them."""
    return path.suffix.lower() in EXAM_SUFFIXES and not path.name.startswith(".")


def _of_file(path: Path) -> Item:
    name = one_line(path.stem)  # without what no table can hold: bytes that are no text, line ends
    try:
        if _is_long(name):
            raise CtdoseError(f"{path} (its name is too long for that of a result). Rename it.")
        return Item(name, load_exam(path))
    except CtdoseError as fault:
        return Item(name, fault="\n".join(map(one_line, str(fault).splitlines())))


def _is_plain(name: str) -> bool:
    """Whether files can bear a name that somebody wrote into a table, on any system."""
    return PLAIN_NAME.match(name) is not None and not _is_long(name)


def _is_long(name: str) -> bool:
    return len(name.encode()) > LONGEST_NAME


def _unique(items: list[Item], places: list[str]) -> list[Item]:
    """Leave the first of equal names (a.yaml and a.yml, or A and a where names do not differ by case)."""
    seen: set[str] = set()
    found = []
    for item, place in zip(items, places, strict=True):
        key = item.name.casefold()
        if key in seen and not item.fault:
            why = "that of another exam before it"
            item = Item(item.name, fault=f"{place}={item.name} ({why}). Give each a name of its own.")
        seen.add(key)
        found.append(item)
    return found


def _of_manifest(manifest: Manifest, template: str | None) -> list[Item]:
    default = template or manifest.template
    templates = Templates(Path(manifest.file).parent)
    if template is not None and not templates.holds(template):
        raise CtdoseError(
            one_line(f"template={shortened(template)} ({NO_TEMPLATE}). {nearest_template(template)}")
        )
    names = {str(row.values.get(TEMPLATE) or default) for row in manifest.rows}
    acquisitions = [name for each in sorted(names) for name in templates.acquisitions(each)]
    for column, line in manifest.columns.items():
        try:
            check_column(column, acquisitions)
        except UnknownColumn as unknown:
            raise manifest.error(line, column, ABSENT, "not a key of an exam", unknown.right) from None
    items = [_of_row(manifest, n, row, default, templates) for n, row in enumerate(manifest.rows, 1)]
    return _unique(items, [f"{manifest.file}:{row.lines.get(NAME, row.line)}: name" for row in manifest.rows])


def _of_row(manifest: Manifest, number: int, row: Row, default: str | None, templates: Templates) -> Item:
    numbered = f"exam-{number:04d}"
    given = row.values.get(NAME)
    name = numbered if given is None else str(given)
    try:
        if not _is_plain(name):
            right = "Write a word that can be the name of a file."
            raise manifest.error(row.lines.get(NAME, row.line), NAME, name, "not a file's name", right)
        chosen = row.values.get(TEMPLATE) or default
        if chosen is None:
            right = "Add a column template, or --template: an exam's file, or the name of a shipped one."
            raise manifest.error(row.line, TEMPLATE, ABSENT, "missing", right)
        if not templates.holds(str(chosen)):
            line = row.lines.get(TEMPLATE, row.line)
            raise manifest.error(line, TEMPLATE, chosen, NO_TEMPLATE, nearest_template(str(chosen)))
        return Item(name, _exam(manifest, row, templates.data(str(chosen))))
    except CtdoseError as fault:
        return Item(name if _is_plain(name) else numbered, fault=str(fault))


def _exam(manifest: Manifest, row: Row, data: dict[str, Any]) -> Exam:
    sets: list[Set] = []
    lines: dict[KeyPath, int] = {(): row.line}
    for column, value in row.values.items():
        if column in OWN:
            continue
        own = list(sets_of(column, value, data))
        if not own:
            raise manifest.error(
                row.line, column, value, "its template has no such acquisition", "Leave it empty."
            )
        sets += own
        lines |= {each.path: row.lines.get(column, row.line) for each in own}
    try:
        values = changed(data, sets)
    except Unchangeable as fault:
        raise manifest.error(row.line, "", ABSENT, fault.why, fault.right) from None
    document = Document(values, lines, manifest.file, manifest.sha256)
    return exam_from_document(document, folder=Path(manifest.file).parent)
