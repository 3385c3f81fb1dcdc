"""The work of one job on a cluster: what is sent, what comes back, what a lost worker leaves to do again."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from ctdose.errors import CtdoseError
from ctdose.simulation.cluster.pace import TASKS_A_SLOT, Pace
from ctdose.simulation.cluster.packed_sums import Gathered
from ctdose.simulation.cluster.share import Share
from ctdose.simulation.cluster.tasks import Ended, Lost, Tasks
from ctdose.simulation.cluster.waiting import Waiting
from ctdose.simulation.sums import Sums

SLOW_SECONDS = 60.0
"""So long what the other workers have sent waits for one that was asked with them."""
DRAIN_SECONDS = 5.0
"""After a stop: so long is waited for the next worker that sends its sums."""


class Work:
    """Batches of a job until all of them are counted.

    Parameters
    ----------
    tasks : Tasks
    batches : list of int
    pace : Pace
    seconds : float
        Have the sums of all workers here about so often.

    Attributes
    ----------
    waiting : Waiting
    """

    def __init__(self, tasks: Tasks, batches: list[int], pace: Pace, seconds: float = math.inf) -> None:
        self.waiting = Waiting(batches)
        self._tasks, self._pace, self._seconds = tasks, pace, seconds
        self._gathered = Gathered()
        self._fetched = time.monotonic()
        self._heard: dict[str, float] = {}
        self._ending = False  # whether all that is left is with a worker, and each is to send what it holds

    @property
    def fetching(self) -> bool:
        """Whether workers are sending what they hold; the others do not wait for ever for one that does not answer."""
        return bool(self._tasks.asked) and time.monotonic() - self._fetched < SLOW_SECONDS

    def send(self, workers: dict[str, int]) -> None:
        """Send batches to workers that can take some, and ask for what they hold if it is time."""
        slots = sum(workers.values())
        while slots and self.waiting.left and self._tasks.simulating < TASKS_A_SLOT * slots:
            numbers = self.waiting.take(self._pace.batches(len(self.waiting.left), slots))
            if not self._tasks.simulate(numbers):
                self.waiting.give_back(numbers)
                break
        if workers:
            self._lose_all_but(workers)
        if not self.fetching:
            self._fetch_if_it_is_time(workers)

    def take(self, ended: Ended | None) -> None:
        """Take into account a task that has ended, if one has."""
        if ended is None:
            return
        begin = time.monotonic()
        share, sent = ended.share, ended.sent
        if share is not None:
            self._take_share(share)
        seconds = ended.seconds + time.monotonic() - begin
        if sent.worker is None:
            self.waiting.give_back(sent.numbers)  # those that are neither counted nor held
        else:  # what it was known to hold and did not send
            self.waiting.lose(sent.worker, sent.numbers)
        if share is not None and share.done:
            self._pace.note(len(share.done), share.seconds, seconds)
        elif share is not None and share.sums is not None:
            self._pace.note_map(seconds)

    def parts(self) -> Iterator[Sums]:
        """What has come since the last time, if anything has."""
        sums = self._gathered.take()
        if sums is not None:
            yield sums

    def finish(self) -> None:
        """After a stop: end the tasks under way, and take what they and those before them have done."""
        self._tasks.stop()
        try:
            workers = self._tasks.workers()
        except Lost:
            return
        if not workers:
            return
        self._fetch(workers, from_all=True)
        until = time.monotonic() + DRAIN_SECONDS
        while len(self._tasks) and time.monotonic() < until:
            try:
                ended = self._tasks.wait(0.05)
            except (CtdoseError, Lost):  # of sums that are of no use; the others are
                continue
            if ended is not None:
                until = time.monotonic() + DRAIN_SECONDS
                self.take(ended)

    def _take_share(self, share: Share) -> None:
        """Add the sums of an answer, or note who holds them."""
        if share.sums is None:
            self.waiting.hold(share.worker, share.done)
            self._heard[share.worker] = time.monotonic()
        elif self.waiting.count(numbers := share.sums.rest.batches.tolist()):
            self._gathered.add(share.sums)
        else:  # it held them, and does not any more
            self.waiting.lose(share.worker, numbers)

    def _fetch_if_it_is_time(self, workers: dict[str, int]) -> None:
        if self.waiting.left:
            self._ending = False
        elif not self._tasks.simulating:
            self._fetch(workers)
            return
        elif not self._ending and any(self.waiting.held.values()):
            self._ending = True  # who is ready first sends while the others simulate
            self._fetch(workers, from_all=True, last=True)
            return
        if time.monotonic() - self._fetched >= self._pace.fetch_seconds(len(workers), self._seconds):
            self._fetch(workers)

    def _fetch(self, workers: dict[str, int], *, from_all: bool = False, last: bool = False) -> None:
        """Ask workers that are known to hold something, or all of them."""
        self._fetched, asked = time.monotonic(), self._tasks.asked
        for worker in workers:
            known = self.waiting.held.get(worker, set())
            if from_all or (known and worker not in asked):
                self._tasks.fetch(worker, known, last=last)

    def _lose_all_but(self, workers: dict[str, int]) -> None:
        """Give out again what workers held that are gone, and wait no longer for what they were asked."""
        for worker in (self.waiting.held.keys() | self._tasks.asked) - workers.keys():
            if self._heard.get(worker, self._fetched) < self._tasks.listed:  # not one that has come since
                self._tasks.give_up(worker)
                self.waiting.lose(worker)
