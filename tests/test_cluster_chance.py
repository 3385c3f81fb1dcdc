"""Whatever a cluster does by chance, each batch is counted once, and the run ends.

The workers here are sets of numbers: they die, come back with or without what they held, do a task twice, and their
answers come in any order or not at all. What decides what becomes of it (`Cluster`, `Work`, `Waiting`) is the real one.
"""

import random
from types import SimpleNamespace

import numpy as np
import pytest

from ctdose.simulation.cluster import executor, work
from ctdose.simulation.cluster.answer import Ended, Sent
from ctdose.simulation.cluster.packed_sums import pack
from ctdose.simulation.cluster.share import Share
from ctdose.simulation.sums import Sums

BATCHES = 60
MOST_STEPS = 5_000
SEEDS = range(60)


def sums_of(numbers, with_map: bool) -> Sums | None:
    """Of a batch the square of its number and a bit of its own in a map: any other set of batches has other sums."""
    batches = np.array(sorted(numbers), np.int64)
    if not batches.size:
        return None
    bits = np.zeros(64, np.int64)
    bits[batches] = 1
    return Sums(
        batches,
        np.repeat(batches**2, 2).reshape(-1, 1, 1, 2),
        np.stack([bits, bits], axis=1).reshape(4, 4, 4, 2) if with_map else None,
        np.zeros((batches.size, 3), np.int64),
        0.0,
    )


class Chance:
    """A cluster that does all that one may fear; it has the methods of `Tasks`.

    `_here` are the tasks that nobody has done, `_back` those that are done with their answers and who has them.
    """

    def __init__(self, seed: int, with_map: bool) -> None:
        self._random, self._with_map = random.Random(seed), with_map
        self._now, self._steps, self._born = 0.0, 0, 3
        self.calm = self._random.randrange(20, 200)  # steps; after them nothing that would help out of a hang
        self.held = {f"w{number}": set() for number in range(3)}
        self._hidden, self.silent = set(), set()
        self._here: list[Sent] = []
        self._back: list[tuple[Sent, Share | None, str]] = []
        self.listed, self._stopped = 0.0, False

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._here, self._back = [], []

    def __len__(self):
        return len(self._here) + len(self._back)

    def monotonic(self) -> float:
        self._now += 0.001
        return self._now

    def _sent(self):
        return [*self._here, *(sent for sent, _, _ in self._back)]

    @property
    def simulating(self):
        return sum(sent.worker is None for sent in self._sent())

    @property
    def asked(self):
        return {sent.worker for sent in self._sent() if sent.worker is not None}

    def workers(self):
        """Those that the scheduler names, as of a while ago now and then."""
        if self._random.random() < 0.5:
            self.listed = self.monotonic()
            self._named = {name: 2 for name in self.held if name not in self._hidden}
        return {} if self._random.random() < 0.02 else dict(getattr(self, "_named", {}))

    def simulate(self, numbers):
        if self._random.random() < 0.05:
            return False
        self._here.append(Sent(tuple(numbers)))
        return True

    def fetch(self, worker, known, *, last=False):
        self._here.append(Sent(tuple(known), worker))

    def give_up(self, worker):
        self._here = [sent for sent in self._here if sent.worker != worker]
        self._back = [each for each in self._back if each[0].worker != worker]

    def stop(self):
        self._stopped = True

    def wait(self, seconds):
        self._steps += 1
        assert self._steps < MOST_STEPS, "the run does not end"
        self._now += seconds
        if self._steps > self.calm:
            self._hidden.clear()
            self._do()
        else:
            self._random.choice([self._do] * 10 + [self._die, self._hide, self._do_twice, self._cancel])()
        if not self._back or self._random.random() < 0.4:
            return None
        sent, share, _ = self._back.pop(self._random.randrange(len(self._back)))
        return Ended(sent, share, 0.01)

    def _do(self) -> None:
        """A task that has a worker is done."""
        able = self.held.keys() - self.silent
        possible = [sent for sent in self._here if sent.worker is None or sent.worker in able]
        if possible:
            sent = self._random.choice(possible)
            self._here.remove(sent)
            worker = sent.worker or self._random.choice(sorted(able))
            self._back.append((sent, self._share(sent, worker), worker))

    def _share(self, sent: Sent, worker: str) -> Share:
        if sent.worker is not None:
            sums = sums_of(self.held[worker], self._with_map)
            self.held[worker] = set()
            return Share(worker, [], 0.0, None if sums is None else pack(sums))
        most = self._random.randrange(len(sent.numbers)) if self._stopped else len(sent.numbers)
        done = list(sent.numbers[:most])
        if self._with_map:
            self.held[worker].update(done)
            return Share(worker, done, 0.6 * len(done))
        sums = sums_of(done, with_map=False)
        return Share(worker, done, 0.6 * len(done), None if sums is None else pack(sums))

    def _die(self) -> None:
        """With what it held and what it had not sent; another one comes, perhaps at the same address."""
        worker = self._random.choice(list(self.held))
        del self.held[worker]
        self._hidden.discard(worker)
        self._here += [sent for sent, _, by in self._back if by == worker]  # Dask has it done again
        self._back = [each for each in self._back if each[2] != worker]
        self._born += 1
        self.held[self._random.choice([worker, f"w{self._born}"])] = set()

    def _hide(self) -> None:
        """The scheduler thinks it lost, or hears of it again."""
        self._hidden ^= {self._random.choice(list(self.held))}

    def _do_twice(self) -> None:
        """A task is done, and the scheduler does not hear of it."""
        again = [sent for sent in self._here if sent.worker is None]
        if again:
            self._share(self._random.choice(again), self._random.choice(list(self.held)))

    def _cancel(self) -> None:
        """The tables were lost, or the scheduler was: no answer to this task, whether it was done or not."""
        lost = [sent for sent in self._sent() if self._random.random() < 0.3]
        self._here = [sent for sent in self._here if sent not in lost]
        self._back = [each for each in self._back if each[0] not in lost]
        self._back += [(sent, None, "") for sent in lost]


def parts_of(monkeypatch, cluster: Chance, batches, stop_at: int = BATCHES + 1):
    """The parts that a run on such a cluster gives; it is stopped when so many batches are done."""

    def report(done: int, wanted: int) -> None:
        if done >= stop_at:
            raise KeyboardInterrupt

    monkeypatch.setattr(work, "time", cluster)
    monkeypatch.setattr(executor, "time", cluster)
    monkeypatch.setattr(executor, "Tasks", lambda connection, job: cluster)
    run = SimpleNamespace(with_voxels=False)
    job = SimpleNamespace(body="any", tables=SimpleNamespace(run=run))
    return executor.Cluster(SimpleNamespace(name=""), seconds=1.0).run(job, batches, report)


def check(parts: list[Sums], with_map: bool) -> set[int]:
    """Check that the parts are the sums of their batches, each in one part; gives the batches."""
    numbers = [number for part in parts for number in part.batches.tolist()]
    assert len(set(numbers)) == len(numbers)
    for part in parts:
        wanted = sums_of(part.batches.tolist(), with_map)
        for field in ("rows", "voxels"):
            assert np.array_equal(getattr(part, field), getattr(wanted, field)), field
    return set(numbers)


@pytest.mark.parametrize("with_map", [True, False])
def test_each_batch_is_counted_once(monkeypatch, with_map):
    for seed in SEEDS:
        parts = list(parts_of(monkeypatch, Chance(seed, with_map), list(range(BATCHES))))
        assert check(parts, with_map) == set(range(BATCHES))


@pytest.mark.parametrize("with_map", [True, False])
def test_a_run_that_is_stopped_at_any_moment_goes_on(monkeypatch, with_map):
    kept = 0
    for seed in SEEDS:
        first = list(parts_of(monkeypatch, Chance(seed, with_map), list(range(BATCHES)), stop_at=seed))
        done = check(first, with_map)
        kept += len(done)
        left = sorted(set(range(BATCHES)) - done)
        rest = list(parts_of(monkeypatch, Chance(1000 + seed, with_map), left)) if left else []
        assert check([*first, *rest], with_map) == set(range(BATCHES))
    assert kept > 300


def test_a_worker_that_does_not_answer_keeps_the_others_from_no_checkpoint(monkeypatch):
    cluster = Chance(1, with_map=True)
    cluster.calm = 0
    do = cluster._do

    def do_until_it_holds_some() -> None:
        do()
        if cluster.held["w0"]:
            cluster.silent.add("w0")

    monkeypatch.setattr(cluster, "_do", do_until_it_holds_some)
    parts, found = parts_of(monkeypatch, cluster, list(range(BATCHES))), []
    while sum(part.batches.size for part in found) < BATCHES - len(cluster.held["w0"]):
        found.append(next(parts))
    assert cluster.held["w0"]
    monkeypatch.setattr(cluster, "_do", do)
    cluster.silent.clear()
    assert check([*found, *parts], with_map=True) == set(range(BATCHES))
