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
from ctdose.execution.checkpoint import Checkpoint
from ctdose.execution.exam_run import run_exam
from ctdose.execution.prepared import prepare
from ctdose.results.part_file import load_part, save_part
from ctdose.simulation.local_threads import LocalThreads

spec = importlib.util.spec_from_file_location("broken_runs", Path(__file__).with_name("broken_runs.py"))
broken = importlib.util.module_from_spec(spec)
spec.loader.exec_module(broken)
BATCH, EXAM = broken.BATCH, broken.EXAM


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
    exam = ctdose.load_exam("mine.yaml")
    whole = ctdose.simulate(exam, threads=1)
    for count, held in ((1, 1), (3, 4)):
        partial = broken.break_off(exam, folder / "c", count)
        assert not partial.complete
        assert load_part(folder / "c").done == partial.histories == held * BATCH
    pieces = ctdose.simulate(exam, threads=2, checkpoint="c")
    assert pieces.complete
    broken.assert_same_bits(pieces, whole)


def test_with_a_target_too(folder):
    exam = ctdose.load_exam("mine.yaml").with_simulation(
        target_relative_standard_error=0.001, target_organs=["water"], histories=10**8
    )
    whole = ctdose.simulate(exam, threads=1)
    assert 8 * BATCH < whole.histories < 10**8  # it took more than one round
    for count in (5, 4):  # within the first round, and at its end; the next one then begins
        assert not broken.break_off(exam, folder / "c", count).complete
    broken.assert_same_bits(ctdose.simulate(exam, checkpoint="c"), whole)


def test_a_body_that_was_not_begun_costs_no_other(folder):
    """Ctrl-C in the second body before a batch of it was done: the first one is kept, and the run goes on."""
    text = EXAM.replace("phantom: water-cylinder", "phantom: newborn").replace("voxel_mm: 20", "voxel_mm: 10")
    (folder / "mine.yaml").write_text(text.replace("[-40, 40]", "chest"))
    exam = ctdose.load_exam("mine.yaml").with_simulation(histories=2 * BATCH)

    class SecondIsStopped(LocalThreads):
        def run(self, job, batches, progress=None):
            self.interrupted = job.body == "newborn-female"
            yield from super().run(job, batches, progress)

    ready = prepare(exam)
    checkpoint = Checkpoint(folder / "c", ready)
    partial = run_exam(ready, SecondIsStopped(1), checkpoint=checkpoint)
    checkpoint.write()
    assert list(partial.bodies) == ["newborn-male"]
    assert not partial.complete
    assert partial.effective_dose is None
    broken.assert_same_bits(ctdose.simulate(exam, checkpoint="c"), ctdose.simulate(exam))


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


@pytest.fixture(scope="module")
def part_of_three(tmp_path_factory):
    """The bytes of a checkpoint that holds three batches."""
    place = tmp_path_factory.mktemp("part")
    (place / "mine.yaml").write_text(EXAM)
    with pytest.MonkeyPatch.context() as patch:
        broken.calibrate_by_number(patch)
        ctdose.simulate(place / "mine.yaml", threads=1, checkpoint=place / "p", histories=3 * BATCH)
    return (place / "p").read_bytes()


@pytest.fixture
def stopped(folder, part_of_three):
    """A checkpoint at mine.h5.part."""
    (folder / "mine.h5.part").write_bytes(part_of_three)
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
    if damage in ("empty", "text"):  # nothing of ours: not even with --fresh is it replaced
        assert run("--fresh") == 2


def test_a_part_file_is_read_as_it_was_written(stopped, tmp_path):
    part = load_part(stopped)
    save_part(part, tmp_path / "again")
    again = load_part(tmp_path / "again")
    assert again.exam_yaml == part.exam_yaml
    assert again.exam_sha256 == part.exam_sha256
    for name, body in part.bodies.items():
        assert again.bodies[name].identity == body.identity
        for field in ("batches", "rows", "counters", "voxels", "views"):
            one, other = (getattr(each.whole(), field) for each in (body, again.bodies[name]))
            assert np.array_equal(one, other), field
    assert part.bodies["water-cylinder"].whole().voxels.any()


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
    """Kill a run again and again; histories that its checkpoint held each time, until it had ended."""
    found = []
    for _ in range(kills):
        process, _ = start_run(folder, *words)
        time.sleep(chance.uniform(0.0, 0.2))
        process.kill()
        process.communicate()
        if (folder / "mine.h5").exists():
            break
        kept = folder / "mine.h5.part"
        found.append(load_part(kept).done if kept.exists() else 0)
    return found


def stop_by_sigterm(folder, words):
    """End a run by SIGTERM: exit code, seconds until its end, lines."""
    process, lines = start_run(folder, *words)
    time.sleep(0.3)
    begin = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=120)
    return process.returncode, time.perf_counter() - begin, "".join(lines) + error


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("kills", "batches"), [(3, 80), pytest.param(100, 1500, marks=pytest.mark.slow)])
def test_killed_at_random_moments(folder, kills, batches):
    words = ("--histories", str(batches * BATCH), "--checkpoint-every", "0.02", "--overwrite")
    whole = ctdose.simulate("mine.yaml", histories=batches * BATCH)
    found = kill_at_random_moments(folder, kills, random.Random(kills), words)
    assert found == sorted(found)  # nothing that was kept is ever lost
    code, seconds, error = stop_by_sigterm(folder, words)
    assert code in (0, 1)  # on a quick machine it may have ended before the signal came
    if code == 1:
        assert "Stopped by SIGTERM:" in error
        assert "The same command goes on from mine.h5.part" in error
        assert seconds < 3.0
        assert not ctdose.load_result(folder / "mine.h5").complete
        assert run(*words) == 0
    assert "Traceback" not in error
    broken.assert_same_bits(ctdose.load_result(folder / "mine.h5"), whole)
    assert sorted(path.name for path in folder.iterdir()) == ["mine.h5", "mine.yaml"]
