"""What runs in the process of a worker: batches of a job whose tables it is sent once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Any

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import Tables
from ctdose.simulation.cluster.packed_sums import PackedSums, pack
from ctdose.simulation.cluster.versions import compare_versions
from ctdose.simulation.cluster.versions import versions as here
from ctdose.simulation.job import Job, tables_sha256

MOST_KEPT = 4
"""Tables that a worker keeps: those of the exams that a batch runs side by side."""
MOST_STOPPED = 1000

_lock = threading.Lock()
_kept: OrderedDict[str, Tables] = OrderedDict()
_stopped: OrderedDict[str, None] = OrderedDict()


def run_share(job: Job, numbers: list[int], run: str, versions: dict[str, str]) -> PackedSums | None:
    """Simulate some batches of a job in one thread.

    Parameters
    ----------
    job : Job
        As it came over the network.
    numbers : list of int
    run : str
        What `stop` ends: then the batch under way is finished, and the rest is left out.
    versions : dict of str to str
        Of the process that asks.

    Returns
    -------
    PackedSums or None
        Of the batches that were done; None if it was stopped before one was.

    Raises
    ------
    CtdoseError
        If the versions here are others, the tables arrived damaged, or a tally overflows.
    """
    compare_versions(versions, here(), _address())

    def stop_if_asked(done: int = 0, wanted: int = 0) -> None:
        if run in _stopped:
            raise KeyboardInterrupt

    try:
        stop_if_asked()
        return pack(replace(job, tables=_tables(job)).make_runner().run(numbers, 1, stop_if_asked))
    except KeyboardInterrupt:
        return None


def own_versions() -> dict[str, str]:
    """What a client compares with its own."""
    return here()


def stop(run: str) -> None:
    """End the tasks of a run on this worker."""
    with _lock:
        _stopped[run] = None
        while len(_stopped) > MOST_STOPPED:
            _stopped.popitem(last=False)


def _tables(job: Job) -> Tables:
    """Tables as the kernels were compiled for, kept by their hash."""
    key = job.identity.get("tables") or tables_sha256(job.tables)
    with _lock:
        if key not in _kept:
            tables: Tables = _writable(job.tables)
            if tables_sha256(tables) != key:
                raise CtdoseError(f"{_address()} (the tables arrived damaged). Run the same command again.")
            _kept[key] = tables
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
        return _kept[key]


def _writable(value: Any) -> Any:
    """Copy arrays that lie in a message: numba compiles a kernel anew for arrays that are read-only or not aligned."""
    if hasattr(value, "_fields"):
        return type(value)(*(_writable(getattr(value, field)) for field in value._fields))
    if isinstance(value, np.ndarray):
        return np.require(value, requirements=["C", "A", "W"])
    return value


def _address() -> str:
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:  # not in a task
        return "this process"
