"""Faults that fuzzing found, one test each."""

import re

import h5py
import numpy as np
import pytest
import yaml

from ctdose.batch.listing import list_batch
from ctdose.batch.store import Store
from ctdose.cli.output_file import format_of
from ctdose.cli.resume import _histories_of
from ctdose.errors import CtdoseError
from ctdose.exam.library import load_exam
from ctdose.exam.parse import exam_from_text
from ctdose.phantoms.library import load_bodies
from ctdose.phantoms.phantom_file import load_phantom, save_phantom
from ctdose.results.part_file import load_part
from ctdose.results.result_file import load_result
from ctdose.scanner.library import load_scanner
from ctdose.seal import SEAL_BYTES
from ctdose.study.library import load_study
from ctdose.yaml_writer import write_yaml
from fuzz_bases import exam_mappings, fill, hdf5_base, small_body, study_mappings

TOO_LONG = "x" * 300  # for the name of a file, on every system in use


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path)
    return tmp_path


def exam(**changes):
    data = exam_mappings()[0]
    acquisition = data["acquisitions"][0] | changes.pop("acquisition", {})
    return {**data, "acquisitions": [acquisition], **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"phantom": TOO_LONG},
        {"phantom": f"{TOO_LONG}.h5"},
        {"scanner": TOO_LONG},
        {"scanner": f"{TOO_LONG}.yaml"},
        {"acquisition": {"modulation": {"table": TOO_LONG}, "tube_current_ma": None}},
    ],
)
def test_a_name_in_an_exam_that_no_system_accepts(folder, changes):
    path = folder / "a.yaml"
    path.write_text(write_yaml(exam(**changes)))
    with pytest.raises(CtdoseError) as caught:
        load_exam(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}:")


@pytest.mark.parametrize("load", [load_exam, load_study, load_scanner, load_phantom, load_bodies])
@pytest.mark.parametrize("name", [TOO_LONG, f"{TOO_LONG}.yaml", "a\0b"])
def test_a_name_that_no_system_accepts(load, name):
    with pytest.raises(CtdoseError):
        load(name)


def test_a_base_and_a_template_that_no_system_accepts(folder):
    (folder / "s.yaml").write_text(write_yaml(study_mappings()[0] | {"base": TOO_LONG}))
    with pytest.raises(CtdoseError, match="base="):
        load_study(folder / "s.yaml")
    (folder / "m.csv").write_text(f"name,template\na,{TOO_LONG}\n")
    assert "File name too long" in list_batch(folder / "m.csv")[0].fault
    with pytest.raises(CtdoseError):
        list_batch(folder / f"{TOO_LONG}.csv")


def test_a_long_key_is_shortened_in_its_message():
    text = write_yaml(exam(phantom="adult")) + f"{'k' * 500}: 1\n"
    with pytest.raises(CtdoseError, match="k…=1") as caught:
        exam_from_text(text)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "table", [np.zeros(2), np.zeros(2, [("organ_id", "i4")]), np.zeros(2, "S3"), np.zeros(2, "i4")]
)
def test_organs_with_other_columns(tmp_path, table, monkeypatch):
    """With a hash that says that this is what was written."""
    path = save_phantom(small_body(), tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        del file["organs"]
        file["organs"] = table
    monkeypatch.setattr(
        "ctdose.phantoms.phantom_file.content_sha256", lambda *_: h5py.File(path).attrs["content_sha256"]
    )
    with pytest.raises(CtdoseError, match=r"a\.h5: damaged"):
        load_phantom(path)


@pytest.mark.parametrize("modulation", [[], None, "longitudinal"])
def test_a_column_inside_what_is_no_mapping(folder, modulation):
    (folder / "t.yaml").write_text(write_yaml(exam(acquisition={"modulation": modulation})))
    (folder / "m.csv").write_text("template,chest.modulation.longitudinal_strength\nt.yaml,0.5\n")
    (item,) = list_batch(folder / "m.csv")
    assert item.exam.acquisitions[0].modulation_options.longitudinal_strength == 0.5


def test_a_column_inside_a_list_of_words(folder):
    (folder / "t.yaml").write_text(write_yaml(exam(acquisition={"modulation": ["longitudinal"]})))
    (folder / "m.csv").write_text("template,chest.modulation.angular_strength\nt.yaml,0.5\n")
    (item,) = list_batch(folder / "m.csv")
    place, _, what = item.fault.partition(": ")
    assert place == f"{folder / 'm.csv'}:2"
    assert what.startswith("(modulation is a list, which has no key angular_strength). Set the whole")


@pytest.mark.parametrize("wrong", ["text", None, 3, []])
def test_a_template_in_whose_acquisitions_stands_something_else(folder, wrong):
    data = exam()
    (folder / "t.yaml").write_text(yaml.safe_dump({**data, "acquisitions": [wrong, *data["acquisitions"]]}))
    (folder / "m.csv").write_text("template,pitch,chest.rotation_time_s\nt.yaml,0.5,0.4\n")
    (item,) = list_batch(folder / "m.csv")
    assert "acquisitions[0]" in item.fault


@pytest.mark.parametrize("kind", ["phantom", "result", "part"])
@pytest.mark.parametrize("name", ["format", "format_version"])
def test_a_long_text_in_a_file_is_shortened_in_its_message(tmp_path, kind, name):
    path = tmp_path / "a.h5"
    path.write_bytes(hdf5_base(kind, tmp_path))
    with h5py.File(path, "r+") as file:
        file.attrs[name] = "x" * 5000
    with pytest.raises(CtdoseError, match="xxx") as caught:
        {"phantom": load_phantom, "result": load_result, "part": load_part}[kind](path)
    assert len(str(caught.value)) < len(str(path)) + 250


def test_a_file_whose_attributes_are_damaged_is_of_no_format(tmp_path):
    """HDF5 opens it; h5py raises KeyError where it meets the header whose checksum is wrong."""
    data = hdf5_base("result", tmp_path)[:-SEAL_BYTES]
    path = tmp_path / "a.h5"
    for place in [found.start() for found in re.finditer(rb"OHDR|OCHK|FRHP|FHDB|BTLF", data)]:
        damaged = bytearray(data)
        damaged[place + 9] ^= 1
        path.write_bytes(damaged)
        assert format_of(path) in ("", "ctdose-result")


def test_what_another_program_wrote_is_no_earlier_result(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs.update(
            {"format": "ctdose-result", "complete": np.zeros(3), "run_sha256": "x", "histories": "y"}
        )
    assert not Store(tmp_path).holds("a", "x")
    assert _histories_of(tmp_path / "a.h5") == 0
