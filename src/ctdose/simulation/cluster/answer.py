"""The answer of a task of a cluster: brought here, or known to be lost before one waits for it in vain."""

from __future__ import annotations

import asyncio
import time
from concurrent import futures
from dataclasses import dataclass
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.simulation.cluster.connection import Connection, without_ctdose
from ctdose.simulation.cluster.share import Share

TRAVEL_SECONDS = 120.0
"""So long an answer may travel; then it is asked for again."""
LOOK_SECONDS = 0.1
"""So often one looks whether it is still there while it travels."""


class Lost(Exception):
    """The cluster does not go on; the text says what was lost."""


class Away(Exception):
    """An answer was there and is not any more; Dask may have the task done again."""


@dataclass(frozen=True)
class Sent:
    """A task.

    Parameters
    ----------
    numbers : tuple of int
        The batches to simulate; or, with a worker, those that it is known to hold.
    worker : str or None
        Address of the one whose sums are fetched; None if batches are to be simulated.
    """

    numbers: tuple[int, ...]
    worker: str | None = None


@dataclass(frozen=True)
class Ended:
    """A task that has ended.

    Parameters
    ----------
    sent : Sent
    share : Share or None
        None if the answer was lost.
    seconds : float
        That it took to come here.
    """

    sent: Sent
    share: Share | None
    seconds: float


class Arriving:
    """The answer of a task that has ended, on its way here; nobody has to wait for it.

    Parameters
    ----------
    connection : Connection
    future : distributed.Future

    Attributes
    ----------
    future : distributed.Future
    seconds : float
        That it took, as far as it was waited for.
    """

    def __init__(self, connection: Connection, future: Any) -> None:
        self.future, self.seconds = future, 0.0
        self._connection = connection
        client = connection.client
        self._coming = asyncio.run_coroutine_threadsafe(_bring(client, future), client.loop.asyncio_loop)

    def wait(self, seconds: float) -> bool:
        """Wait that long; whether it is there, or lost."""
        begin = time.monotonic()
        futures.wait([self._coming], timeout=seconds)
        self.seconds += time.monotonic() - begin
        return self._coming.done()

    def share(self, sent: Sent) -> Share | None:
        """What it says.

        Returns
        -------
        Share or None
            None if the task was cancelled: with the last worker that had the tables, or with the scheduler.

        Raises
        ------
        Away
            The worker that had it is gone.
        CtdoseError
            The worker has other versions of something, or a tally overflowed.
        Lost
            The batches killed every worker that tried them.
        """
        import distributed

        name = self._connection.name
        try:
            found: Share = self._coming.result()
        except (CtdoseError, Away):
            raise
        except distributed.scheduler.KilledWorker:
            if sent.worker is not None:  # the one that held the sums
                return None
            raise Lost(f"the death of every worker that tried one task ({name})") from None
        except Exception as error:
            if self.future.status == "cancelled":
                return None
            if self.future.status != "error":  # no fault of the task, but of its way here
                raise Away from error
            if isinstance(error, (ImportError, AttributeError, OSError)):  # OSError: a library does not load
                raise without_ctdose(name, error) from None
            raise
        return found


async def _bring(client: Any, future: Any) -> Any:
    """Its result, while there is one: `Future.result` would wait until the task is done again elsewhere."""
    loop = asyncio.get_running_loop()
    until = loop.time() + TRAVEL_SECONDS
    coming = asyncio.ensure_future(client.gather(future, asynchronous=True))
    try:
        while not (await asyncio.wait([coming], timeout=LOOK_SECONDS))[0]:
            if future.status in ("lost", "pending") or loop.time() > until:
                raise Away
        return coming.result()
    finally:
        coming.cancel()
