"""What a cluster is asked for and sent, without a cluster: addresses, sizes of tasks, packed sums."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ctdose.cli.main import main
from ctdose.errors import CtdoseError
from ctdose.simulation.cluster.address import check_address
from ctdose.simulation.cluster.connection import Connection
from ctdose.simulation.cluster.pace import Pace
from ctdose.simulation.cluster.packed_sums import Gathered, pack
from ctdose.simulation.cluster.versions import versions
from ctdose.simulation.cluster.waiting import Waiting
from ctdose.simulation.cluster.worker import _writable
from ctdose.simulation.sums import Sums


@pytest.mark.parametrize(
    "address",
    ["tcp://10.0.0.5:8786", "tls://node-1.example:8786", "node:8786", "tcp://[::1]:8786", "tcp://a:1/"],
)
def test_addresses(address):
    check_address(address)


@pytest.mark.parametrize(
    "address", ["", "here", "tcp://", "tcp://a", "http://a:1", "tcp://a b:1", "a:1 b", "file.json"]
)
def test_wrong_addresses(address):
    with pytest.raises(CtdoseError, match=r"\(not an address\)\. Write the address that"):
        check_address(address)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--scheduler", "here"], "scheduler=here (not an address)."),
        (["--workers", "0"], "workers=0 (outside 1 to 1024)."),
        (["--workers", "1.5"], "workers=1.5 (not a whole number)."),
        (["--workers", "2", "--scheduler", "a:1"], "--workers (a cluster with --scheduler has its own)."),
    ],
)
@pytest.mark.parametrize("command", [["run", "chest"], ["batch", "."]])
def test_what_is_typed_is_checked_first(capsys, tmp_path, monkeypatch, command, words, error):
    monkeypatch.chdir(tmp_path)
    assert main([*command, *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(error)
    assert list(tmp_path.iterdir()) == []


def test_without_dask_the_extra_is_named(capsys, tmp_path, monkeypatch):
    from ctdose.simulation.cluster import address

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(address, "find_spec", lambda name: None)
    assert main(["run", "chest", "--workers", "2"]) == 2
    assert capsys.readouterr().err.endswith('Install it with: pip install "ctdose[cluster]"\n')


def sums(with_map: bool) -> Sums:
    random = np.random.default_rng(1)
    voxels = random.integers(-5, 2**40, (3, 5, 7, 2)) * (random.random((3, 5, 7, 1)) < 0.4)
    rows = random.integers(0, 9, (2, 1, 4, 2))
    return Sums(
        np.array([3, 8]), rows, voxels if with_map else None, np.zeros((2, 3), np.int64), 1.5, rows[:, 0]
    )


@pytest.mark.parametrize("with_map", [True, False])
def test_packed_sums_add_up_as_they_would_have(with_map):
    one, other = sums(with_map), replace(sums(with_map), batches=np.array([1, 5]))
    gathered = Gathered()
    for part in (one, other):
        gathered.add(pack(part))
    found, wanted = gathered.take(), one + other
    for field in ("batches", "rows", "voxels", "counters", "views"):
        first, second = getattr(found, field), getattr(wanted, field)
        assert (first is None and second is None) or np.array_equal(first, second), field
    assert found.transport_seconds == 3.0
    assert gathered.take() is None
    if with_map:
        assert len(pack(one).hits.sums) < 3 * 5 * 7


def test_a_voxel_that_overflows_is_noticed():
    full = sums(True)
    full.voxels[0, 0, 0, 1] = 2**62
    gathered = Gathered()
    gathered.add(pack(full))
    with pytest.raises(CtdoseError, match="a voxel's sum exceeds 2"):
        gathered.add(pack(replace(full, batches=full.batches + 100)))


def test_arrays_of_a_message_become_what_the_kernels_are_compiled_for():
    """Another alignment or a read-only array is another type to numba, and half a minute of compiling."""
    message = np.zeros(81, np.uint8)
    view = message[1:].view(np.float64)
    view.flags.writeable = False
    assert not view.flags.aligned
    found = _writable(view)
    assert found.flags.aligned
    assert found.flags.writeable
    assert np.array_equal(found, view)


def simulated(batches: int, slots: int, seconds: float, part_seconds: float) -> list[int]:
    """Sizes of the tasks of a run on workers of equal speed, whose answers hold their sums."""
    pace, left, sizes = Pace(), batches, []
    while left:
        size = pace.batches(left, slots)
        left -= size
        sizes.append(size)
        if len(sizes) >= 2 * slots:
            pace.note(size, size * seconds, part_seconds)
    return sizes


def test_tasks_are_long_enough_for_their_sums_and_short_at_the_end():
    sizes = simulated(10_000, 4, seconds=0.05, part_seconds=0.25)
    assert sum(sizes) == 10_000
    assert sizes[:8] == [1] * 8  # nothing is known yet
    assert 390 <= max(sizes) <= 400  # 20 s of each of 4 threads; the client needs a second for their sums
    assert sizes[-1] <= 100
    assert max(simulated(10_000, 4, seconds=0.05, part_seconds=1.0)) == 600  # 30 s
    assert len(simulated(10_000, 4, seconds=0.05, part_seconds=0.0)) > 400  # a second each: often a report


def test_maps_are_fetched_as_often_as_checkpoints_are_written():
    pace = Pace(map_bytes=200_000_000)
    assert pace.fetch_seconds(2, math.inf) == 30.0
    assert pace.fetch_seconds(2, 10.0) == 10.0
    assert pace.fetch_seconds(100, 10.0) == 100.0  # half a second each: half of the client's time
    for _ in range(10):
        pace.note_map(0.1)
    assert pace.fetch_seconds(100, 10.0) == pytest.approx(20.0, rel=0.01)


def test_batches_that_a_task_left_are_given_out_again():
    waiting = Waiting([5, 1, 3, 2])
    assert waiting.take(3) == [1, 2, 3]
    assert waiting.count([2])
    waiting.give_back([1, 2, 3])
    assert waiting.simulated == 1
    assert waiting.take(9) == [1, 3, 5]
    assert waiting.count([1, 3, 5])
    assert waiting.all_done
    with pytest.raises(ValueError, match="not those of the run"):
        waiting.count([7])


def test_what_a_lost_worker_held_is_given_out_again():
    waiting = Waiting(list(range(6)))
    waiting.take(6)
    waiting.hold("a", [0, 1])
    waiting.hold("b", [2, 3, 4, 5])
    assert waiting.simulated == 6
    assert not waiting.all_done
    waiting.lose("a")
    assert waiting.take(9) == [0, 1]
    waiting.hold("b", [0, 1])
    assert waiting.count(range(6))
    assert waiting.all_done
    assert waiting.held == {"b": set()}


def test_a_worker_that_comes_back_is_not_counted_twice():
    """It was thought lost, and its batches are with another one; neither order counts one of them twice."""
    waiting = Waiting([0, 1, 2])
    waiting.take(3)
    waiting.hold("a", [0, 1])
    waiting.lose("a")
    waiting.take(2)
    waiting.hold("b", [0, 1, 2])
    assert waiting.count([0, 1])  # of a, after all
    assert not waiting.count([0, 1, 2])
    waiting.lose("b")
    assert waiting.left == [2]
    assert waiting.simulated == 2


def test_of_what_a_worker_does_not_send_only_what_it_was_known_to_hold_is_lost():
    waiting = Waiting([0, 1, 2])
    waiting.take(3)
    waiting.hold("a", [0, 1])
    asked = {0, 1}
    waiting.hold("a", [2])  # by a task that ended after it was asked
    assert waiting.count([1])
    waiting.lose("a", asked)
    assert waiting.left == [0]
    assert waiting.held == {"a": {2}}


def connection_to(*answers) -> Connection:
    """One whose workers say this when they are asked for their versions."""
    found = {f"tcp://10.0.0.{number}:1": answer for number, answer in enumerate(answers)}
    return Connection(SimpleNamespace(run=lambda function, on_error: found), "tcp://10.0.0.9:8786")


def test_a_worker_that_goes_while_it_is_asked_for_its_versions_is_no_reason_not_to_run():
    pytest.importorskip("distributed", reason='no Dask: pip install "ctdose[cluster]"')
    connection_to(versions(), OSError("Timed out trying to connect"), versions()).check_workers()
    with pytest.raises(
        CtdoseError, match=r"worker tcp://10.0.0.1:1 \(cannot run ctdose: ModuleNotFoundError: "
    ):
        connection_to(versions(), ModuleNotFoundError("No module named 'ctdose'")).check_workers()
