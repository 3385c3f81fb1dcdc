"""Faults that fuzzing found, one test each."""

import re
from dataclasses import replace

import h5py
import numpy as np
import pytest
import yaml

from ctdose.batch.listing import list_batch
from ctdose.batch.store import Store
from ctdose.cli.main import main
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
from ctdose.study.plots import plot_study
from ctdose.study.study_file import load_study_result, save_study
from ctdose.yaml_writer import write_yaml
from fuzz_bases import exam_mappings, fill, hdf5_base, small_body, study_mappings
from made_studies import NAMES, make_study

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
    assert "m.csv:2: template=xxx" in list_batch(folder / "m.csv")[0].fault
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


def changed_study(path, change):
    save_study(make_study(("adult-male", "adult-female")), path)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def without_a_member(file):
    place = f"bodies/{sorted(file['bodies'])[0]}/batch_doses"
    doses = file[place][:-1]
    del file[place]
    file[place] = doses


def without_batches(file):
    for body in file["bodies"].values():
        del body["batch_doses"]
        body["batch_doses"] = np.zeros((3, 0, 3))


def with_value(place, value, row=1, column=None):
    def change(file):
        data = file[place][()]
        (data if column is None else data[column])[row] = value
        file[place][()] = data

    return change


def with_one_name(file):
    for body in file["bodies"].values():
        body.attrs["name"] = "both"


def without_bodies(file):
    del file["bodies"]
    file.create_group("bodies")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (without_a_member, "batch_doses (for other members, batches or quantities than there are)."),
        (without_batches, "batch_doses (for other members, batches or quantities than there are)."),
        (without_bodies, "/bodies (there is none)."),
        (with_one_name, "/bodies (one of them twice)."),
        (with_value("quantities", b"lungs", 0), "/quantities (one of them twice)."),
        (with_value("standard_error", -1e300), "/standard_error (numbers that no study has)."),
        (with_value("absorbed_dose", np.nan), "/absorbed_dose (numbers that no study has)."),
        (with_value("absorbed_dose", 5e-324), "/absorbed_dose (numbers that no study has)."),
        (with_value("members", np.inf, column="noise_hu"), "/members: noise_hu (numbers that no study has)."),
        (with_value("members", 0.0, column="noise_hu"), "/members: noise_hu (0)."),
        (with_value("criteria", -1.0, column="factor"), "/criteria: factor (numbers that no study has)."),
        (with_value("criteria", -1, column="member"), "/criteria (of a member that is not there, or twice"),
        (with_value("criteria", 0, 5, column="member"), "/criteria (of a member that is not there, or twice"),
        (with_value("criteria", b"x", column="criterion"), "/members, /criteria (some are missing)."),
        (lambda file: file.attrs.update(seed="-0x1"), "/: seed (not a whole number)."),
    ],
)
def test_a_study_whose_parts_do_not_fit(tmp_path, change, line):
    """They loaded, and then ended `ctdose show` or `report` with an internal error, or were shown as they are."""
    path = changed_study(tmp_path / "s.h5", change)
    with pytest.raises(CtdoseError) as caught:
        load_study_result(path)
    assert line in str(caught.value)
    assert str(caught.value).startswith(f"{path}: /")


def test_a_name_in_a_study_moves_no_cursor(tmp_path, capsys):
    """Names of variants are headings of a table."""
    path = changed_study(tmp_path / "s.h5", with_value("members", b"\x1b[2Jx", column="name"))
    assert main(["show", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert shown.count("?[2Jx") > 2


def test_a_study_without_any_dose(tmp_path, capsys):
    study = make_study()
    none, batches = study.dose[:, :0], {name: each[..., :0] for name, each in study.batch_doses.items()}
    empty = replace(study, quantities=(), dose=none, standard_error=none, batch_doses=batches)
    save_study(empty, tmp_path / "s.h5")
    assert main(["show", str(tmp_path / "s.h5")]) == 0
    assert "# No organ gets any dose in the base" in capsys.readouterr().out
    assert main(["show", str(tmp_path / "s.h5"), "--csv"]) == 0
    assert capsys.readouterr().out.startswith("variant,criterion,quantity,unit,dose,")
    assert main(["report", str(tmp_path / "s.h5"), "-o", str(tmp_path / "s.html")]) == 0
    assert f"No organ gets any dose in {NAMES[0]}" in (tmp_path / "s.html").read_text()
    assert plot_study(load_study_result(tmp_path / "s.h5"), tmp_path) == []


def test_a_result_without_bodies(tmp_path):
    """Means over its bodies were NaN, with a warning of numpy's."""
    path = tmp_path / "r.h5"
    path.write_bytes(hdf5_base("result", tmp_path)[:-SEAL_BYTES])
    with h5py.File(path, "r+") as file:
        without_bodies(file)
    with pytest.raises(CtdoseError, match=r"/bodies \(there is none"):
        load_result(path)
