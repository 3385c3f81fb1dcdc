"""One exam of a batch: what is there is left, what is equal is copied, the rest is simulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ctdose.batch.listing import Item
from ctdose.batch.store import Store, marked, renamed
from ctdose.batch.summary import failed_row, summary_row
from ctdose.batch.wide_table import Cell
from ctdose.errors import CtdoseError
from ctdose.execution.identity import run_sha256
from ctdose.execution.prepared import PreparedExam, prepare
from ctdose.results.part_file import remove_part
from ctdose.results.part_layout import PART_SUFFIX
from ctdose.results.result import Result
from ctdose.results.result_file import load_result

SIMULATED, COPIED, THERE, FAILED, STOPPED = "simulated", "copied", "there already", "failed", "stopped"

Simulate = Callable[[PreparedExam, Path, Callable[[Result], None]], Result | None]
"""Runs an exam, with its checkpoint at a path, and saves the result; None if it was stopped.

The checkpoint holds what was done if it was stopped, or if the result cannot be saved.
"""


@dataclass(frozen=True)
class Outcome:
    """What became of an exam.

    Attributes
    ----------
    name : str
    status : str
        One of this module's constants.
    row : dict
        Of the summary.
    fault : str
        If it failed: why, one line or several.
    """

    name: str
    status: str
    row: dict[str, Cell]
    fault: str = ""


@dataclass(frozen=True)
class Options:
    """How a batch is run.

    Attributes
    ----------
    dose_map : bool
    reuse : bool
        Leave what is there already, and copy what is equal.
    overwrite : bool
        Replace results of other exams that have the names of the batch's.
    changes : mapping
        Simulation options instead of those of the exams.
    others : tuple of Path
        Folders of other batches, from which equal results are copied.
    """

    dose_map: bool
    reuse: bool
    overwrite: bool
    changes: Mapping[str, int | float | None]
    others: tuple[Path, ...] = ()


def run_item(item: Item, store: Store, options: Options, simulate: Simulate) -> Outcome:
    """Bring one exam to its result.

    Parameters
    ----------
    item : Item
    store : Store
    options : Options
    simulate : callable

    Returns
    -------
    Outcome
        `STOPPED` if it was interrupted: then its checkpoint lies beside its result's place. Whatever the system
        refuses this exam fails it alone.
    """
    if item.exam is None:
        return _failure(item.name, item.fault)
    try:
        ready = prepare(item.exam.with_simulation(**options.changes))
        status, result = _result(item.name, ready, store, options, simulate)
    except CtdoseError as fault:
        return _failure(item.name, str(fault))
    except MemoryError:
        return _failure(item.name, f"{item.name} (not enough memory). Larger voxels need less: voxel_mm.")
    except OSError as fault:
        place = fault.filename or store.path(item.name)
        return _failure(item.name, f"{place} ({fault.strerror or fault}). Run the same command again.")
    if result is None:
        return Outcome(item.name, STOPPED, failed_row(item.name, STOPPED, "the same command goes on"))
    row = summary_row(item.name, status, store.path(item.name).name, result, ready.exam)
    return Outcome(item.name, status, row)


def _failure(name: str, fault: str) -> Outcome:
    return Outcome(name, FAILED, failed_row(name, FAILED, fault), fault)


def _result(
    name: str, ready: PreparedExam, store: Store, options: Options, simulate: Simulate
) -> tuple[str, Result | None]:
    key = run_sha256(ready, dose_map=options.dose_map)
    with store.lock(key):
        return _result_of(key, name, ready, store, options, simulate)


def _result_of(
    key: str, name: str, ready: PreparedExam, store: Store, options: Options, simulate: Simulate
) -> tuple[str, Result | None]:
    path = store.path(name)
    if options.reuse and store.holds(name, key):
        found = load_result(path)
        if found.exam_sha256 == ready.resolved.exam_sha256:
            return THERE, found
    elif path.exists() and not options.overwrite:
        why = "is not the result of this exam" if options.reuse else "--no-cache replaces nothing by itself"
        right = "Name it otherwise, give another folder with -o, or add --overwrite."
        raise CtdoseError(f"{path} (exists, and {why}). {right}")
    equal = store.equal(key) if options.reuse else None
    if equal is not None:
        copy = renamed(equal, ready)
        store.keep(name, copy)
        return COPIED, copy
    return _simulated(name, ready, key, store, simulate)


def _simulated(
    name: str, ready: PreparedExam, key: str, store: Store, simulate: Simulate
) -> tuple[str, Result | None]:
    path = store.path(name)
    checkpoint = path.with_name(path.name + PART_SUFFIX)
    result = simulate(ready, checkpoint, lambda found: store.keep(name, marked(found, key)))
    if result is None:
        return STOPPED, None
    remove_part(checkpoint)
    return SIMULATED, marked(result, key)
