"""Checkpoints: a run that was broken off goes on to the bits of an unbroken one, or says why it cannot."""

import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import ctdose
from ctdose.cli.main import main
from ctdose.errors import CtdoseError
from ctdose.results.part_file import load_part, save_part

spec = importlib.util.spec_from_file_location("broken_runs", Path(__file__).with_name("broken_runs.py"))
broken = importlib.util.module_from_spec(spec)
spec.loader.exec_module(broken)
BATCH, EXAM = broken.BATCH, broken.EXAM
HISTORIES = 16 * BATCH


@pytest.fixture
def folder(tmp_path, monkeypatch):
    broken.calibrate_by_number(monkeypatch)
    (tmp_path / "mine.yaml").write_text(EXAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> int:
    return main(["run", "mine.yaml", "--threads", "1", *words])


def last_error(capsys) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def test_a_run_in_pieces_has_the_bits_of_an_unbroken_one(folder):
    whole = ctdose.simulate("mine.yaml", histories=HISTORIES, threads=1)
    for stop in (1, 4):
        partial = ctdose.simulate(
            "mine.yaml", histories=HISTORIES, threads=2, checkpoint="c", progress=broken.StopAfter(stop)
        )
        assert not partial.complete
        assert load_part(folder / "c").done == partial.histories < HISTORIES
    pieces = ctdose.simulate("mine.yaml", histories=HISTORIES, threads=1, checkpoint="c")
    assert pieces.complete
    broken.assert_same_bits(pieces, whole)


def test_with_a_target_too(folder):
    wanted = {"target_relative_standard_error": 0.0008, "threads": 1}
    exam = ctdose.load_exam("mine.yaml").with_simulation(target_organs=["water"], histories=10**8)
    whole = ctdose.simulate(exam, **wanted)
    assert 8 * BATCH < whole.histories < 10**8  # it took more than one round
    for stop in (2, 5):
        partial = ctdose.simulate(exam, **wanted, checkpoint="c", progress=broken.StopAfter(stop))
        assert not partial.complete
    broken.assert_same_bits(ctdose.simulate(exam, **wanted, checkpoint="c"), whole)


def test_histories_are_added_to_a_finished_run(folder, capsys):
    assert run("--histories", "2e5", "--keep-checkpoint", "-o", "a.h5") == 0
    assert run("--histories", "5e5", "-o", "a.h5") == 0
    assert "Going on from a.h5.part: 262,144 histories are done." in capsys.readouterr().err
    assert not (folder / "a.h5.part").exists()
    broken.assert_same_bits(ctdose.load_result("a.h5"), ctdose.simulate("mine.yaml", histories=500_000))


def test_without_its_checkpoint_a_result_is_not_continued(folder, capsys):
    assert run("--histories", "1e5", "-o", "a.h5") == 0
    assert run("--histories", "1e6", "-o", "a.h5") == 2
    assert "without its checkpoint a.h5.part it cannot be continued" in last_error(capsys)
    assert run("--histories", "1e5", "-o", "a.h5") == 2
    assert last_error(capsys).startswith("output=a.h5 (exists). Add --overwrite")


def test_a_result_that_the_checkpoint_does_not_hold_is_not_replaced(folder, capsys):
    assert run("--histories", "1e5", "--keep-checkpoint", "-o", "a.h5") == 0
    assert run("--histories", "1e5", "--seed", "2", "-o", "b.h5") == 0
    (folder / "b.h5").replace(folder / "a.h5")
    capsys.readouterr()
    assert run("--histories", "2e5", "-o", "a.h5") == 2
    assert last_error(capsys).startswith("output=a.h5 (exists).")


@pytest.fixture
def stopped(folder):
    """A checkpoint of a few batches at mine.h5.part."""
    ctdose.simulate("mine.yaml", threads=1, checkpoint="mine.h5.part", histories=3 * BATCH)
    return folder / "mine.h5.part"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--seed", "2"], r"mine.h5.part (of another run: seed: 1 there, 2 here). Name another"),
        (["--no-dose-map"], r"mine.h5.part (of another run: dose map: kept there, not kept here)."),
        (["--histories", "1e5"], "holds 65,536 histories on water-cylinder beyond the 131,072 that are"),
        (["--target-error", "0.01"], "(of another run: target: no there, yes here)."),
    ],
)
@pytest.mark.usefixtures("stopped")
def test_what_does_not_belong_together_is_refused(folder, capsys, words, text):
    before = (folder / "mine.h5.part").read_bytes()
    assert run(*words) == 2
    assert text in last_error(capsys)
    assert (folder / "mine.h5.part").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["mine.h5.part", "mine.yaml"]


def test_another_exam_is_refused(stopped, capsys):
    (stopped.parent / "mine.yaml").write_text(EXAM.replace("[-40, 40]", "[-40, 20]"))
    assert run() == 2
    assert last_error(capsys).startswith("mine.h5.part (of another run: its exam is another one).")
    assert run("--fresh", "--histories", "1e5") == 0
    assert ctdose.load_result("mine.h5").histories == 2 * BATCH
    assert not stopped.exists()


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "text"])
def test_a_damaged_checkpoint_is_refused_and_kept(stopped, capsys, damage):
    data = bytearray(stopped.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
    stopped.write_bytes(
        {"flip": bytes(data), "cut": bytes(data[:-5000]), "empty": b"", "text": b"shopping list"}[damage]
    )
    before = stopped.read_bytes()
    assert run() == 2
    error = last_error(capsys)
    assert error.startswith("mine.h5.part (")
    assert "--fresh" in error
    assert stopped.read_bytes() == before
    assert run("--fresh", "--histories", "1e5") == (0 if damage in ("flip", "cut") else 2)


def test_a_part_file_is_read_as_it_was_written(stopped, tmp_path):
    part = load_part(stopped)
    save_part(part, tmp_path / "again")
    again = load_part(tmp_path / "again")
    assert again.exam_yaml == part.exam_yaml
    assert again.exam_sha256 == part.exam_sha256
    for name, body in part.bodies.items():
        assert again.bodies[name].identity == body.identity
        for field in ("batches", "rows", "counters", "voxels", "views"):
            one, other = (getattr(each.sums, field) for each in (body, again.bodies[name]))
            assert np.array_equal(one, other), field
    assert part.bodies["water-cylinder"].sums.voxels.any()


def test_a_full_disk_costs_no_more_than_the_checkpoint(folder, capsys, monkeypatch):
    """Writing a checkpoint fails: one line, and the run goes on; writing the result fails: one line, exit code 2."""
    full = OSError(28, "No space left on device")

    def fail(handle):
        raise full

    monkeypatch.setattr(os, "fsync", fail)
    assert run("--checkpoint-every", "0.001") == 2
    lines = capsys.readouterr().err.splitlines()
    assert (
        sum(line.startswith("No checkpoint: mine.h5.part (cannot be written: No space") for line in lines)
        == 1
    )
    assert lines[-1].startswith("mine.h5 (cannot be written: No space left on device).")
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


def test_a_result_that_cannot_be_written_leaves_the_checkpoint(folder, capsys, monkeypatch):
    from ctdose.results import result_file

    def fail(*_, **__):
        raise CtdoseError("mine.h5 (cannot be written: No space left on device).")

    with monkeypatch.context() as patch:
        patch.setattr(result_file, "save_result", fail)
        assert run() == 2
    assert last_error(capsys).endswith("What was simulated is in mine.h5.part.")
    assert run() == 0
    assert "Going on from mine.h5.part: 524,288 histories are done." in capsys.readouterr().err


def test_a_folder_that_vanishes(folder, capsys, monkeypatch):
    from ctdose.simulation import ledger

    (folder / "out").mkdir()
    before = ledger.Ledger.fill

    def fill(self, *arguments):
        found = before(self, *arguments)
        (folder / "out").rename(folder / "elsewhere")
        return found

    monkeypatch.setattr(ledger.Ledger, "fill", fill)
    assert run("-o", "out/a.h5") == 2
    assert last_error(capsys).startswith("out/a.h5 (there is no folder out).")


def test_two_processes_do_not_write_one_output(folder, capsys):
    from filelock import FileLock

    with FileLock(folder / ".mine.h5.lock"):
        assert run() == 2
    assert last_error(capsys).startswith("output=mine.h5 (another ctdose is writing it).")
    assert run("--histories", "1e5") == 0
    assert not (folder / ".mine.h5.lock").exists()


def start_run(folder, *words):
    command = [sys.executable, "-c", broken.COMMAND, "run", "mine.yaml", "--threads", "1", *words]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("water-cylinder"):
            break
    return process, lines


def kill_at_random_moments(folder, kills, chance, words):
    """Kill a run again and again; histories that its checkpoint held each time."""
    found = []
    for _ in range(kills):
        process, _ = start_run(folder, *words)
        time.sleep(chance.uniform(0.0, 0.3))
        process.kill()
        process.communicate()
        kept = folder / "mine.h5.part"
        found.append(load_part(kept).done if kept.exists() else 0)
    return found


def finish_after_sigterm(folder, words):
    """End a run by SIGTERM, then let the same command end: exit code, seconds and lines of the first."""
    process, lines = start_run(folder, *words)
    time.sleep(0.3)
    begin = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=120)
    seconds = time.perf_counter() - begin
    last, _ = start_run(folder, *words)
    last.communicate(timeout=600)
    assert last.returncode == 0
    return process.returncode, seconds, "".join(lines) + error


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("kills", "batches"), [(3, 60), pytest.param(100, 1500, marks=pytest.mark.slow)])
def test_killed_at_random_moments(folder, kills, batches):
    words = ("--histories", str(batches * BATCH), "--checkpoint-every", "0.02")
    whole = ctdose.simulate("mine.yaml", histories=batches * BATCH)
    found = kill_at_random_moments(folder, kills, random.Random(kills), words)
    assert found == sorted(found)  # nothing that was kept is ever lost
    code, seconds, error = finish_after_sigterm(folder, words)
    assert code in (0, 1)  # on a quick machine it may have ended before the signal came
    if code == 1:
        assert "Stopped by SIGTERM:" in error
        assert "The same command goes on from mine.h5.part" in error
        assert seconds < 3.0
    assert "Traceback" not in error
    broken.assert_same_bits(ctdose.load_result(folder / "mine.h5"), whole)
    assert not (folder / "mine.h5.part").exists()
