"""What a task of a cluster answers."""

from __future__ import annotations

from dataclasses import dataclass

from ctdose.simulation.cluster.packed_sums import PackedSums


@dataclass(frozen=True)
class Share:
    """Answer of a task.

    Parameters
    ----------
    worker : str
        Address of the one that did it.
    done : list of int
        Those of the batches it was given that are simulated: they are in `sums`, or that worker holds them.
    seconds : float
        That it spent in the kernel.
    sums : PackedSums or None
        Of the batches that are named there; None if none are sent.
    """

    worker: str
    done: list[int]
    seconds: float
    sums: PackedSums | None = None
