"""How many batches a task of a cluster gets: enough that sending its sums costs little, few enough at the end."""

from __future__ import annotations

import math

SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 30.0
USUAL_SHARE, LARGEST_SHARE = 0.05, 0.5
"""Of its time that the client spends on taking over sums; the larger one where many workers want it."""
TASKS_A_SLOT = 2
"""One runs, one waits beside it: no worker is idle while the client adds."""


class Pace:
    """What is known of the speed of one job; it decides no bit of a result.

    Attributes
    ----------
    seconds_per_batch : float or None
        Of one thread; None until a task has ended.
    seconds_per_part : float
        That the client needs for the sums of a task.
    """

    def __init__(self) -> None:
        self.seconds_per_batch: float | None = None
        self.seconds_per_part = 0.0

    def note(self, batches: int, transport_seconds: float, part_seconds: float) -> None:
        """Take into account a task that has ended."""
        measured = transport_seconds / batches
        known = self.seconds_per_batch
        self.seconds_per_batch = measured if known is None else 0.5 * (known + measured)
        self.seconds_per_part = 0.5 * (self.seconds_per_part + part_seconds)

    def batches(self, left: int, slots: int) -> int:
        """Size of the next task.

        Parameters
        ----------
        left : int
            Batches that no task has yet.
        slots : int
            Threads of all workers.
        """
        if self.seconds_per_batch is None:
            return 1
        needed = self.seconds_per_part * slots
        seconds = max(SHORTEST_SECONDS, min(LONGEST_SECONDS, needed / USUAL_SHARE), needed / LARGEST_SHARE)
        most = max(1, int(seconds / max(self.seconds_per_batch, 1e-6)))
        fair = math.ceil(left / (TASKS_A_SLOT * slots))  # the last tasks are small: all workers end together
        return min(left, most, max(fair, -(-most // 4)))
