"""Reads a file as the commands of ctdose do, and does with it what they do: one function for each kind of file."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

MOST_CHARACTERS = 600  # of a line of a message, beside the file's name


def read_exam(path: Path) -> None:
    """As `ctdose check` does, and read what it printed."""
    from ctdose.cli.forecast import dose_lines
    from ctdose.errors import CtdoseError
    from ctdose.exam.library import load_exam
    from ctdose.exam.parse import exam_from_document
    from ctdose.yaml_reader import parse_yaml

    exam = load_exam(path)
    if not is_small(exam):
        return
    ready = prepare_small(exam, path.parent)
    list(dose_lines(ready.resolved))
    printed = ready.resolved.to_yaml()
    try:
        again = exam_from_document(parse_yaml(printed.encode(), str(path)), folder=path.parent)
    except CtdoseError as error:
        raise AssertionError(f"what is printed cannot be read again: {error}\n{printed}") from None
    assert again.most_histories == exam.most_histories


def read_table(path: Path) -> None:
    """A table of tube current, by way of an exam that names it."""
    from ctdose.exam.library import load_exam

    list(prepare_small(load_exam(path.parent / "table.yaml"), path.parent).resolved.plans)


def read_manifest(path: Path) -> None:
    """As `ctdose batch` does before it simulates."""
    from ctdose.batch.listing import list_batch
    from ctdose.batch.summary import failed_row
    from ctdose.batch.wide_table import wide_csv
    from ctdose.errors import CtdoseError

    rows = []
    for item in list_batch(path):
        fault = item.fault
        if item.exam is not None and is_small(item.exam):
            try:
                prepare_small(item.exam, path.parent)
            except CtdoseError as error:
                fault = str(error)
        check_message(fault, path)
        rows.append(failed_row(item.name, "failed", fault))
    wide_csv(rows)


def read_study(path: Path) -> None:
    from ctdose.study.library import load_study

    for member in load_study(path).members:
        assert member.exam.acquisitions


def read_scanner(path: Path) -> None:
    from ctdose.scanner.library import load_scanner

    scanner = load_scanner(path)
    assert scanner.sha256


def read_phantom(path: Path) -> None:
    from ctdose.phantoms.phantom_file import load_phantom

    phantom = load_phantom(path)
    phantom.sha256()
    phantom.region_masses_g()
    if phantom.anatomy is not None:
        assert all(low < high for low, high in phantom.anatomy.scan_ranges_mm.values())


def read_result(path: Path) -> None:
    """Load it and do with it what the commands do."""
    from ctdose.errors import CtdoseError
    from ctdose.results.result_file import load_result

    result = load_result(path)
    for use in uses_of_a_result():
        out = io.StringIO()
        with contextlib.suppress(CtdoseError), contextlib.redirect_stdout(out):
            use(result)
        check_printable(out.getvalue())


def uses_of_a_result():
    from ctdose.cli.budget import print_uncertainty
    from ctdose.cli.summary import print_acquisitions, print_result
    from ctdose.export.organ_records import TABLES, records
    from ctdose.export.save import Wanted, export_bytes
    from ctdose.results.diff import diff_results
    from ctdose.results.result_json import as_json
    from ctdose.results.result_tree import result_tree

    yield result_tree
    yield print_result
    yield print_acquisitions
    yield lambda result: print_uncertainty(result, csv=False, everything=True)
    yield lambda result: json.dumps(as_json(result), allow_nan=False)
    yield lambda result: diff_results(result, result)
    yield from (lambda result, table=table: list(records(result, table)) for table in TABLES)
    yield lambda result: export_bytes(result, Wanted(".nii", "dose"))


def read_study_result(path: Path) -> None:
    """Load it and do with it what `ctdose show` and `ctdose report` do."""
    from ctdose.cli.study_table import print_study
    from ctdose.report.page import report_html
    from ctdose.results.tables import to_csv
    from ctdose.study.study_file import load_study_result
    from ctdose.study.tables import dose_rows

    result = load_study_result(path)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print_study(result)
    check_printable(out.getvalue())
    to_csv(dose_rows(result))
    report_html(result)


def read_part(path: Path) -> None:
    from ctdose.results.part_file import load_part

    assert load_part(path).done >= 0


def is_small(exam: object) -> bool:
    """Whether an exam is on the small body: others take seconds to build."""
    return getattr(exam, "phantom", None) == "body.h5"


def prepare_small(exam, folder: Path):
    from ctdose.execution.prepared import prepare
    from ctdose.phantoms.phantom_file import load_phantom

    if not _BODY:
        _BODY.append(load_phantom(folder / "body.h5"))
    return prepare(exam, bodies=_BODY)


_BODY: list = []


def exams_of(kind: str, path: Path) -> list:
    """The exams that a command would prepare."""
    from ctdose.batch.listing import list_batch
    from ctdose.exam.library import load_exam

    if kind == "manifest":
        return [item.exam for item in list_batch(path) if item.exam is not None]
    return [load_exam(path)] if kind == "exam" else []


def check_message(message: str, path: Path) -> None:
    """Lines that can be printed, of a length that can be read."""
    for line in message.split("\n") if message else ():
        assert line.strip(), "an empty line"
        assert line.isprintable(), f"a line that does not print: {line!r}"
        assert len(line) < MOST_CHARACTERS + len(str(path)), f"a line too long: {line[:200]}"


def check_printable(text: str) -> None:
    """Tables in which nothing could confuse a terminal."""
    for line in text.split("\n"):
        assert line.replace("\t", " ").isprintable(), f"a line that does not print: {line!r}"


READERS = {
    name.removeprefix("read_"): reader for name, reader in list(globals().items()) if name.startswith("read_")
}
