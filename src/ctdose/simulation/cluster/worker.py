"""What runs in the process of a worker: batches of a job whose tables it is sent once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Any

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import Tables
from ctdose.simulation.cluster import held
from ctdose.simulation.cluster.packed_sums import pack
from ctdose.simulation.cluster.share import Share
from ctdose.simulation.cluster.versions import compare_versions
from ctdose.simulation.cluster.versions import versions as here
from ctdose.simulation.job import Job, tables_sha256
from ctdose.simulation.runner import BatchRunner, Progress

MOST_KEPT = 4
"""Tables that a worker keeps: those of the exams that a batch runs side by side."""
MOST_STOPPED = 1000

_lock = threading.Lock()
_kept: OrderedDict[str, Tables] = OrderedDict()
_stopped: OrderedDict[str, None] = OrderedDict()


def run_share(job: Job, numbers: list[int], run: str, versions: dict[str, str]) -> Share:
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
    Share
        With the sums of the batches that were done; of a job with a dose map they stay here, for `fetch`.

    Raises
    ------
    CtdoseError
        If the versions here are others, the tables arrived damaged, or a tally overflows.
    """
    compare_versions(versions, here(), _address())
    if run in _stopped:
        return Share(_address(), [], 0.0)
    own = replace(job, tables=_tables(job))
    if own.tables.run.with_voxels:
        return _add_to_held(own, numbers, run)
    runner = own.make_runner()
    try:
        sums = runner.run(numbers, 1, _breakable(run))
    except KeyboardInterrupt:
        return Share(_address(), [], 0.0)
    return Share(_address(), sums.batches.tolist(), runner.seconds, pack(sums))


def fetch(run: str) -> Share:
    """The sums of a run that are held here, which then are not held any more.

    Raises
    ------
    CtdoseError
        If a tally overflowed or the phantom's attenuation exceeded the majorant.
    """
    tallies = held.take(run)
    return Share(_address(), [], 0.0, None if tallies is None else pack(tallies.sums()))


def forget(run: str) -> None:
    """Drop what is held of a run that is over; its tasks that are still here end, and leave nothing."""
    stop(run)
    held.forget(run)


def own_versions() -> dict[str, str]:
    """What a client compares with its own."""
    return here()


def stop(run: str) -> None:
    """End the tasks of a run on this worker."""
    with _lock:
        _stopped[run] = None
        while len(_stopped) > MOST_STOPPED:
            _stopped.popitem(last=False)


def _add_to_held(job: Job, numbers: list[int], run: str) -> Share:
    with held.adding(run, job) as sums:
        runner = BatchRunner(job.tables, job.acquisitions, bins=job.bins, tallies=sums.tallies)
        fresh = sums.claim(numbers)
        if fresh:
            runner.simulate(fresh, 1, _breakable(run))
            sums.unclaim(fresh)
        return Share(_address(), [n for n in numbers if n in sums.tallies.done], runner.seconds)


def _breakable(run: str) -> Progress:
    """What a runner asks between two looks at its batches; it ends them as Ctrl-C would."""

    def stop_if_asked(done: int, wanted: int) -> None:
        if run in _stopped:
            raise KeyboardInterrupt

    return stop_if_asked


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
