"""Sums that a worker keeps from task to task: whatever comes twice, or at once, is counted once."""

import threading
import time

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.cluster import held, worker
from ctdose.simulation.cluster.packed_sums import Gathered
from ctdose.simulation.job import Job
from ctdose.simulation.open_beams import PointSource

pytest.importorskip("distributed", reason='no Dask: pip install "ctdose[cluster]"')

VERSIONS = worker.own_versions


@pytest.fixture(scope="module")
def job(build_tables_of):
    phantom = VoxelPhantom(np.zeros((4, 4, 4), np.uint8), [Material("water")], (30.0,) * 3, (-60.0,) * 3)
    beam = PointSource((0, -300, 0), (0, 0, 0), (0.2, 0.2), 60.0)
    return Job("water", build_tables_of(phantom, beam, with_voxels=True), 1, None, {})


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch):
    """A worker of another test, in this process, may have left something."""
    monkeypatch.setattr(held, "_held", {})
    yield
    assert not held._held


def unpacked(share):
    gathered = Gathered()
    gathered.add(share.sums)
    return gathered.take()


def assert_same(found, wanted) -> None:
    for field in ("batches", "rows", "voxels", "counters"):
        assert np.array_equal(getattr(found, field), getattr(wanted, field)), field


def test_tasks_add_up_until_they_are_fetched(job):
    first = worker.run_share(job, [3, 0], "run", VERSIONS())
    second = worker.run_share(job, [5], "run", VERSIONS())
    assert (first.done, first.sums, second.done, second.sums) == ([3, 0], None, [5], None)
    assert first.seconds > 0.0
    assert_same(unpacked(worker.fetch("run")), job.make_runner().run([0, 3, 5]))
    assert worker.fetch("run").sums is None


def test_a_batch_that_is_sent_twice_is_counted_once(job):
    for numbers in ([0, 1], [1, 2], [0]):
        assert worker.run_share(job, numbers, "run", VERSIONS()).done == numbers
    assert_same(unpacked(worker.fetch("run")), job.make_runner().run([0, 1, 2]))


def test_two_runs_are_kept_apart(job):
    for run, numbers in (("one", [0]), ("other", [0, 1])):
        worker.run_share(job, numbers, run, VERSIONS())
    assert worker.fetch("one").sums.rest.batches.tolist() == [0]
    worker.forget("other")
    assert worker.fetch("other").sums is None


def test_threads_of_one_worker_add_to_one_map_and_a_fetch_waits_for_them(job):
    """Tasks that begin after it find new sums."""
    threads = [
        threading.Thread(target=worker.run_share, args=(job, [4 * k, 4 * k + 1, 0], "run", VERSIONS()))
        for k in range(3)
    ]
    for thread in threads:
        thread.start()
    while not (sums := held._held.get("run")) or not sums.tallies.done:
        time.sleep(0.001)
    early = worker.fetch("run")
    for thread in threads:
        thread.join()
    late = worker.fetch("run")
    parts = [unpacked(share) for share in (early, late) if share.sums]
    batches = np.concatenate([part.batches for part in parts])
    for part in parts:
        assert_same(part, job.make_runner().run(part.batches.tolist()))
    assert set(batches.tolist()) == {0, 1, 4, 5, 8, 9}


def test_a_stop_ends_a_task_and_leaves_what_is_done(job):
    stopper = threading.Timer(0.05, worker.stop, ["stopped"])
    stopper.start()
    share = worker.run_share(job, list(range(3000)), "stopped", VERSIONS())
    stopper.join()
    assert 0 < len(share.done) < 3000
    assert worker.run_share(job, [3000], "stopped", VERSIONS()).done == []
    assert_same(unpacked(worker.fetch("stopped")), job.make_runner().run(share.done))


def test_sums_in_which_a_task_broke_off_are_not_given(job, monkeypatch):
    worker.run_share(job, [0], "run", VERSIONS())

    def fail(self, batch, tallies, seconds):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(worker.BatchRunner, "_note", fail)
        with pytest.raises(MemoryError):
            worker.run_share(job, [1], "run", VERSIONS())
    assert worker.fetch("run").sums is None


def test_a_fault_of_the_tables_is_told_when_the_sums_are_fetched(job):
    attenuation = job.tables.attenuation
    small = job.tables._replace(attenuation=attenuation._replace(majorant=attenuation.majorant * 0.5))
    worker.run_share(Job("water", small, 1, None, {}), [0], "run", VERSIONS())
    with pytest.raises(CtdoseError, match="mu exceeded the majorant"):
        worker.fetch("run")


def test_nothing_is_kept_of_a_run_that_is_over(job):
    """A task that was on its way meanwhile does not leave a map behind."""
    with held.adding("over", job) as sums:
        worker.forget("over")
    with held.adding("over", job) as later:
        assert later is not sums
    assert worker.run_share(job, [0], "over", VERSIONS()).done == []
    assert worker.fetch("over").sums is None


def test_sums_of_a_run_whose_client_is_no_more_go(job, monkeypatch):
    monkeypatch.setattr(held, "FORGOTTEN_SECONDS", 0.2)
    monkeypatch.setattr(held, "_watching", False)  # that of the tests before looks later
    worker.run_share(job, [0], "old", VERSIONS())
    with held.adding("busy", job):
        until = time.monotonic() + 10.0
        while "old" in held._held and time.monotonic() < until:
            time.sleep(0.01)
        assert list(held._held) == ["busy"]
    assert held.take("busy") is None
