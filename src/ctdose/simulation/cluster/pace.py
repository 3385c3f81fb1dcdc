"""How many batches a task of a cluster gets, and how often maps are fetched: little time goes into messages."""

from __future__ import annotations

import math

SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 30.0
USUAL_SHARE, LARGEST_SHARE = 0.05, 0.5
"""Of its time that the client spends on taking over answers; the larger one where many workers want it."""
TASKS_A_SLOT = 2
"""One runs, one waits beside it: no worker is idle while the client adds."""
BYTES_PER_SECOND = 4e8
"""At which a map is thought to be fetched and added before the first one was."""


class Pace:
    """What is known of the speed of one job; it decides no bit of a result.

    Parameters
    ----------
    map_bytes : int
        Of its dose map.

    Attributes
    ----------
    seconds_per_batch : float or None
        Of one thread; None until a task has ended.
    seconds_per_answer, seconds_per_map : float
        That the client needs for the answer of a task, and for the sums that a worker held.
    """

    def __init__(self, map_bytes: int = 0) -> None:
        self.seconds_per_batch: float | None = None
        self.seconds_per_answer = 0.0
        self.seconds_per_map = map_bytes / BYTES_PER_SECOND

    def note(self, batches: int, transport_seconds: float, answer_seconds: float) -> None:
        """Take into account a task that has ended."""
        measured = transport_seconds / batches
        known = self.seconds_per_batch
        self.seconds_per_batch = measured if known is None else 0.5 * (known + measured)
        self.seconds_per_answer = 0.5 * (self.seconds_per_answer + answer_seconds)

    def note_map(self, seconds: float) -> None:
        """Take into account sums that were fetched from a worker."""
        self.seconds_per_map = 0.5 * (self.seconds_per_map + seconds)

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
        needed = self.seconds_per_answer * slots
        seconds = max(SHORTEST_SECONDS, min(LONGEST_SECONDS, needed / USUAL_SHARE), needed / LARGEST_SHARE)
        most = max(1, int(seconds / max(self.seconds_per_batch, 1e-6)))
        fair = math.ceil(left / (TASKS_A_SLOT * slots))  # the last tasks are small: all workers end together
        return min(left, most, max(fair, -(-most // 4)))

    def fetch_seconds(self, workers: int, wanted: float) -> float:
        """How often to fetch what the workers hold.

        Parameters
        ----------
        workers : int
        wanted : float
            By whoever writes checkpoints.
        """
        return max(min(wanted, LONGEST_SECONDS), self.seconds_per_map * workers / LARGEST_SHARE)
