"""Whether two results agree: in all bits, or within their standard errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ctdose.results.diff_scores import ZScore, compare_doses
from ctdose.results.diff_settings import RUN_SHA256, different_settings
from ctdose.results.hdf5_tree import HDF5_OWN, Tree
from ctdose.results.result import Result
from ctdose.results.result_tree import result_tree
from ctdose.results.shared_histories import SharedHistories

NOT_COMPARED = {("/", name) for name in ("created_utc", "seconds", RUN_SHA256, "version_names")}
"""Attributes that differ between any two runs, and by which a batch knows its own; a version has its attribute too."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Diff:
    """What two results have in common.

    Attributes
    ----------
    identical : bool
        Every number is the same in all bits; time and duration of the run, and by what a batch knows it, are not
        looked at.
    differing_parts : tuple of str
        Datasets and attributes, as paths of the result file, that are not the same in all bits.
    settings : tuple of str
        What was not the same to begin with, one sentence each: exam, phantom, histories, seed, version.
    scores : tuple of ZScore
        Largest deviation first; empty if identical.
    left_out : tuple of str
        Quantities too uncertain to be compared, or in one of the results only.
    shared : str
        That the runs share histories and what was made of it, one sentence; empty for independent runs.
    threshold : float
        Largest |z| that chance explains in 95 % of comparisons of so many quantities (Sidak).
    """

    identical: bool
    differing_parts: tuple[str, ...]
    settings: tuple[str, ...]
    scores: tuple[ZScore, ...]
    left_out: tuple[str, ...]
    shared: str
    threshold: float

    @property
    def max_abs_z(self) -> float:
        """Largest deviation, in standard errors; NaN if nothing could be compared."""
        return max((abs(score.z) for score in self.scores), default=math.nan)

    @property
    def same_doses(self) -> bool:
        """Whether every dose and its standard error are the same in all bits; something else is not."""
        return bool(self.scores) and all(
            (each.a, each.a_standard_error) == (each.b, each.b_standard_error) for each in self.scores
        )

    @property
    def agree(self) -> bool | None:
        """Whether they agree within their standard errors; None if nothing could be compared."""
        if self.identical:
            return True
        return None if not self.scores else self.max_abs_z <= self.threshold

    @property
    def verdict(self) -> str:
        """One sentence."""
        if self.identical:
            return "identical in all bits"
        if self.agree is None:
            return "cannot be compared: no quantity is in both with a relative standard error of at most 20 %"
        if self.same_doses:
            return f"the same in all bits of {self._count}, not in all else"
        worst = self.scores[0]
        what = f"largest deviation {abs(worst.z):.2f} sigma ({worst.name}), of {self._count}"
        limit = f"{self.threshold:.2f} sigma is expected at most"
        return f"{'agree within sigma' if self.agree else 'differ'}: {what}; {limit}"

    @property
    def _count(self) -> str:
        return f"{len(self.scores)} quantities" if len(self.scores) > 1 else "one quantity"


def diff_results(a: Result, b: Result) -> Diff:
    """Compare two results.

    Parameters
    ----------
    a, b : Result

    Returns
    -------
    Diff

    Notes
    -----
    Organs of one run are correlated; the threshold of independent quantities is then a little too wide, never too
    narrow. Two runs with the same seed share their histories: the error of a difference then comes from the batches
    that both hold (`SharedHistories`), and the threshold is that of Student's t.
    """
    parts = tuple(_differing(result_tree(a), result_tree(b)))
    shared = SharedHistories(a, b)
    scores, left_out = compare_doses(a, b, shared) if parts else ([], [])
    return Diff(
        identical=not parts,
        differing_parts=parts,
        settings=tuple(different_settings(a, b)),
        scores=tuple(sorted(scores, key=lambda score: -abs(score.z))),
        left_out=tuple(left_out),
        shared=shared.sentence if scores else "",
        threshold=sidak_threshold(
            len(scores), degrees_of_freedom=shared.batches - 1 if shared.known else None
        ),
    )


def sidak_threshold(
    count: int, confidence: float = CONFIDENCE, *, degrees_of_freedom: int | None = None
) -> float:
    """Largest of `count` independent |z| that is not exceeded with probability `confidence`.

    Z. Sidak, J. Am. Stat. Assoc. 62, 626 (1967).

    Parameters
    ----------
    count : int
    confidence : float
    degrees_of_freedom : int, optional
        Of standard errors that are estimated from few values (Student's t). Default: the z are standard normal.
    """
    single = confidence ** (1.0 / max(count, 1))
    tail = 0.5 + single / 2.0
    if degrees_of_freedom is None:
        return NormalDist().inv_cdf(tail)
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, tail))


def _differing(a: Tree, b: Tree) -> Iterator[str]:
    for path in sorted({*a.datasets, *b.datasets}):
        if not _same(a.datasets.get(path), b.datasets.get(path)):
            yield path
    for path in sorted({*a.attributes, *b.attributes}):
        left, right = a.attributes.get(path, {}), b.attributes.get(path, {})
        for name in sorted({*left, *right} - HDF5_OWN):
            if (path, name) not in NOT_COMPARED and not _same(left.get(name), right.get(name)):
                yield f"{path}: {name}"


def _same(a: object, b: object) -> bool:
    """Equal in all bits; NaN is what it is."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and (a == b or (a != a and b != b))
