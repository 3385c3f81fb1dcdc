"""Where the batches of a run are: without a task, held by a worker, or counted. Each is counted exactly once."""

from __future__ import annotations

from collections.abc import Iterable


class Waiting:
    """The batches that a cluster is to simulate.

    Parameters
    ----------
    batches : list of int

    Attributes
    ----------
    left : list of int
        Those that no task has and no worker holds, descending.
    total : int
    held : dict of str to set of int
        Those simulated whose sums a worker holds, by its address.
    """

    def __init__(self, batches: list[int]) -> None:
        self.left = sorted(batches, reverse=True)
        self.total = len(batches)
        self.held: dict[str, set[int]] = {}
        self._wanted, self._counted = frozenset(batches), set[int]()

    @property
    def all_done(self) -> bool:
        """Whether all are counted."""
        return len(self._counted) == self.total

    @property
    def simulated(self) -> int:
        """How many are counted or held."""
        return len(self._counted) + len(set().union(*self.held.values()))

    def take(self, count: int) -> list[int]:
        """The first of those that no task has."""
        return [self.left.pop() for _ in range(min(count, len(self.left)))]

    def give_back(self, numbers: Iterable[int]) -> None:
        """Note that batches have no task any more and are not simulated, if nobody else has done them."""
        elsewhere = set().union(*self.held.values())
        self.left = sorted({*self.left, *(set(numbers) - self._counted - elsewhere)}, reverse=True)

    def hold(self, worker: str, done: Iterable[int]) -> None:
        """Note that a worker holds the sums of batches, as far as they are not counted yet."""
        self.held.setdefault(worker, set()).update(set(done) - self._counted)

    def lose(self, worker: str, batches: Iterable[int] | None = None) -> None:
        """Note that a worker does not hold these batches (all of its own) any more; they are to be simulated again."""
        known = self.held.pop(worker, set())
        lost = known if batches is None else known.intersection(batches)
        if known - lost:
            self.held[worker] = known - lost
        self.give_back(lost)

    def count(self, batches: Iterable[int]) -> bool:
        """Count the batches of sums that came.

        Returns
        -------
        bool
            Whether to add the sums. If one of their batches is counted already (a worker that was thought lost came
            back, say), they must not be added, and cannot be taken apart.

        Raises
        ------
        ValueError
            If they have a batch that was not asked for.
        """
        come = set(batches)
        if not come <= self._wanted:
            raise ValueError(
                f"batches={sorted(come - self._wanted)} (not those of the run). Please report it."
            )
        if come & self._counted:
            return False
        self._counted |= come
        for worker in list(self.held):
            self.held[worker] -= come
        self.left = [number for number in self.left if number not in come]
        return True
