"""Wrong exam files: one line for each fault, with the right line number, and nothing else."""

import csv
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from ctdose.exam.faults import ExamError
from ctdose.exam.library import load_exam
from ctdose.exam.phantom_checks import check_against_phantom

FOLDER = Path(__file__).parent / "data" / "wrong_exams"
with (FOLDER / "expected.tsv").open(encoding="utf-8", newline="") as table:
    ROWS = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
FILES = sorted({row["file"] for row in ROWS})

MALE = SimpleNamespace(
    name="adult-male",
    anatomy=SimpleNamespace(
        body="adult-male", scan_ranges_mm={"chest": (0.0, 300.0), "head": (400.0, 600.0)}
    ),
    z_range_mm=(-1000.0, 700.0),
)


def faults_of(file: Path) -> list[str]:
    with pytest.raises(ExamError) as caught:
        check_against_phantom(load_exam(file), [MALE])
    return str(caught.value).split("\n")


@pytest.mark.parametrize("name", FILES)
def test_each_fault_is_one_line_with_its_line_number(name):
    expected = [row for row in ROWS if row["file"] == name]
    found = faults_of(FOLDER / name)
    assert len(found) == len(expected), "\n".join(found)
    for row in expected:
        place = f"{FOLDER / name}:{row['line']}: " if row["line"] else f"{FOLDER / name}: "
        assert any(line.startswith(place) and row["fragment"] in line for line in found), "\n".join(found)


@pytest.mark.parametrize("name", FILES)
def test_each_line_says_what_would_be_right(name):
    for line in faults_of(FOLDER / name):
        assert line.isprintable()
        assert len(line.removeprefix(str(FOLDER))) < 400
        assert re.search(r"\)\. .*\.$|\): ?.*\.$", line) or re.search(r"\)\. \S.*", line), line


def test_faults_of_a_range_are_found_before_the_phantom_is_built_or_after_as_the_table_says():
    for row in ROWS:
        if row["stage"] == "phantom":
            load_exam(FOLDER / row["file"])


def test_every_wrong_file_is_in_the_table_and_there_are_many():
    assert {file.name for file in FOLDER.glob("*.y*ml")} == set(FILES)
    assert len(FILES) >= 45


def test_a_folder_is_refused():
    with pytest.raises(ExamError, match="a folder, not a file"):
        load_exam(FOLDER)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ExamError, match="no such file"):
        load_exam(tmp_path / "missing.yaml")


def test_a_large_file_is_refused(tmp_path):
    file = tmp_path / "large.yaml"
    file.write_text("# " + "x" * 300_000)
    with pytest.raises(ExamError, match="larger than 256 KiB"):
        load_exam(file)


def test_a_name_that_no_system_accepts_is_refused(tmp_path):
    with pytest.raises(ExamError, match=r"no such file|cannot be read"):
        load_exam("chest\0.yaml")
    with pytest.raises(ExamError, match=r"no such file|cannot be read"):
        load_exam(tmp_path / ("x" * 5000 + ".yaml"))


def test_an_unreadable_file_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "exam.yaml"
    file.write_text("exam: x")

    def refuse(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ExamError, match="cannot be read: Permission denied"):
        load_exam(file)


def test_a_device_is_refused():
    with pytest.raises(ExamError, match="not an ordinary file"):
        load_exam(Path("/dev/null"))
