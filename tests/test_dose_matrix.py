"""Doses of a range from those of every position of the beam (tools/dose_matrices.py)."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from ctdose.api import simulate
from ctdose.exam.parse import exam_from_text

FILE = Path(__file__).parents[1] / "tools" / "dose_matrices.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("dose_matrices", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks its module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_a_range_takes_its_share_of_each_position(tool):
    z = np.array([0.0, 5.0, 10.0])
    matrix = tool.DoseMatrix(
        ("organ:liver",), z, z + 5.0, np.array([[1.0], [2.0], [4.0]]), np.full((3, 1), 0.1)
    )
    assert matrix.doses(0.0, 15.0)["organ:liver"] == pytest.approx(7.0)
    assert matrix.doses(4.0, 11.0)["organ:liver"] == pytest.approx(0.2 + 2.0 + 0.8)
    assert matrix.per_dlp(5.0, 10.0)["organ:liver"] == pytest.approx(2.0 / 0.5)
    assert matrix.errors(0.0, 12.5)["organ:liver"] == pytest.approx(0.1 * np.sqrt(1 + 1 + 0.25))


@pytest.mark.slow
def test_the_whole_of_the_scan_is_the_exam(tool, tmp_path, monkeypatch):
    """Same histories: the parts add up to what the exam itself gives, over-ranging and all."""
    coarse = tool.EXAM.replace("seed: 1}}", "seed: 1, voxel_mm: 8}}")
    monkeypatch.setattr(tool, "EXAM", coarse)
    matrix = tool.dose_matrix("newborn-male", "body", 65536, tmp_path)
    marks = tool.load_named("newborn-male").anatomy.landmarks_mm
    text = coarse.format(
        body="newborn-male",
        phantom="{like: newborn-male, arms: raised}",
        scanner="generic-64",
        bowtie="body",
        low=marks["ischium"][2] - 40.0,
        high=marks["vertex"][2] + 5.0,
        histories=65536,
    )
    result = simulate(exam_from_text(text), dose_map=False)
    (body,) = result.bodies.values()
    ctdi = result.acquisitions[0].ctdi_vol_mgy
    doses = matrix.doses(-1e4, 1e4)
    for organ in ("lungs", "liver", "brain"):
        assert doses[f"organ:{organ}"] == pytest.approx(
            body.dose.organs[organ].absorbed_dose_mgy / ctdi, rel=1e-4
        )
    assert tool.dose_matrix("newborn-male", "body", 1, tmp_path).names == matrix.names  # read, not run again
