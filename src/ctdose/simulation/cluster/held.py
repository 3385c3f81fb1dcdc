"""Sums that a worker keeps from task to task until it is asked for them: a dose map is large, a task is short."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from ctdose.simulation.batch_tallies import BatchTallies
from ctdose.simulation.job import Job

FORGOTTEN_SECONDS = 600.0
"""Sums to which no task has added for so long belong to a run whose client is no more; were it there, it would have
them simulated again."""
MOST_OVER = 1000

_changed = threading.Condition()
_held: dict[str, Held] = {}
_over: OrderedDict[str, None] = OrderedDict()
_watching = False


class Held:
    """Sums of one run on this worker, whose tasks may add to them at the same time.

    Parameters
    ----------
    job : Job

    Attributes
    ----------
    tallies : BatchTallies
    tasks : int
        How many are adding to them now.
    touched : float
        When the last one began.
    spoiled : bool
        Whether one of them broke off within a batch: then the sums are of no use.
    """

    def __init__(self, job: Job) -> None:
        self.tallies = BatchTallies(job.tables, job.acquisitions, job.bins)
        self.tasks, self.touched, self.spoiled = 0, 0.0, False
        self._claimed: set[int] = set()

    def claim(self, numbers: list[int]) -> list[int]:
        """Those of the batches that no task has begun here: the others would be counted twice."""
        with _changed:
            fresh = [number for number in dict.fromkeys(numbers) if number not in self._claimed]
            self._claimed.update(fresh)
        return fresh

    def unclaim(self, numbers: list[int]) -> None:
        """Give back those of the batches that were not begun."""
        with _changed:
            self._claimed.difference_update([n for n in numbers if n not in self.tallies.done])


@contextmanager
def adding(run: str, job: Job) -> Iterator[Held]:
    """The sums of a run, to add to them; new ones if there are none, or they were taken, or the run is over."""
    with _changed:
        held = _held.get(run) or Held(job)
        if run not in _over:
            _held[run] = held
            _watch()
        held.tasks, held.touched = held.tasks + 1, time.monotonic()
    try:
        yield held
    except BaseException:
        held.spoiled = True
        raise
    finally:
        with _changed:
            held.tasks -= 1
            _changed.notify_all()


def take(run: str) -> BatchTallies | None:
    """The sums of a run, once no task adds to them any more; what comes later begins new ones.

    Returns
    -------
    BatchTallies or None
        None if there are none, or none that are of use.
    """
    with _changed:
        held = _held.pop(run, None)
        if held is None:
            return None
        _changed.wait_for(lambda: not held.tasks)
    return held.tallies if held.tallies.done and not held.spoiled else None


def forget(run: str) -> None:
    """Drop the sums of a run, and keep none of it any more."""
    with _changed:
        _held.pop(run, None)
        _over[run] = None
        while len(_over) > MOST_OVER:
            _over.popitem(last=False)


def _watch() -> None:
    """Look again and again for sums that are forgotten, as long as there are any; for whoever has `_changed`."""
    global _watching
    if not _watching:
        _watching = True
        timer = threading.Timer(FORGOTTEN_SECONDS / 10, _drop_forgotten)
        timer.daemon = True
        timer.start()


def _drop_forgotten() -> None:
    global _watching
    with _changed:
        _watching = False
        long_ago = time.monotonic() - FORGOTTEN_SECONDS
        for run in [run for run, held in _held.items() if not held.tasks and held.touched < long_ago]:
            del _held[run]
        if _held:
            _watch()
