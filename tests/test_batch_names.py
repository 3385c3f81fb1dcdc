"""Names and texts of a batch: as they were written, wherever they come from, and never longer than a file's may be."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from ctdose.batch.keys import is_text
from ctdose.batch.listing import list_batch
from ctdose.batch.summary import failed_row
from ctdose.batch.wide_table import wide_csv
from ctdose.cli.batch import _default_output

spec = importlib.util.spec_from_file_location("broken_runs", Path(__file__).with_name("broken_runs.py"))
broken = importlib.util.module_from_spec(spec)
spec.loader.exec_module(broken)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(broken.EXAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(text: str, name: str = "m.csv"):
    Path(name).write_text(text, encoding="utf-8")
    return list_batch(Path(name), "mine.yaml")


def test_numbers_in_columns_of_text_stay_as_they_are_written(folder):
    one, other = rows("name,exam,subject.key,tube_current_ma\n0042,2024,007,1e2\n42,1_000,true,0100\n")
    assert (one.name, other.name) == ("0042", "42")
    assert (one.exam.exam, other.exam.exam) == ("2024", "1_000")
    assert (one.exam.subject.key, other.exam.subject.key) == ("007", "true")
    assert [item.exam.acquisitions[0].tube_current_ma for item in (one, other)] == [100.0, 100.0]


def test_null_removes_a_text_and_leaves_a_row_without_a_name_its_number(folder):
    (item,) = rows("name,procedure\nnull,null\n")
    assert (item.name, item.fault, item.exam.procedure) == ("exam-0001", "", None)
    (item,) = rows("template: mine.yaml\nexams:\n  - {name: null}\n", "m.yaml")
    assert item.name == "exam-0001"


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("name", True),
        ("exam", True),
        ("subject.key", True),
        ("middle.bowtie", True),
        ("filter", True),
        ("phantom.like", True),
        ("tube_voltage_kv", False),
        ("scan_range", False),
        ("subject.age_years", False),
        ("middle.scan_range", False),
        ("simulation.seed", False),
        ("phantom", False),
        ("nothing", False),
    ],
)
def test_columns_of_text(column, text):
    assert is_text(column) == text


def test_a_name_that_no_file_can_have_is_a_wrong_row(folder):
    long = (
        "\N{CJK UNIFIED IDEOGRAPH-5B57}" * 80
    )  # 240 bytes: its checkpoint's temporary name has more than 255
    first, second = rows(f"name\n{long}\nb\n")
    assert first.name == "exam-0001"
    assert "(not a file's name)" in first.fault
    assert second.fault == ""


@pytest.mark.skipif(sys.platform != "linux", reason="names of files that are no text")
def test_files_whose_names_are_no_text_or_too_long(folder):
    place = folder / "exams"
    place.mkdir()
    for name in (b"caf\xe9.yaml", b"two\nlines.yaml", b"x" * 230 + b".yaml", b"._plain.yaml", b"plain.yaml"):
        Path(os.fsdecode(os.path.join(os.fsencode(place), name))).write_text(broken.EXAM)
    items = {item.name: item for item in list_batch(place)}
    assert sorted(items) == ["caf?", "plain", "two lines", "x" * 230]  # not the hidden one
    assert [name for name, item in items.items() if item.fault] == ["x" * 230]
    assert "too long" in items["x" * 230].fault
    assert wide_csv([failed_row(item.name, "failed", item.fault) for item in items.values()])


def test_the_folder_of_results_keeps_the_points_of_a_folders_name(folder):
    (folder / "2024.05").mkdir()
    (folder / "patients.v2.csv").write_text("name\na\n")
    assert _default_output(Path("2024.05")) == Path("2024.05-results")
    assert _default_output(Path("patients.v2.csv")) == Path("patients.v2-results")
