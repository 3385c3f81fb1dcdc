"""`ctdose.simulate(checkpoint=…)`: a checkpoint that cannot be written does not cost the result."""

import importlib.util
from pathlib import Path

import pytest

import ctdose
from ctdose.errors import CtdoseError
from ctdose.execution import checkpoint, exam_run

spec = importlib.util.spec_from_file_location("broken_runs", Path(__file__).with_name("broken_runs.py"))
broken = importlib.util.module_from_spec(spec)
spec.loader.exec_module(broken)


@pytest.fixture
def exam(tmp_path, monkeypatch):
    broken.calibrate_by_number(monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(broken.EXAM.replace("500_000", "100_000"))
    return ctdose.load_exam("mine.yaml")


def test_a_full_disk_is_a_warning_and_the_result_is_there(exam, monkeypatch):
    def full(part, path):
        raise CtdoseError("c (cannot be written: No space left on device).")

    monkeypatch.setattr(checkpoint, "save_part", full)
    with pytest.warns(UserWarning, match="No checkpoint: c .cannot be written: No space left"):
        result = ctdose.simulate(exam, threads=1, checkpoint="c")
    assert result.complete
    assert result.histories == 2 * broken.BATCH


@pytest.mark.parametrize("name", ["nowhere/c", "."])
def test_a_place_where_none_can_be_is_said_before_anything_is_simulated(exam, monkeypatch, name):
    monkeypatch.setattr(exam_run, "run_exam", lambda *given, **more: pytest.fail("simulated"))
    with pytest.raises(CtdoseError, match=r"no folder nowhere|a folder"):
        ctdose.simulate(exam, checkpoint=name)
