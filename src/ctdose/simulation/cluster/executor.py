"""Runs batches of a job on a cluster: each is counted exactly once, whatever becomes of the workers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

from ctdose.errors import CtdoseError
from ctdose.simulation.cluster.connection import Connection
from ctdose.simulation.cluster.pace import Pace
from ctdose.simulation.cluster.tasks import Ended, Lost, Tasks
from ctdose.simulation.cluster.work import Work
from ctdose.simulation.job import Job
from ctdose.simulation.runner import POLL_SECONDS, Progress
from ctdose.simulation.sums import Sums


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
        given = time.monotonic()
        with Tasks(self._connection, job) as tasks:
            work = Work(tasks, batches, self._pace_of(job), self._seconds)
            report = _Rising(progress, len(batches))
            try:
                while not work.waiting.all_done and not self.interrupted:
                    work.take(self._step(tasks, work, report))
                    if time.monotonic() - given >= self._seconds and not work.fetching:
                        yield from work.parts()
                        given = time.monotonic()
                self._report_end(work, report)
                if self.interrupted:
                    work.finish()
            except CtdoseError:
                work.finish()
                yield from work.parts()
                raise
            yield from work.parts()

    def _pace_of(self, job: Job) -> Pace:
        voxels = job.tables.voxels.kind.size if job.tables.run.with_voxels else 0
        return self._pace.setdefault(job.body, Pace(16 * voxels))

    def _step(self, tasks: Tasks, work: Work, report: _Rising) -> Ended | None:
        """Report, send what the workers can take, and wait a moment for what they have done."""
        try:
            report(work.waiting.simulated)
            workers = tasks.workers()
            self._tell_of_none(sum(workers.values()))
            work.send(workers)
            return tasks.wait(POLL_SECONDS)
        except KeyboardInterrupt:
            self.interrupted = True
        except Lost as loss:
            self.interrupted, self.lost = True, str(loss)
        return None

    def _report_end(self, work: Work, report: _Rising) -> None:
        """Report the last batch too."""
        if self.interrupted:
            return
        try:
            report(work.waiting.simulated)
        except KeyboardInterrupt:
            self.interrupted = True

    def _tell_of_none(self, slots: int) -> None:
        if not slots and not self._told:
            self._notice(f"No worker {self._connection.name}; waiting for one.")
        self._told = not slots


class _Rising:
    """Reports batches that are done, never fewer than before: what a lost worker held is missing for a while."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._most = progress, total, 0

    def __call__(self, done: int) -> None:
        self._most = max(self._most, done)
        if self._progress is not None:
            self._progress(self._most, self._total)
