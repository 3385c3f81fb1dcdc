"""Two runs of one seed: the histories that both simulated, and the error of a difference between them.

A seed gives a body the same random numbers in every run, so that the doses of two such runs are correlated, more the
less their exams differ: their standard errors must not be added in quadrature. The sums of the batches that both hold
give the error of the difference itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.results.body_result import Batches
from ctdose.results.result import Result
from ctdose.simulation.sums import KEV_PER_QUANTUM

FEWEST_BATCHES = 16
"""A variance from fewer is too uncertain to judge the largest of a hundred deviations by."""


@dataclass(frozen=True)
class Share:
    """A tally of one body that a quantity is made of.

    Attributes
    ----------
    body, row : str
        Names of the body and of the row in its batches.
    weight : float
    """

    body: str
    row: str
    weight: float = 1.0


class SharedHistories:
    """What two results have in common of their histories.

    Parameters
    ----------
    a, b : Result

    Attributes
    ----------
    batches : int
        Batches of 65536 histories that both hold, in the body that has fewest of them; 0 for different seeds.
    """

    def __init__(self, a: Result, b: Result) -> None:
        self._bodies = {
            name: (a.bodies[name].batches, b.bodies[name].batches) for name in a.bodies if name in b.bodies
        }
        counts = [np.intersect1d(one.numbers, other.numbers).size for one, other in self._bodies.values()]
        self.batches = min(counts, default=0) if a.seed == b.seed else 0
        self._seed = a.seed

    @property
    def known(self) -> bool:
        """Whether the batches are enough for the error of a difference."""
        return self.batches >= FEWEST_BATCHES

    @property
    def sentence(self) -> str:
        """What was made of it; empty if nothing is shared."""
        if not self.batches:
            return ""
        if not self.known:
            return (
                f"same histories: both runs have seed {self._seed}, but the {self.batches} batches that they share are "
                f"fewer than the {FEWEST_BATCHES} that show how much of their errors is common; they were taken as "
                "independent, so that agreement says little. Give one run another seed, or both more histories"
            )
        return (
            f"same histories: both runs have seed {self._seed}, and the error of each difference comes from the "
            f"{self.batches} batches that they share. For an independent comparison give one run another seed"
        )

    def error_of_difference(self, shares: Sequence[Share]) -> float:
        """Standard error of the difference of a quantity, in its unit; NaN if a tally was not kept.

        Parameters
        ----------
        shares : sequence of Share
            Bodies are independent of each other.
        """
        return math.hypot(*(share.weight * self._of_tally(share) for share in shares))

    def _of_tally(self, share: Share) -> float:
        both = self._bodies.get(share.body)
        if both is None or any(share.row not in batches.row_names for batches in both):
            return math.nan
        doses = [_batch_doses(batches, share.row) for batches in both]
        return math.sqrt(_variance_of_difference(both[0].numbers, doses[0], both[1].numbers, doses[1]))


def _batch_doses(batches: Batches, name: str) -> np.ndarray:
    """Dose by each batch alone, mGy (weighted rows: mSv), [batches]."""
    row = batches.row_names.index(name)
    energy = batches.rows[:, :, row, 0].sum(axis=1) * (KEV_PER_QUANTUM / BATCH_HISTORIES)
    return np.asarray(energy * batches.row_scale[row])


def _variance_of_difference(
    a_numbers: np.ndarray, a: np.ndarray, b_numbers: np.ndarray, b: np.ndarray
) -> float:
    """Variance of mean(a) - mean(b): batches of both as pairs, those of one alone by themselves.

    With n_a and n_b batches, mean(a) - mean(b) is the sum of a_i / n_a - b_i / n_b over the batches of both, of
    a_i / n_a and of -b_i / n_b over the others, all independent.
    """
    common, in_a, in_b = np.intersect1d(a_numbers, b_numbers, return_indices=True)
    variance = common.size * (a[in_a] / a.size - b[in_b] / b.size).var(ddof=1)
    for batches in (a, b):
        if batches.size > common.size:
            variance += (batches.size - common.size) / batches.size**2 * batches.var(ddof=1)
    return float(variance)
