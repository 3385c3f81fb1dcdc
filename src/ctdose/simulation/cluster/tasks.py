"""Tasks of one job on a cluster: sent, waited for, sent again if their worker or their tables are lost."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import uuid
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.simulation.cluster.connection import Connection, without_ctdose
from ctdose.simulation.cluster.packed_sums import PackedSums
from ctdose.simulation.cluster.versions import versions
from ctdose.simulation.cluster.worker import run_share, stop
from ctdose.simulation.job import Job

LOOK_SECONDS = 1.0
"""So often the scheduler is asked which workers there are."""
TAKE_SECONDS = 120.0
"""So long the sums of a task may travel; then they are asked for again."""
PATIENCE_SECONDS = 60.0
"""So long a cluster may be without any worker: Dask, or the queue, may start new ones."""


class Lost(Exception):
    """The cluster does not go on; the text says what was lost."""


@dataclass(frozen=True)
class Ended:
    """A task that has ended.

    Parameters
    ----------
    numbers : list of int
        The batches that it was given.
    sums : PackedSums or None
        None if it was stopped before one of them was done, or was lost.
    seconds : float
        That its sums took to come here.
    """

    numbers: list[int]
    sums: PackedSums | None
    seconds: float


class Tasks:
    """The tasks of one job; used as a context, which leaves nothing of them on the cluster.

    Parameters
    ----------
    connection : Connection
    job : Job
    """

    def __init__(self, connection: Connection, job: Job) -> None:
        self._connection, self._job = connection, job
        self._run = uuid.uuid4().hex
        self._tables: Any = None
        self._pending: dict[Any, list[int]] = {}
        self._ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._slots, self._looked, self._seen = 0, -LOOK_SECONDS, time.monotonic()

    def __enter__(self) -> Tasks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pending:
            self.stop()
            with contextlib.suppress(Exception):  # of a scheduler that is not there any more
                self._connection.client.cancel(list(self._pending), force=True)
        self._pending.clear()
        self._tables = None

    def __len__(self) -> int:
        return len(self._pending)

    def slots(self) -> int:
        """Threads of all workers.

        Raises
        ------
        Lost
            There has been none for a while.
        """
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._slots = sum(self._connection.threads().values())
            self._looked = time.monotonic()
        if self._slots:
            self._seen = now
        elif now - self._seen > PATIENCE_SECONDS:
            what = "all workers" if self._connection.client.status == "running" else "the scheduler"
            raise Lost(f"the loss of {what} {self._connection.name}")
        return self._slots

    def submit(self, numbers: list[int]) -> bool:
        """Send a task; the first one, and the first one after a loss, with the tables. Whether it could be sent."""
        import distributed

        client = self._connection.client
        try:
            if self._tables is None:
                self._tables = client.scatter(self._job, broadcast=True, hash=False)
            future = client.submit(run_share, self._tables, numbers, self._run, versions(), pure=False)
        except (OSError, TimeoutError, ValueError, RuntimeError, distributed.CancelledError):
            self._tables, self._slots = None, 0  # the workers, or the scheduler, have gone just now
            return False
        self._pending[future] = numbers
        future.add_done_callback(self._ended.put)
        return True

    def wait(self, seconds: float) -> Ended | None:
        """The next task that has ended; None if there is none within that time.

        Raises
        ------
        CtdoseError
            The worker has other versions of something, or a tally overflowed.
        Lost
            The batches killed every worker that tried them.
        """
        try:
            future = self._ended.get(timeout=seconds)
        except queue.Empty:
            return None
        if future not in self._pending:
            return None
        begin = time.monotonic()
        try:
            sums = self._take(future)
        except TimeoutError:  # its worker died after it had ended, and it is made again
            self._ended.put(future)
            return None
        return Ended(self._pending.pop(future), sums, time.monotonic() - begin)

    def stop(self) -> None:
        """Let every worker end the batch under way and leave the rest; does not wait for it."""

        def tell() -> None:
            with contextlib.suppress(Exception):  # of workers that are gone meanwhile
                self._connection.client.run(stop, self._run, on_error="ignore")

        threading.Thread(target=tell, daemon=True).start()

    def _take(self, future: Any) -> PackedSums | None:
        import distributed

        try:
            found: PackedSums | None = future.result(timeout=TAKE_SECONDS)
        except (CtdoseError, TimeoutError):
            raise
        except distributed.CancelledError:  # with the last worker that had the tables
            self._tables, self._looked = None, -LOOK_SECONDS  # or with the scheduler: look at once
            return None
        except distributed.scheduler.KilledWorker:
            raise Lost(f"the death of every worker that tried one task ({self._connection.name})") from None
        except (ImportError, AttributeError) as error:
            raise without_ctdose(self._connection.name, error) from None
        return found
