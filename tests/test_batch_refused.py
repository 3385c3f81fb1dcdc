"""What the system refuses a batch: the exam fails in a line, what was simulated stays, the others go on."""

import csv
import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

import ctdose
from ctdose.batch import run, store
from ctdose.cli import batch_table
from ctdose.cli.batch_table import BatchTable
from ctdose.cli.interrupt import Stopped
from ctdose.cli.main import main
from ctdose.errors import CtdoseError
from ctdose.execution.identity import run_sha256
from ctdose.execution.prepared import prepare
from ctdose.results.part_file import load_part

spec = importlib.util.spec_from_file_location("broken_runs", Path(__file__).with_name("broken_runs.py"))
broken = importlib.util.module_from_spec(spec)
spec.loader.exec_module(broken)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    broken.calibrate_by_number(monkeypatch)
    (tmp_path / "mine.yaml").write_text(broken.EXAM.replace("500_000", "100_000"))
    (tmp_path / "m.csv").write_text("name,tube_current_ma\na,100\nb,120\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def batch(*words: str) -> int:
    return main(["batch", "m.csv", "--template", "mine.yaml", "-o", "out", "--threads", "1", *words])


def faults(folder) -> dict[str, str]:
    with (folder / "out" / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row["fault"] for row in csv.DictReader(file)}


def test_a_result_that_cannot_be_written_stays_in_its_checkpoint(folder, monkeypatch, capsys):
    keep = store.Store.keep

    def full(self, name, result):
        if name == "a":
            raise CtdoseError("out/a.h5 (cannot be written: No space left on device).")
        keep(self, name, result)

    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "keep", full)
        assert batch("--checkpoint-every", "0") == 1
    assert faults(folder)["a"].endswith("What was simulated is in out/a.h5.part.")
    assert (folder / "out" / "b.h5").exists()
    assert load_part(folder / "out" / "a.h5.part").done == 131072
    capsys.readouterr()
    assert batch() == 0
    assert "1 simulated, 0 equal to another, 1 there already" in capsys.readouterr().err
    assert not (folder / "out" / "a.h5.part").exists()
    assert ctdose.load_result("out/a.h5").complete


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (MemoryError(), "a (not enough memory)."),
        (OSError(116, "Stale file handle", "out/a.h5"), "out/a.h5 (Stale file handle)."),
    ],
)
def test_one_exam_fails_and_the_next_is_simulated(folder, monkeypatch, fault, text):
    def refuse(exam):
        if exam.acquisitions[0].tube_current_ma == 100.0:
            raise fault
        return prepare(exam)

    monkeypatch.setattr(run, "prepare", refuse)
    assert batch() == 1
    assert faults(folder)["a"].startswith(text)
    assert faults(folder)["b"] == ""


def test_a_damaged_checkpoint_is_a_line_that_says_what_to_do(folder):
    (folder / "out").mkdir()
    (folder / "out" / "a.h5.part").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(3000))
    assert batch() == 1
    assert faults(folder)["a"].endswith("Or delete it: then the exam begins anew.")
    assert faults(folder)["b"] == ""


def test_no_cache_alone_replaces_nothing_and_says_so(folder, capsys):
    assert batch() == 0
    before = (folder / "out" / "a.h5").read_bytes()
    assert batch("--no-cache") == 1
    assert "out/a.h5 (exists, and --no-cache replaces nothing by itself)." in capsys.readouterr().err
    assert (folder / "out" / "a.h5").read_bytes() == before


def test_a_large_table_is_written_seldomer_and_at_the_end(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(batch_table.time, "monotonic", lambda: now[0])
    rows: list[dict[str, str]] = []

    def rows_so_far():
        now[0] += 2.0  # so long a table takes
        return rows

    def written() -> int:
        return len((tmp_path / "summary.csv").read_text().splitlines()) - 1

    table = BatchTable(tmp_path, rows_so_far, parquet=False)
    found = []
    for number in range(60):
        rows.append({"name": str(number)})
        table.add(stored=True)
        now[0] += 1.0
        found.append(written())
    assert found[:2] == [1, 1]
    assert len(set(found)) == 2  # not again before 40 s have passed
    table.end()
    table.check()
    assert written() == 60


def test_bodies_of_other_names_have_other_random_numbers_and_are_not_equal(folder):
    ready = prepare("mine.yaml")
    (body,) = ready.phantoms
    assert body.anatomy is None
    other = replace(ready, phantoms=(replace(body, name="another"),))
    assert other.phantoms[0].sha256() == body.sha256()
    assert run_sha256(other, dose_map=True) != run_sha256(ready, dose_map=True)


def test_a_stop_inside_a_compiled_library_ends_the_batch_as_any(folder, monkeypatch, capsys):
    def stop(exam):
        raise SystemError("returned a result with an exception set") from Stopped(by="SIGTERM")

    monkeypatch.setattr(run, "prepare", stop)
    assert batch() == 1
    assert capsys.readouterr().err.endswith("0 failed, 2 not done.\n")
