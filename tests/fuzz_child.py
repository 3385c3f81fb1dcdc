"""The process in which damaged files are read: a line ``kind TAB way TAB file`` comes in, a JSON answer goes out.

    python fuzz_child.py SECONDS

What hangs for that many seconds ends the process with its stack on standard error, and so does a crash of a library.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import sys
import traceback
from pathlib import Path

MUCH_MEMORY = 3 << 29  # of a file of some kB, where the libraries take a quarter of it
MOST_MEMORY = 6 << 30  # what takes more fails here, and not on the machine


def read_exam(path: Path) -> None:
    """As `ctdose check` does, and read what it printed."""
    from ctdose.cli.forecast import dose_lines
    from ctdose.exam.library import load_exam
    from ctdose.exam.parse import exam_from_document
    from ctdose.yaml_reader import parse_yaml

    exam = load_exam(path)
    if not is_small(exam):
        return
    ready = prepare_small(exam, path.parent)
    list(dose_lines(ready.resolved))
    again = parse_yaml(ready.resolved.to_yaml().encode(), str(path))
    assert exam_from_document(again, folder=path.parent).most_histories == exam.most_histories


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
        with contextlib.suppress(CtdoseError), contextlib.redirect_stdout(io.StringIO()):
            use(result)


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


def read_part(path: Path) -> None:
    from ctdose.results.part_file import load_part

    assert load_part(path).done >= 0


READERS = {
    name.removeprefix("read_"): reader for name, reader in list(globals().items()) if name.startswith("read_")
}
COMMANDS = {
    "exam": [["check"]],
    "manifest": [["batch", "-o", "out"]],
    "phantom": [["phantom", "show"]],
    "result": [["export", "-o", "out.csv"], ["report", "-o", "out.html"], ["show", "--records", "out.md"]],
}
NAME_ANOTHER = ("manifest", "study", "table")  # the fault may be in the file of an exam
MOST_CHARACTERS = 600  # of a line, beside the file's name


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


def check_message(message: str, path: Path) -> None:
    """Lines that can be printed, of a length that can be read."""
    for line in message.split("\n") if message else ():
        assert line.strip(), "an empty line"
        assert line.isprintable(), f"a line that does not print: {line!r}"
        assert len(line) < MOST_CHARACTERS + len(str(path)), f"a line too long: {line[:200]}"


def answer(kind: str, way: str, path: Path) -> tuple[str, str]:
    from ctdose.errors import CtdoseError

    found = "accepted", ""
    try:
        READERS[kind](path)
    except CtdoseError as error:
        found = "refused", str(error)
    if found[0] == "refused":
        names_it = path.name in found[1] or kind in NAME_ANOTHER
        assert names_it, f"does not name the file: {found[1]}"
        check_message(found[1], path)
    if way == "command" and kind in COMMANDS:
        by_command(kind, path, found[0])
    return found


def by_command(kind: str, path: Path, expected: str) -> None:
    """The same by the command line: its exit code, and nothing but lines for people."""
    from ctdose.cli.main import main

    if expected == "accepted" and not all(map(is_small, exams_of(kind, path))):
        return
    for words in COMMANDS[kind]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*words, str(path)])
        said = err.getvalue()
        assert "Internal error" not in said, said
        assert "Traceback" not in said, said
        assert code in ((0,) if expected == "accepted" else (2,)) or kind == "manifest", (
            f"exit {code}: {said}"
        )


def exams_of(kind: str, path: Path) -> list:
    """The exams that a command would prepare."""
    from ctdose.batch.listing import list_batch
    from ctdose.exam.library import load_exam

    if kind == "manifest":
        return [item.exam for item in list_batch(path) if item.exam is not None]
    return [load_exam(path)] if kind == "exam" else []


def simulate_nothing() -> None:
    """A manifest's right rows are not simulated here: each would take a second."""
    from ctdose.cli import batch_run
    from ctdose.errors import CtdoseError

    def refuse(self, ready, place):
        raise CtdoseError("not simulated here")

    batch_run._Batch._simulate = refuse


def peak_bytes() -> int:
    """Most memory that this process ever had; 0 where it is not said."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def main() -> None:
    seconds = float(sys.argv[1])
    faulthandler.enable()
    limit_memory()
    simulate_nothing()
    answers = sys.stdout
    print(json.dumps(["ready", ""]), file=answers, flush=True)
    for line in sys.stdin:
        kind, way, name = line.rstrip("\n").split("\t")
        faulthandler.dump_traceback_later(seconds, exit=True)
        try:
            found = answer(kind, way, Path(name))
            assert peak_bytes() < MUCH_MEMORY, f"{peak_bytes()} bytes were taken"
        except BaseException:
            found = "fault", traceback.format_exc()
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
