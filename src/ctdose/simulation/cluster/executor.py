"""Runs batches of a job on a cluster: each is counted exactly once, whatever becomes of the workers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

from ctdose.errors import CtdoseError
from ctdose.simulation.cluster.connection import Connection
from ctdose.simulation.cluster.pace import TASKS_A_SLOT, Pace
from ctdose.simulation.cluster.packed_sums import Gathered
from ctdose.simulation.cluster.tasks import Ended, Lost, Tasks
from ctdose.simulation.job import Job
from ctdose.simulation.runner import POLL_SECONDS, Progress
from ctdose.simulation.sums import Sums

DRAIN_SECONDS = 5.0
"""After a stop: so long is waited for the next task under way."""


class Cluster:
    """Workers of a Dask cluster, as an `ledger.Executor`.

    Parameters
    ----------
    connection : Connection
        Others may use it too.
    seconds : float
        Give what is done about so often; by default only at the end.
    notice : callable, optional
        Told in one line that there is no worker.

    Attributes
    ----------
    interrupted : bool
        Whether Ctrl-C, or the loss of the cluster, stopped it.
    lost : str
        What was lost, if that stopped it: ``the loss of all workers …``.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        seconds: float = math.inf,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.interrupted = False
        self.lost = ""
        self._connection, self._seconds, self._notice = connection, seconds, notice
        self._pace: dict[str, Pace] = {}
        self._told = False

    def run(self, job: Job, batches: list[int], progress: Progress | None = None) -> Iterator[Sums]:
        """Give the sums of the batches, part after part; see `ledger.Executor`."""
        waiting, gathered = Waiting(batches), Gathered()
        pace = self._pace.setdefault(job.body, Pace())
        given = time.monotonic()
        try:
            with Tasks(self._connection, job) as tasks:
                while not waiting.all_done and not self.interrupted:
                    self._take(self._step(tasks, waiting, pace, progress), waiting, gathered, pace)
                    if time.monotonic() - given >= self._seconds:
                        yield from _all_of(gathered)
                        given = time.monotonic()
                self._report_end(waiting, progress)
                if self.interrupted and not self.lost:
                    tasks.stop()
                    self._drain(tasks, waiting, gathered, pace)
        except CtdoseError:
            yield from _all_of(gathered)
            raise
        yield from _all_of(gathered)

    def _step(self, tasks: Tasks, waiting: Waiting, pace: Pace, progress: Progress | None) -> Ended | None:
        """Report, send what the workers can take, and wait a moment for what they have done."""
        try:
            if progress is not None:
                progress(waiting.done, waiting.total)
            slots = tasks.slots()
            self._tell_of_none(slots)
            while slots and waiting.left and len(tasks) < TASKS_A_SLOT * slots:
                numbers = waiting.take(pace.batches(len(waiting.left), slots))
                if not tasks.submit(numbers):
                    waiting.settle(numbers, [])
                    break
            return tasks.wait(POLL_SECONDS)
        except KeyboardInterrupt:
            self.interrupted = True
        except Lost as loss:
            self.interrupted, self.lost = True, str(loss)
        return None

    def _report_end(self, waiting: Waiting, progress: Progress | None) -> None:
        """Report the last batch too."""
        if progress is None or self.interrupted:
            return
        try:
            progress(waiting.done, waiting.total)
        except KeyboardInterrupt:
            self.interrupted = True

    def _drain(self, tasks: Tasks, waiting: Waiting, gathered: Gathered, pace: Pace) -> None:
        """Take what the tasks under way have done until the stop."""
        until = time.monotonic() + DRAIN_SECONDS
        while len(tasks) and time.monotonic() < until:
            ended = tasks.wait(POLL_SECONDS)
            if ended is not None:
                until = time.monotonic() + DRAIN_SECONDS
                self._take(ended, waiting, gathered, pace)

    def _take(self, ended: Ended | None, waiting: Waiting, gathered: Gathered, pace: Pace) -> None:
        """Add the sums of a task, if there are any; what it left goes back to those that wait."""
        if ended is None:
            return
        begin = time.monotonic()
        done = [] if ended.sums is None else ended.sums.rest.batches.tolist()
        waiting.settle(ended.numbers, done)
        if ended.sums is not None:
            gathered.add(ended.sums)
            seconds = ended.seconds + time.monotonic() - begin
            pace.note(len(done), ended.sums.rest.transport_seconds, seconds)

    def _tell_of_none(self, slots: int) -> None:
        if not slots and not self._told:
            self._notice(f"No worker {self._connection.name}; waiting for one.")
        self._told = not slots


def _all_of(gathered: Gathered) -> Iterator[Sums]:
    sums = gathered.take()
    if sums is not None:
        yield sums


class Waiting:
    """Which batches no task has yet, and how many are done.

    Parameters
    ----------
    batches : list of int
    """

    def __init__(self, batches: list[int]) -> None:
        self.left = sorted(batches, reverse=True)
        self.total, self.done = len(batches), 0

    @property
    def all_done(self) -> bool:
        """Whether nothing is missing."""
        return self.done == self.total

    def take(self, count: int) -> list[int]:
        """The first of those that no task has."""
        return [self.left.pop() for _ in range(min(count, len(self.left)))]

    def settle(self, numbers: list[int], done: list[int]) -> None:
        """Note what a task has done of its batches; the rest has no task again."""
        if not set(done) <= set(numbers):
            raise ValueError(f"batches={done} (not those of the task, {numbers}). Please report it.")
        self.done += len(done)
        self.left = sorted({*self.left, *numbers} - set(done), reverse=True)
