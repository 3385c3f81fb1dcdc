"""Wrong study files: one line for each fault, with the right line number, and nothing else."""

import csv
import re
from pathlib import Path

import pytest

from ctdose.errors import CtdoseError
from ctdose.faults import FileFaults
from ctdose.study.library import load_study
from ctdose.study.prepared import prepare_study

FOLDER = Path(__file__).parent / "data" / "wrong_studies"
with (FOLDER / "expected.tsv").open(encoding="utf-8", newline="") as table:
    ROWS = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
FILES = sorted({row["file"] for row in ROWS})


def faults_of(name: str) -> list[str]:
    with pytest.raises(FileFaults) as caught:
        prepare_study(load_study(FOLDER / name))
    return str(caught.value).split("\n")


@pytest.mark.parametrize("name", FILES)
def test_each_fault_is_one_line_that_says_where_and_what_would_be_right(name):
    expected = [row for row in ROWS if row["file"] == name]
    found = faults_of(name)
    assert len(found) == len(expected), "\n".join(found)
    for row in expected:
        place = f"{FOLDER / name}:{row['line']}: "
        assert any(line.startswith(place + row["fragment"]) for line in found), "\n".join(found)
    for line in found:
        assert line.isprintable()
        assert len(line.removeprefix(str(FOLDER))) < 400
        assert re.search(r"\)\. \S.*\.$", line), line


def test_every_wrong_file_is_in_the_table_and_there_are_many():
    assert {file.name for file in FOLDER.glob("*.y*ml")} == set(FILES)
    assert len(FILES) >= 25


def test_faults_before_the_phantom_is_built_are_found_on_reading():
    for row in ROWS:
        if row["stage"] == "phantom":
            load_study(FOLDER / row["file"])
        else:
            with pytest.raises(FileFaults):
                load_study(FOLDER / row["file"])


def test_a_name_that_is_no_study_names_the_nearest():
    with pytest.raises(CtdoseError, match=r"neither a file nor a shipped study\).*chest-voltage"):
        load_study("chest-voltag")


def test_the_faults_of_a_base_in_a_file_of_its_own_name_that_file(tmp_path):
    (tmp_path / "mine.yaml").write_text("exam: x\nphantom: adult\nscanner: generic-64\nacquisitions: []\n")
    study = tmp_path / "study.yaml"
    study.write_text("study: x\nbase: mine.yaml\ngrid: {tube_voltage_kv: [100]}\n")
    with pytest.raises(FileFaults, match=r"mine\.yaml:4: acquisitions"):
        load_study(study)
