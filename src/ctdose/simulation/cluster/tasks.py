"""Tasks of one job on a cluster: sent, waited for, sent again if their worker or their tables are lost."""

from __future__ import annotations

import contextlib
import math
import queue
import threading
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any

from ctdose.simulation.cluster.answer import Arriving, Away, Ended, Lost, Sent
from ctdose.simulation.cluster.connection import Connection
from ctdose.simulation.cluster.versions import versions
from ctdose.simulation.cluster.worker import fetch, forget, run_share, stop
from ctdose.simulation.job import Job

LOOK_SECONDS = 1.0
"""So often the scheduler is asked which workers there are."""
FORGET_SECONDS = 2.0
"""So long the end of a run waits for the workers to hear of it."""
PATIENCE_SECONDS = 60.0
"""So long a cluster may be without any worker: Dask, or the queue, may start new ones."""


class Tasks:
    """The tasks of one job; used as a context, which leaves nothing of them on the cluster.

    Parameters
    ----------
    connection : Connection
    job : Job

    Attributes
    ----------
    listed : float
        When the scheduler was last asked which workers there are, and named some.
    """

    def __init__(self, connection: Connection, job: Job) -> None:
        self._connection, self._job = connection, job
        self._run = uuid.uuid4().hex
        self._tables: Any = None
        self._pending: dict[Any, Sent] = {}
        self._ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._workers: dict[str, int] = {}
        self._looked, self._seen = -LOOK_SECONDS, time.monotonic()
        self.listed = -math.inf
        self._arriving: Arriving | None = None
        self._disturbed = False  # whether a worker may hold what nobody here knows of

    def __enter__(self) -> Tasks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pending or self._disturbed or kind is not None:
            self._tell(forget).join(FORGET_SECONDS)
            self._cancel(list(self._pending))
        self._pending.clear()
        self._tables = None

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def simulating(self) -> int:
        """How many tasks simulate, or wait for it."""
        return sum(sent.worker is None for sent in self._pending.values())

    @property
    def asked(self) -> set[str]:
        """Workers that are asked for what they hold."""
        return {sent.worker for sent in self._pending.values() if sent.worker is not None}

    def workers(self) -> dict[str, int]:
        """Threads of each worker, by address; empty too if the scheduler does not answer.

        Raises
        ------
        Lost
            There has been none for a while.
        """
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._workers = self._connection.threads()
            self._looked = time.monotonic()
            self.listed = now if self._workers else self.listed
        if self._workers:
            self._seen = now
        elif now - self._seen > PATIENCE_SECONDS:
            what = "all workers" if self._connection.client.status == "running" else "the scheduler"
            raise Lost(f"the loss of {what} {self._connection.name}")
        return self._workers

    def simulate(self, numbers: list[int]) -> bool:
        """Send batches; the first ones, and the first after a loss, with the tables. Whether they could be sent."""
        import distributed

        client = self._connection.client
        try:
            if self._tables is None:
                self._tables = client.scatter(self._job, broadcast=True, hash=False)
            future = client.submit(run_share, self._tables, numbers, self._run, versions(), pure=False)
        except (OSError, TimeoutError, ValueError, RuntimeError, distributed.CancelledError):
            self._tables, self._workers = None, {}  # the workers, or the scheduler, have gone just now
            self._disturbed = True
            return False
        self._await(future, Sent(tuple(numbers)))
        return True

    def fetch(self, worker: str, known: set[int], *, last: bool = False) -> None:
        """Ask a worker for the sums it holds: before it simulates more, or as the last it does."""
        with contextlib.suppress(
            OSError, TimeoutError, ValueError, RuntimeError
        ):  # asked again if it is there
            client = self._connection.client
            priority = -1 if last else 1
            future = client.submit(fetch, self._run, workers=[worker], priority=priority, pure=False)
            self._await(future, Sent(tuple(known), worker))

    def _await(self, future: Any, sent: Sent) -> None:
        self._pending[future] = sent
        future.add_done_callback(self._ended.put)

    def wait(self, seconds: float) -> Ended | None:
        """The next task that has ended; None if there is none within that time.

        Raises
        ------
        CtdoseError
            The worker has other versions of something, or a tally overflowed.
        Lost
            The batches killed every worker that tried them.
        """
        if self._arriving is None:
            with contextlib.suppress(queue.Empty):
                self._arriving = Arriving(self._connection, self._ended.get(timeout=seconds))
        if self._arriving is None or not self._arriving.wait(seconds):
            return None
        arrived, self._arriving = self._arriving, None
        sent = self._pending.pop(arrived.future, None)
        if sent is None:  # given up meanwhile
            return None
        try:
            share = arrived.share(sent)
        except Away:  # its worker died after it had ended: Dask has it done again, or it is given up
            self._disturbed = True
            self._await(arrived.future, sent)
            return None
        if share is None:
            self._disturbed = True
            self._tables, self._looked = None, -LOOK_SECONDS  # lost too, or the scheduler is: look at once
        else:
            self._seen = time.monotonic()
        return Ended(sent, share, arrived.seconds)

    def give_up(self, worker: str) -> None:
        """Wait no longer for what a worker held: it is gone."""
        futures = [future for future, sent in self._pending.items() if sent.worker == worker]
        for future in futures:
            del self._pending[future]
        self._disturbed = True
        self._cancel(futures)

    def stop(self) -> None:
        """Let every worker end the batch under way and leave the rest; does not wait for it."""
        self._disturbed = True
        self._tell(stop)

    def _cancel(self, futures: list[Any]) -> None:
        with contextlib.suppress(Exception):  # of a scheduler that is not there any more
            self._connection.client.cancel(futures, force=True)

    def _tell(self, what: Callable[[str], None]) -> threading.Thread:
        def tell() -> None:
            with contextlib.suppress(Exception):  # of workers that are gone meanwhile
                self._connection.client.run(what, self._run, on_error="ignore")

        thread = threading.Thread(target=tell, daemon=True)
        thread.start()
        return thread
