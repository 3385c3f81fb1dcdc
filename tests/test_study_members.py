"""The exams of a study: what a change does to its base."""

from importlib import resources

import pytest

from ctdose.errors import CtdoseError
from ctdose.exam.library import exam_text
from ctdose.study.change import Unchangeable, changed, sets_of
from ctdose.study.keys import STUDY_KEYS
from ctdose.study.library import load_study, study_names, study_text
from ctdose.study.prepared import prepare_study
from ctdose.study.wishes import label

BASE = {"acquisitions": [{"tube_current_ma": 100, "filter": "tin-0.4"}, {"effective_mas": 50}], "table": True}


def applied(change: dict) -> dict:
    return changed(BASE, sets_of(change, 2))


def test_a_key_of_an_acquisition_alone_concerns_all_of_them():
    got = applied({"tube_voltage_kv": 80})
    assert [a["tube_voltage_kv"] for a in got["acquisitions"]] == [80, 80]
    assert "tube_voltage_kv" not in BASE["acquisitions"][0]


def test_one_acquisition_by_its_number_or_its_place():
    for change in ({"acquisitions.1.pitch": 1.2}, {"acquisitions": [{}, {"pitch": 1.2}]}):
        got = applied(change)
        assert [a.get("pitch") for a in got["acquisitions"]] == [None, 1.2]


def test_a_dotted_key_goes_into_a_mapping_that_is_not_there_yet():
    got = applied({"acquisitions.0.modulation.organ.sector_deg": 90})
    assert got["acquisitions"][0]["modulation"] == {"organ": {"sector_deg": 90}}


def test_an_output_replaces_the_one_of_the_base():
    got = applied({"effective_mas": 80})
    assert got["acquisitions"] == [{"effective_mas": 80, "filter": "tin-0.4"}, {"effective_mas": 80}]
    both = applied({"effective_mas": 80, "tube_current_ma": 5})  # the exam's own check refuses it
    assert both["acquisitions"][0]["tube_current_ma"] == 5


def test_none_removes_a_filter_and_null_any_key():
    assert "filter" not in applied({"filter": "none"})["acquisitions"][0]
    assert "table" not in applied({"table": None})


def test_what_cannot_be_changed_is_refused():
    for change in (
        {"phantom": "5y"}, {"simulation.seed": 2}, {"exam": "y"}, {"name": "z"}, {"acquisitions.5.pitch": 1},
        {"acquisitions.x.pitch": 1}, {"acquisitions": {}}, {"acquisitions.0": 3}, {"nonsense": 1},
    ):  # fmt: skip
        with pytest.raises(Unchangeable):
            sets_of(change, 2)


def test_labels_are_short():
    assert label("tube_voltage_kv", 80) == "80 kV"
    assert label("filter", "none") == "no filter"
    assert label("filter", "tin-0.4") == "tin-0.4"
    assert label("acquisitions.0.pitch", 1.2) == "pitch 1.2"
    assert label("tube_current_ma", 150) == "tube current 150 mA"


def test_a_grid_has_every_combination_and_the_base_once():
    grid = {"tube_voltage_kv": [100, 120], "filter": ["none", "tin-0.4"]}
    file = load_study({"study": "x", "base": "chest", "grid": grid})
    assert [m.name for m in file.members] == [
        "base", "100 kV, no filter", "100 kV, tin-0.4", "120 kV, tin-0.4"
    ]  # fmt: skip
    first = [(m.exam.acquisitions[0].tube_voltage_kv, m.exam.acquisitions[0].filter) for m in file.members]
    assert first == [(120.0, None), (100.0, None), (100.0, "tin-0.4"), (120.0, "tin-0.4")]


def test_files_that_the_base_names_are_found_beside_it(tmp_path):
    folder = tmp_path / "exams"
    folder.mkdir()
    scanner = resources.files("ctdose.scanner.data").joinpath("generic-64.yaml").read_text(encoding="utf-8")
    (folder / "my-ct.yaml").write_text(scanner, encoding="utf-8")
    exam = exam_text("chest-newborn").replace("scanner: generic-64", "scanner: my-ct.yaml")
    (folder / "mine.yaml").write_text(exam, encoding="utf-8")
    study = tmp_path / "study.yaml"
    study.write_text("study: x\nbase: exams/mine.yaml\ngrid: {tube_voltage_kv: [100]}\n")
    assert len(prepare_study(load_study(study)).exams) == 2


def test_shipped_studies_are_right_and_explained(root):
    for name in study_names():
        file = load_study(name)
        assert len(file.members) > 1
        assert study_text(name).startswith("# ")
        assert (root / "docs" / "studies" / f"{name}.md").is_file()


def test_the_key_table_of_the_documentation_is_the_generated_one(root):
    text = (root / "docs" / "study-file.md").read_text(encoding="utf-8")
    assert STUDY_KEYS.table("markdown") in text


def test_every_key_has_a_meaning_and_the_schema_is_strict():
    assert all(key.meaning and key.type for key in STUDY_KEYS.keys)
    schema = STUDY_KEYS.json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"study", "base"}


def test_a_place_that_a_list_has_not_is_refused():
    base = {"acquisitions": [{"scan_range": [0, 100], "modulation": ["longitudinal"]}]}
    assert changed(base, sets_of({"scan_range.1": 50}, 1))["acquisitions"][0]["scan_range"] == [0, 50]
    for change in (
        {"scan_range.2": 5},
        {"scan_range.2": None},
        {"modulation.organ": 1},
        {"modulation.3.x": 1},
    ):
        with pytest.raises(Unchangeable, match=r"counted from 0|a list, which has no key"):
            changed(base, sets_of(change, 1))


@pytest.mark.parametrize("name", [None, True, 80, ""])
def test_a_key_that_is_no_text_is_refused(name):
    """From Python; YAML's keys are read as text."""
    for part in ({"grid": {name: [1, 2]}}, {"variants": [{"name": "a", "change": {name: 1}}]}):
        with pytest.raises(CtdoseError, match="is not a key of an exam"):
            load_study({"study": "x", "base": "chest-newborn", **part})
