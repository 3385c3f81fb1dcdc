"""`ctdose export`: what it writes, and what it says of wrong input."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

import export_results as made
from ctdose.cli.main import main
from ctdose.results.result_file import save_result


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a result of one body and one of two."""
    monkeypatch.chdir(tmp_path)
    save_result(made.lopsided(), "one.h5")
    save_result(made.adults(), "two.h5")
    return tmp_path


def refused(capsys, *words):
    """The one line that is said of wrong input."""
    assert main(["export", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_help_has_examples(capsys):
    assert main(["export", "--help"]) == 0
    text = capsys.readouterr().out
    assert "ctdose export chest.h5 -o organs.csv" in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_the_suffix_says_the_format(folder, capsys):
    assert main(["export", "two.h5", "-o", "organs.csv"]) == 0
    assert capsys.readouterr().err == "Wrote organs.csv.\n"
    assert (folder / "organs.csv").read_text(encoding="utf-8").startswith("organ,bodies,")


def test_a_file_is_replaced_only_on_request(folder, capsys):
    Path("organs.csv").write_text("mine")
    assert "exists" in refused(capsys, "one.h5", "-o", "organs.csv")
    assert Path("organs.csv").read_text() == "mine"
    assert main(["export", "one.h5", "-o", "organs.csv", "--overwrite"]) == 0
    assert Path("organs.csv").read_text() != "mine"


@pytest.mark.parametrize("suffix", ["nii", "dcm"])
@pytest.mark.parametrize(
    "change",
    [{"spacing_mm": (1.0, 0.0, 1.0)}, {"spacing_mm": (1.0, 1.0, 1e300)}, {"origin_mm": (0.0, -1e38, 0.0)}],
)
def test_a_place_that_is_none_is_refused(folder, capsys, change, suffix):
    pytest.importorskip("pydicom", reason="needs the extra [dicom]")
    save_result(made.lopsided(replace(made.lopsided_grid(), **change)), "odd.h5")
    (key,) = change
    assert f"adult-male: {key}=" in refused(capsys, "odd.h5", "-o", f"dose.{suffix}")
    assert not Path(f"dose.{suffix}").exists()


def test_a_run_that_was_stopped_is_said_to_be(folder, capsys):
    save_result(replace(made.adults(), complete=False), "part.h5")
    assert main(["export", "part.h5", "-o", "organs.csv"]) == 0
    assert "stopped early, after 131072 histories" in capsys.readouterr().err


CASES = {
    "a suffix of nothing": (["one.h5", "-o", "dose.mha"], ".nii.gz, .nii, .dcm, .csv, .parquet"),
    "a map in a table": (
        ["one.h5", "-o", "x.csv", "--what", "dose"],
        "It goes into .nii.gz or .nii or .dcm.",
    ),
    "no such content": (["one.h5", "-o", "x.nii", "--what", "kerma"], "what=kerma"),
    "an error as a dose": (["one.h5", "-o", "x.dcm", "--what", "error"], "It goes into .nii.gz or .nii."),
    "two bodies": (["two.h5", "-o", "x.nii"], "--body NAME"),
    "no such body": (["two.h5", "-o", "x.nii", "--body", "adult-femal"], "adult-female"),
    "no such body of a table": (["two.h5", "-o", "x.csv", "--body", "child"], "body=child"),
    "a CT for NIfTI": (["one.h5", "-o", "x.nii", "--ct", "series"], "only for RT Dose"),
    "whose identifiers": (["one.h5", "-o", "x.dcm", "--patient-identifiers"], "--ct FOLDER"),
    "no result": (["none.h5", "-o", "x.csv"], "no such file"),
    "no folder": (["one.h5", "-o", "none/x.csv"], "Make it first"),
    "the CT is a file": (["one.h5", "-o", "x.dcm", "--ct", "one.h5"], "a file"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_input_is_one_line_and_leaves_nothing(folder, capsys, case):
    words, message = CASES[case]
    if ".dcm" in str(words):
        pytest.importorskip("pydicom", reason="needs the extra [dicom]")
    before = sorted(folder.iterdir())
    assert message in refused(capsys, *words)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("x.nii", "nibabel", "nifti"), ("x.dcm", "pydicom", "dicom"), ("x.parquet", "pyarrow", "parquet")],
)
def test_what_is_missing_is_named(folder, capsys, monkeypatch, name, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    assert f'pip install "ctdose[{extra}]"' in refused(capsys, "one.h5", "-o", name)
    assert not Path(name).exists()


@pytest.mark.parametrize(("function", "module"), [("to_pandas", "pandas"), ("to_xarray", "xarray")])
def test_what_is_missing_in_python_is_named(monkeypatch, function, module):
    import ctdose.export
    from ctdose.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"ctdose\[{module}\]"):
        getattr(ctdose.export, function)(made.lopsided())
