"""A stop is quick: what can be done again is broken off, and maps of large bodies are left to the checkpoint."""

import importlib.util
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import ctdose
from ctdose.cli.interrupt import Interrupt, Stopped
from ctdose.cli.main import main
from ctdose.execution import body_run, body_setup
from ctdose.execution.checkpoint import Checkpoint
from ctdose.execution.exam_run import run_batches, run_exam
from ctdose.execution.prepared import prepare
from ctdose.results.part_file import load_part
from ctdose.simulation.local_threads import LocalThreads

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
spec = importlib.util.spec_from_file_location("broken_runs", Path(__file__).with_name("broken_runs.py"))
broken = importlib.util.module_from_spec(spec)
spec.loader.exec_module(broken)
BATCH = broken.BATCH


@pytest.fixture
def folder(tmp_path, monkeypatch):
    broken.calibrate_by_number(monkeypatch)
    (tmp_path / "mine.yaml").write_text(broken.EXAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def two_bodies(folder):
    text = broken.EXAM.replace("water-cylinder", "newborn").replace("voxel_mm: 20", "voxel_mm: 10")
    (folder / "mine.yaml").write_text(text.replace("[-40, 40]", "chest"))
    return ctdose.load_exam("mine.yaml").with_simulation(histories=4 * BATCH)


@contextmanager
def nothing_breaks():
    yield


class StoppedAfter(LocalThreads):
    """One batch of a body, then Ctrl-C."""

    def __init__(self, body: str) -> None:
        super().__init__(1)
        self._body = body

    def run(self, job, batches, progress=None):
        stop = job.body == self._body
        yield from super().run(job, batches[:1] if stop else batches, progress)
        self.interrupted = stop


def test_work_that_can_be_done_again_is_broken_off_at_once():
    with Interrupt() as state:
        state.keeping = True
        with pytest.raises(KeyboardInterrupt), state.breakable():
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)  # sent to the process and to its group: noted, outside as before
        with pytest.raises(KeyboardInterrupt), state.breakable():
            pytest.fail("begun although a stop was asked for")


def test_where_there_is_nothing_to_keep_it_is_given_up():
    with Interrupt() as state, pytest.raises(Stopped), state.breakable():
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("body", [pytest.param("newborn-male", marks=pytest.mark.slow), "newborn-female"])
def test_maps_of_large_bodies_are_left_to_the_checkpoint(folder, two_bodies, monkeypatch, body):
    monkeypatch.setattr(body_run, "MOST_VOXELS_AT_A_STOP", 0)
    ready = prepare(two_bodies)
    kept = Checkpoint(folder / "c", ready)
    partial = run_exam(ready, StoppedAfter(body), checkpoint=kept, breakable=nothing_breaks)
    assert not partial.complete
    assert all(each.map is None for each in partial.bodies.values())
    assert (partial.effective_dose is None) == (body == "newborn-male")
    assert load_part(folder / "c").done == partial.histories  # on the disk already
    assert main(["merge", "c", "-o", "merged.h5"]) == 1
    merged = ctdose.load_result("merged.h5")
    assert merged.has_map
    assert merged.organs["lungs"] == partial.organs["lungs"]
    assert main(["report", "merged.h5"]) == 0  # the page of a merged result has its map
    html = (folder / "merged.html").read_text("utf-8")
    assert html.count('class="dose-volume"') == len(merged.bodies)
    assert "Incomplete:" in html


def test_they_are_kept_where_no_checkpoint_can_be_written(folder, monkeypatch):
    monkeypatch.setattr(body_run, "MOST_VOXELS_AT_A_STOP", 0)
    ready = prepare("mine.yaml")
    nowhere = Checkpoint(folder / "no such folder" / "c", ready)
    partial = run_exam(ready, StoppedAfter("water-cylinder"), checkpoint=nowhere, breakable=nothing_breaks)
    assert partial.has_map


def test_small_ones_are_in_the_result(folder):
    ready = prepare("mine.yaml")
    kept = Checkpoint(folder / "c", ready)
    partial = run_exam(ready, StoppedAfter("water-cylinder"), checkpoint=kept, breakable=nothing_breaks)
    assert partial.has_map


def stopped_in(monkeypatch, place, name, body):
    """Make a step of a body break off as Ctrl-C would, once."""
    before, met = getattr(place, name), []

    def step(*arguments, **options):
        first = arguments[0]
        if not met and body in (getattr(first, "name", ""), *(getattr(first, "tags", ()))):
            met.append(True)
            raise KeyboardInterrupt
        return before(*arguments, **options)

    monkeypatch.setattr(place, name, step)
    return met


@pytest.mark.parametrize("again", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_stop_while_tables_are_built_keeps_what_is_done(folder, two_bodies, monkeypatch, again):
    """In the second body; where an earlier run has begun it, its doses are there too."""
    ready = prepare(two_bodies)
    if again:
        run_exam(ready, StoppedAfter("newborn-female"), checkpoint=(kept := Checkpoint(folder / "c", ready)))
        kept.write()
    kept = Checkpoint(folder / "c", ready, load_part(folder / "c") if again else None)
    with monkeypatch.context() as patch:
        met = stopped_in(patch, body_setup, "_job", "newborn-female")
        partial = run_exam(ready, LocalThreads(1), checkpoint=kept, breakable=nothing_breaks)
    assert met
    assert not partial.complete
    assert list(partial.bodies) == ["newborn-male", "newborn-female"][: 1 + again]
    kept.write()
    broken.assert_same_bits(ctdose.simulate(two_bodies, checkpoint="c"), ctdose.simulate(two_bodies))


def test_a_stop_while_tables_of_a_share_are_built(folder, two_bodies, monkeypatch):
    ready = prepare(two_bodies)
    kept = Checkpoint(folder / "c", ready)
    met = stopped_in(monkeypatch, body_setup, "_job", "newborn-female")
    assert not run_batches(ready, LocalThreads(1), range(1), checkpoint=kept, breakable=nothing_breaks)
    assert met
    assert list(load_part(folder / "c").bodies) == ["newborn-male"]


def test_a_checkpoint_is_not_written_twice(folder):
    ready = prepare("mine.yaml")
    kept = Checkpoint(folder / "c", ready)
    run_exam(ready, LocalThreads(1), checkpoint=kept)
    kept.write()
    first = (folder / "c").stat().st_mtime_ns
    kept.write()
    assert (folder / "c").stat().st_mtime_ns == first
    (folder / "c").unlink()
    kept.write()
    assert (folder / "c").exists()


def test_the_map_of_a_finished_body_is_packed_when_the_next_begins(folder, two_bodies):
    """A second map is then not to be looked through when the run is stopped, and takes a third of the memory."""
    ready, packed = prepare(two_bodies.with_simulation(histories=2 * BATCH)), []

    class Looks(LocalThreads):
        def run(self, job, batches, progress=None):
            packed.append([body.sums.voxels is None for body in kept.part().bodies.values()])
            return super().run(job, batches, progress)

    kept = Checkpoint(folder / "c", ready)
    run_exam(ready, Looks(1), checkpoint=kept)
    assert packed == [[], [True]]
    kept.write()
    held = load_part(folder / "c").bodies["newborn-male"].whole()
    assert np.array_equal(held.voxels, kept.sums("newborn-male").voxels)
    assert held.voxels.any()
    assert kept.sums("newborn-male", with_map=False).voxels is None


def test_a_stop_while_a_checkpoint_is_written_begins_no_batch(folder):
    ready = prepare("mine.yaml")
    kept = Checkpoint(folder / "c", ready)

    def stop(stage, done, wanted):
        if kept.histories:
            raise KeyboardInterrupt

    a_part_each = LocalThreads(1, seconds=0.0)
    assert run_exam(ready, a_part_each, checkpoint=kept, progress=stop).histories == BATCH


def test_the_command_says_where_the_maps_are(folder, monkeypatch, capsys):
    from ctdose.cli import watched

    class Few(StoppedAfter):
        def __init__(self, *_, **__):
            super().__init__("water-cylinder")

    monkeypatch.setattr(body_run, "MOST_VOXELS_AT_A_STOP", 0)
    monkeypatch.setattr("ctdose.simulation.local_threads.LocalThreads", Few)
    assert watched
    assert main(["run", "mine.yaml", "--plot", "dose.png"]) == 1
    error = capsys.readouterr().err
    assert "ctdose merge mine.h5.part -o FILE makes a result with them." in error
    assert "No picture" in error
    assert main(["report", "mine.h5"]) == 0
    assert "<code>ctdose merge</code> makes a result with the map" in (folder / "mine.html").read_text()
