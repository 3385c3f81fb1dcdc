"""The cluster that `--scheduler` or `--workers` asks for, as long as the command runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ctdose.cli.messages import say
from ctdose.cli.wanted import Wanted

if TYPE_CHECKING:
    from ctdose.simulation.cluster.connection import Connection


@contextmanager
def connected(wanted: Wanted) -> Iterator[Connection | None]:
    """Connect to a cluster, or start one; nothing where none is wanted.

    Raises
    ------
    CtdoseError
        It is not there, or its workers do not fit.
    """
    if wanted.scheduler is None and wanted.workers is None:
        yield None
        return
    from ctdose.simulation.cluster.connection import connect, start_workers

    opened = start_workers(wanted.workers) if wanted.workers else connect(str(wanted.scheduler))
    with opened as connection:
        threads = connection.threads()
        say(
            f"Cluster {connection.name}: {_count(len(threads), 'worker')}, {_count(sum(threads.values()), 'thread')}."
        )
        yield connection


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
