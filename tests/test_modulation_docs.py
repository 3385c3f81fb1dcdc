"""The examples of docs/modulation.md are exams that `check` accepts."""

import re

import pytest

from ctdose.cli.main import main
from ctdose.exam.library import load_exam

BASE = """exam: Example
phantom: {phantom}
scanner: generic-64
acquisitions:
  - name: chest
    mode: helical
    tube_voltage_kv: 120
    bowtie: body
    collimation_mm: 40
    pitch: 1.0
    rotation_time_s: 0.5
    scan_range: chest
{keys}
simulation: {{voxel_mm: 5}}
"""


@pytest.fixture(scope="module")
def blocks(root):
    text = (root / "docs" / "modulation.md").read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.M | re.S)


def exam_of(block):
    lines = block.splitlines()
    phantom = next((line.split(": ")[1] for line in lines if line.startswith("phantom:")), "adult")
    keys = "\n".join(f"    {line}" for line in lines if not line.startswith("phantom:"))
    return BASE.format(phantom=phantom, keys=keys)


def test_there_are_four_examples_and_a_table(blocks):
    assert [kind for kind, _ in blocks] == ["yaml"] * 4 + ["csv"]


@pytest.mark.parametrize("number", range(4))
def test_check_accepts_each_example(number, blocks, tmp_path, capsys):
    (tmp_path / "currents.csv").write_text(blocks[4][1])
    file = tmp_path / "example.yaml"
    file.write_text(exam_of(blocks[number][1]))
    assert not load_exam(file).acquisitions[0].modulation_options.empty
    code = main(["check", str(file)])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    assert "#   modulated: " in shown.out
    if number == 3:
        assert "currents.csv, sha256" in shown.out


def test_check_draws_the_currents(blocks, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    file, picture = tmp_path / "example.yaml", tmp_path / "current.png"
    file.write_text(exam_of(blocks[0][1]))
    assert main(["check", str(file), "--plot-current", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    constant = tmp_path / "constant.yaml"
    constant.write_text(exam_of("tube_current_ma: 200\n"))
    assert main(["check", str(constant), "--plot-current", str(tmp_path / "none.png")]) == 2
    assert "no acquisition is modulated" in capsys.readouterr().err
    assert not (tmp_path / "none.png").exists()
