"""What is to run on one body: finished tables and the identity of what decides their bits.

A job goes as it is to whatever runs it: threads of this process, a GPU, workers of a cluster. What comes back are
`Sums` of some of its batches; those of any two disjoint sets of batches add exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ctdose.kernels.tables import Tables
from ctdose.simulation.runner import BatchRunner


@dataclass(frozen=True)
class Job:
    """One body of an exam, ready to be simulated.

    Parameters
    ----------
    body : str
    tables : Tables
        Everything that the kernel reads. Workers receive them and never build them: numpy's logarithm differs
        between machines.
    acquisitions : int
    bins : tuple of int or None
        The acquisition of each bin of views, as for `BatchRunner`.
    identity : mapping of str to str
        What the sums depend on, by name: two parts may be added if all of it is equal.
    """

    body: str
    tables: Tables
    acquisitions: int
    bins: tuple[int, ...] | None
    identity: Mapping[str, str]

    def make_runner(self, device: str = "cpu") -> BatchRunner:
        """What runs batches of it on a device, ``cpu`` or ``cuda``; it has run nothing yet."""
        from ctdose.simulation.cuda_runner import make_runner

        return make_runner(device, self.tables, self.acquisitions, self.bins)


def tables_sha256(tables: Tables) -> str:
    """Hash of all that the kernel reads, names, types and shapes included."""
    digest = hashlib.sha256()
    _add(digest, "tables", tables)
    return digest.hexdigest()


def _add(digest: Any, name: str, value: Any) -> None:
    if hasattr(value, "_fields"):
        for field in value._fields:
            _add(digest, f"{name}.{field}", getattr(value, field))
        return
    data = np.ascontiguousarray(value)
    digest.update(f"{name} {data.dtype.str} {data.shape}\n".encode())
    digest.update(data.data if data.size else b"")


def first_difference(one: Mapping[str, str], other: Mapping[str, str]) -> str | None:
    """The first name under which two identities differ, among those that both have; None if there is none."""
    return next((name for name in one if name in other and one[name] != other[name]), None)
