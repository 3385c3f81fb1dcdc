"""The runner: every batch once, whatever the threads; stops, failures and progress. The kernel is a stand-in."""

import threading
import time

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation import compiled
from ctdose.simulation.open_beams import PointSource
from ctdose.simulation.runner import BatchRunner, batches_for


@pytest.fixture(scope="module")
def tables(build_tables_of):
    phantom = VoxelPhantom(np.zeros((2, 2, 2), np.uint8), [Material("water")], (10.0,) * 3, (-5.0,) * 3)
    beam = PointSource((0, -300, 0), (0, 0, 0), (0.03, 0.03), 60.0)
    return build_tables_of(phantom, beam, with_voxels=True)


@pytest.fixture
def kernel(monkeypatch):
    """Replace the compiled kernel by a function of a batch number; returns what installs it."""

    def install(work):
        def run_histories(_tables, _scratch, tallies, first, last):
            if first == last:
                return 0
            assert last - first == BATCH_HISTORIES
            work(first // BATCH_HISTORIES, tallies)
            return last - first

        monkeypatch.setattr(compiled, "entry", lambda reference=False: run_histories)

    return install


def mark(batch, tallies):
    """Leave the batch number in its row, and 1 in a voxel."""
    tallies.rows[0, 0, 0] = batch
    tallies.voxel_sum[3] += 1
    tallies.counters[0] = batch


@pytest.mark.parametrize(
    ("histories", "batches"),
    [(1, 1), (65535, 1), (65536, 1), (65537, 2), (10_000_000, 153), (np.int64(5), 1)],
)
def test_histories_are_rounded_up_to_whole_batches(histories, batches):
    assert batches_for(histories) == batches


@pytest.mark.parametrize("histories", [0, -1])
def test_histories_must_be_positive(histories):
    with pytest.raises(ValueError, match=rf"histories={histories} \(must be positive\)\. "):
        batches_for(histories)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_every_batch_is_done_once(tables, kernel, threads):
    seen = []
    kernel(lambda batch, tallies: (seen.append(batch), mark(batch, tallies)))
    sums = BatchRunner(tables).run([4, 0, 9, 2], threads)
    assert sorted(seen) == [0, 2, 4, 9]
    assert sums.batches.tolist() == [0, 2, 4, 9]
    assert sums.rows[:, 0, 0, 0].tolist() == [0, 2, 4, 9]
    assert sums.counters[:, 0].tolist() == [0, 2, 4, 9]
    assert sums.voxel_sum.ravel()[3] == 4
    assert sums.histories == 4 * BATCH_HISTORIES
    assert sums.transport_seconds > 0


def test_more_threads_than_batches(tables, kernel):
    kernel(mark)
    assert BatchRunner(tables).run([5], 7).batches.tolist() == [5]


def test_progress_is_called_and_ends_at_the_total(tables, kernel):
    calls = []
    kernel(lambda batch, tallies: time.sleep(0.005))
    BatchRunner(tables).run(range(4), 2, lambda done, total: calls.append((done, total)))
    assert calls[-1] == (4, 4)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert {total for _, total in calls} == {4}


def test_progress_is_called_on_the_main_thread(tables, kernel):
    kernel(mark)
    names = set()
    BatchRunner(tables).run([0], 2, lambda *_: names.add(threading.current_thread()))
    assert names == {threading.main_thread()}


def test_an_interrupt_drains_the_running_batches(tables, kernel):
    """What is done stays valid: whole batches, and a voxel map of just these."""

    def work(batch, tallies):
        time.sleep(0.02)
        mark(batch, tallies)

    def interrupt(done, _):
        if done >= 2:
            raise KeyboardInterrupt

    kernel(work)
    runner = BatchRunner(tables)
    sums = runner.run(range(1000), 2, interrupt)
    assert runner.interrupted
    assert 2 <= sums.batches.size < 1000
    assert sums.rows[:, 0, 0, 0].tolist() == sums.batches.tolist()
    assert sums.voxel_sum.ravel()[3] == sums.batches.size
    assert not [thread for thread in threading.enumerate() if "_work" in thread.name]


def test_an_interrupt_before_the_first_batch_is_passed_on(tables, kernel, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    kernel(mark)
    monkeypatch.setattr(BatchRunner, "_work", lambda self, waiting: None)  # stopped before it took one
    with pytest.raises(KeyboardInterrupt):
        BatchRunner(tables).run(range(3), 1, interrupt)


def test_a_failure_in_a_worker_surfaces(tables, kernel):
    def work(batch, tallies):
        if batch == 2:
            raise RuntimeError("batch 2 broke")

    kernel(work)
    with pytest.raises(RuntimeError, match="batch 2 broke"):
        BatchRunner(tables).run(range(5), 2)


def test_a_failure_in_progress_surfaces_after_the_workers_ended(tables, kernel):
    running = []

    def work(batch, tallies):
        running.append(batch)
        time.sleep(0.01)
        running.remove(batch)

    def fail(*_):
        raise OSError("the screen is full")

    kernel(work)
    with pytest.raises(OSError, match="the screen is full"):
        BatchRunner(tables).run(range(1000), 2, fail)
    assert running == []


@pytest.mark.parametrize(
    ("batches", "threads", "text"),
    [
        ([], 1, r"batches \(there are none\)\. Give "),
        ([0, 1, 0], 1, r"batches \(one comes twice"),
        ([-1, 0], 1, r"batches=-1 \(must not be negative\)\. "),
        ([0], 0, r"threads=0 \(must be positive\)\. "),
        ([0], -2, r"threads=-2 \(must be positive\)\. "),
    ],
)
def test_misuse(tables, kernel, batches, threads, text):
    kernel(mark)
    with pytest.raises(ValueError, match=text):
        BatchRunner(tables).run(batches, threads)


def test_a_batch_cannot_be_run_again(tables, kernel):
    kernel(mark)
    runner = BatchRunner(tables)
    runner.run([0, 1])
    with pytest.raises(ValueError, match="comes twice"):
        runner.run([1, 2])


@pytest.mark.parametrize(
    ("counter", "text"),
    [("COUNT_OVERFLOW", r"2\^62"), ("COUNT_MAJORANT_EXCEEDED", "mu exceeded the majorant")],
)
def test_status_counters_end_the_run(tables, kernel, counter, text):
    from ctdose.kernels import tally

    def work(batch, tallies):
        tallies.counters[getattr(tally, counter)] = batch

    kernel(work)
    with pytest.raises(CtdoseError, match=text):
        BatchRunner(tables).run(range(2))


def test_acquisitions_have_rows_of_their_own(tables, kernel):
    kernel(lambda batch, tallies: tallies.rows.__setitem__((1, 0, 0), 5))
    assert BatchRunner(tables, 3).run([0]).rows.shape == (1, 3, 1, 2)
