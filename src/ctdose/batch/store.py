"""The results that folders hold: what is there already, and what need not be simulated twice."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.execution.prepared import PreparedExam
from ctdose.results.diff_settings import RUN_SHA256
from ctdose.results.hdf5_root import root_attributes
from ctdose.results.result import Result
from ctdose.results.result_file import load_result
from ctdose.results.result_layout import FORMAT

SUFFIX = ".h5"


class Store:
    """The folder of a batch's results.

    Parameters
    ----------
    folder : Path
        Exists.
    others : sequence of Path
        Folders of other batches: equal results are copied from them, and nothing is written there.
    """

    def __init__(self, folder: Path, others: Sequence[Path] = ()) -> None:
        self.folder = folder
        self._files: dict[str, Path] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        for place in (folder, *others):
            for path in sorted(place.glob(f"*{SUFFIX}")):
                for key in _key_of(path):
                    self._files.setdefault(key, path)

    def lock(self, key: str) -> threading.Lock:
        """Held by who makes the result of this `run_sha256`: exams that run side by side wait for an equal one."""
        return self._locks[key]

    def path(self, name: str) -> Path:
        """Where the result of an exam belongs."""
        return self.folder / f"{name}{SUFFIX}"

    def holds(self, name: str, key: str) -> bool:
        """Whether the result of an exam is there, complete and of this `run_sha256`."""
        return next(_key_of(self.path(name)), None) == key

    def equal(self, key: str) -> Result | None:
        """A result with the same numbers, whatever its exam is called; None if there is none, or it is damaged."""
        path = self._files.get(key)
        if path is None:
            return None
        try:
            found = load_result(path)
        except CtdoseError:
            return None
        return found if found.complete and found.versions.get(RUN_SHA256) == key else None

    def keep(self, name: str, result: Result) -> None:
        """Write the result of an exam.

        Raises
        ------
        CtdoseError
            It cannot be written.
        """
        result.save(self.path(name), overwrite=True)
        if result.complete:
            self._files.setdefault(result.versions[RUN_SHA256], self.path(name))


def marked(result: Result, key: str) -> Result:
    """A result that says what its numbers depend on."""
    return replace(result, versions={**result.versions, RUN_SHA256: key})


def renamed(result: Result, ready: PreparedExam) -> Result:
    """The result of an exam of equal content, with the title, record and provenance of this one."""
    resolved = ready.resolved
    return replace(
        result, exam=ready.exam.exam, exam_yaml=resolved.to_yaml(), exam_sha256=resolved.exam_sha256
    )


def _key_of(path: Path) -> Iterator[str]:
    """The `run_sha256` of a complete result of a batch; nothing if the file is anything else."""
    root = root_attributes(path)
    form, complete, key = (root.get(name) for name in ("format", "complete", RUN_SHA256))
    is_complete = isinstance(complete, int | np.integer) and complete == 1
    if isinstance(form, str) and form == FORMAT and is_complete and isinstance(key, str):
        yield key
