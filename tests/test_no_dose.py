"""A target of precision where no organ gets any dose: said after the first round, not when all histories are gone."""

import numpy as np
import pytest

from ctdose.cli.main import main
from ctdose.phantoms import Organ, VoxelPhantom
from ctdose.phantoms.phantom_file import save_phantom
from ctdose.physics.materials import Material
from known_ctdi import know_ctdi

EXAM = """\
exam: Beside
phantom: far.h5
scanner: generic-64
acquisitions:
  - {name: a, mode: axial, tube_voltage_kv: 120, bowtie: body, collimation_mm: 40, table_increment_mm: 40,
     rotation_time_s: 0.5, scan_range: RANGE, tube_current_ma: 200}
simulation: {histories: 1e12, target_organs: [liver]}
"""
HERE, BESIDE = "[-1000, -960]", "[940, 980]"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A phantom of 2 m of air with an organ of one voxel at its lower end."""
    index = np.zeros((200, 5, 5), np.uint8)
    index[2, 2, 2] = 1
    materials, spacing, origin = [Material("air"), Material("water")], (10.0,) * 3, (-20.0, -20.0, -1000.0)
    organs = (Organ(1, "liver", "liver"),)
    save_phantom(
        VoxelPhantom(index, materials, spacing, origin, organs=organs, name="far"), tmp_path / "far.h5"
    )
    (tmp_path / "beside.yaml").write_text(EXAM.replace("RANGE", BESIDE))
    base = "\n".join(f"  {line}" for line in EXAM.replace("RANGE", HERE).splitlines())
    variant = f"variants: [{{name: beside, change: {{scan_range: {BESIDE}}}}}]"
    (tmp_path / "study.yaml").write_text(f"study: Beside\nbase:\n{base}\n{variant}\n")
    monkeypatch.chdir(tmp_path)
    know_ctdi(monkeypatch)
    return tmp_path


def test_of_an_exam(folder, capsys):
    assert main(["run", "beside.yaml", "--target-error", "0.01"]) == 2
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "target" in line)
    assert line.startswith("target_error (no organ of far gets any dose in 524,288 histories, so there is no")
    assert (folder / "beside.h5.part").exists()  # as whenever a run ends by a fault
    assert not (folder / "beside.h5").exists()


def test_of_a_variant(folder, capsys):
    assert main(["compare", "study.yaml", "--target-error", "0.01"]) == 2
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "target" in line)
    assert line.startswith(
        "target_error (no organ gets any dose from beside in 524,288 histories, so its ratio"
    )
    assert line.endswith("Leave that variant out, or give --histories instead.")
    assert not (folder / "study.h5").exists()


def test_histories_that_are_gone_give_a_result_all_the_same(folder, capsys):
    words = ["--target-error", "0.01", "--histories", "500000"]
    assert main(["run", "beside.yaml", *words]) == 0
    assert main(["compare", "study.yaml", *words]) == 0
    error = capsys.readouterr().err
    assert "Target of 0.01 NOT reached: the ratio of liver of beside is 0, with no error." in error
    assert (folder / "beside.h5").exists()
    assert main(["compare", "study.yaml", "--histories", "500000", "-o", "other.h5"]) == 0
