"""Wrong files of every kind, made from right ones: a line for people, or read; no other exception, no hang, no remains.

`python tools/fuzz.py` counts what becomes of them; the figures are in docs/robustness.md.
"""

import os
from pathlib import Path

import pytest

import fuzz_process
from ctdose.yaml_writer import write_yaml
from fuzz_bases import exam_mappings, fill, hdf5_base, scanner_mappings, study_mappings
from fuzz_process import HDF5_KINDS, Figures, Reader, is_in_library
from fuzz_run import IN_CI, LONGER, NAMES, fuzz
from fuzz_tables import CURRENT

SHARES = [(kind, inputs) for kind, inputs in IN_CI.items()]
LONG = [pytest.param(kind, LONGER * inputs, marks=pytest.mark.slow) for kind, inputs in SHARES]


def test_there_are_as_many_as_the_documentation_says():
    assert sum(IN_CI.values()) == 500
    assert LONGER * 500 == 10_000


def test_the_documentation_has_the_figures(root):
    page = (root / "docs" / "robustness.md").read_text(encoding="utf-8")
    table = page.partition("<!-- figures")[2].partition("<!-- end of figures")[0]
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line[:1] == "|"
    ]
    found = {row[0]: [int(cell or 0) for cell in row[1:]] for row in rows[2:]}
    assert list(found) == [*NAMES.values(), "all"]
    inputs, refused, read, faults, crashes, hangs = (
        sum(row[i] for row in list(found.values())[:-1]) for i in range(6)
    )
    assert found["all"] == [inputs, refused, read, faults, crashes, hangs]
    assert inputs == refused + read + faults + crashes + hangs >= 10_000
    assert faults == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("fuzz")
    fill(place / "files")
    return place


@pytest.fixture(scope="module")
def reader(folder):
    """One process for all inputs: to start it takes longer than to read a hundred."""
    with Reader(folder / "files") as found:
        yield found


@pytest.mark.parametrize(("kind", "inputs"), [*SHARES, *LONG])
def test_wrong_files(reader, kind, inputs):
    figures = fuzz(kind, inputs, reader)
    assert not figures.faults
    assert figures.inputs >= inputs
    counted = figures.accepted + figures.refused + figures.library_crashes + figures.library_hangs
    assert counted == figures.inputs
    assert figures.refused > inputs / 4


def right_files(place: Path):
    for data in (exam_mappings()[0], *exam_mappings()[-11:]):
        yield "exam", "a.yaml", write_yaml(data).encode()
    yield "table", "input.csv", CURRENT.encode()
    yield "manifest", "a.csv", b"name,template\na,template.yaml\n"
    yield "study", "a.yaml", write_yaml(study_mappings()[0]).encode()
    yield "scanner", "a.yaml", write_yaml(scanner_mappings()[0]).encode()
    for kind in HDF5_KINDS:
        yield kind, "a.h5", hdf5_base(kind, place)


def test_what_they_are_made_from_is_read(folder, reader):
    figures = Figures()
    for kind, name, data in right_files(folder):
        assert reader.read(kind, name, data, figures, command=kind not in ("study", "exam")) == "", kind
    assert figures.accepted == figures.inputs == 20


@pytest.mark.parametrize(
    ("kind", "code", "outcome"),
    [
        ("study", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crash"),
        ("study", "import time; time.sleep(60)", "hang"),
        ("study", "raise ZeroDivisionError", "fault"),
        ("result", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", ""),
    ],
)
def test_what_it_looks_for_is_seen(folder, monkeypatch, tmp_path, kind, code, outcome):
    """A reader that crashes, hangs or raises: a fault of ctdose, but for a crash in HDF5; the next input is read."""
    child = tmp_path / "child.py"
    odd = f'def odd(path):\n    {code}\n\n\nREADERS["{kind}"] = odd\n\n\nif __name__'
    child.write_text(fuzz_process.CHILD.read_text().replace("if __name__", odd))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    monkeypatch.setattr(fuzz_process, "CHILD", child)
    figures = Figures()
    with Reader(folder / "files", seconds=0.5) as reader:
        assert reader.read(kind, "a.yaml", b"x", figures).startswith(outcome)
        reader.seconds = 60.0
        assert reader.read("scanner", "a.yaml", b"x", figures) == ""
    assert (len(figures.faults), figures.refused) == ((1, 1) if outcome else (0, 1))
    assert figures.library_crashes == (not outcome)


def test_a_file_left_behind_is_seen(folder, reader):
    (folder / "files" / ".ctdose-1234.part").write_text("half")
    assert "left behind: ['.ctdose-1234.part']" in reader.read("scanner", "a.yaml", b"x", Figures())
    assert reader.read("scanner", "a.yaml", b"x", Figures()) == ""


def test_a_hang_in_h5py_is_told_from_one_of_ours():
    stack = 'Timeout (0:00:10)!\nThread 0x1 (most recent call first):\n  File "/x/{}.py", line 9\n  File "/y/a.py"'
    assert is_in_library(stack.format("h5py/_hl/dataset"))
    assert not is_in_library(stack.format("ctdose/results/hdf5_read"))
