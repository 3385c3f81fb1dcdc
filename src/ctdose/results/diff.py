"""Whether two results agree: in all bits, or within their standard errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ctdose.results.exam_keys import differing_keys
from ctdose.results.hdf5_tree import HDF5_OWN, Tree
from ctdose.results.result import Result
from ctdose.results.result_tree import result_tree

NOT_COMPARED = {("/", "created_utc"), ("/", "seconds")}
"""Attributes that differ between any two runs."""

LARGEST_RELATIVE_ERROR = 0.2
"""Doses less certain than this are left out: of a handful of scores no normal distribution can be expected."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class ZScore:
    """One quantity in two results.

    Attributes
    ----------
    name : str
        For example ``adult-male: liver (mGy)`` or ``effective dose ICRP 103 (mSv)``.
    a, b : float
    a_standard_error, b_standard_error : float
    z : float
        (a - b) over the standard error of the difference, that of two different calibrations included.
    """

    name: str
    a: float
    a_standard_error: float
    b: float
    b_standard_error: float
    z: float


@dataclass(frozen=True)
class Diff:
    """What two results have in common.

    Attributes
    ----------
    identical : bool
        Every number is the same in all bits; time and duration of the run are not looked at.
    differing_parts : tuple of str
        Datasets and attributes, as paths of the result file, that are not the same in all bits.
    settings : tuple of str
        What was not the same to begin with, one sentence each: exam, phantom, histories, seed, version.
    scores : tuple of ZScore
        Largest deviation first; empty if identical.
    left_out : tuple of str
        Quantities too uncertain to be compared, or in one of the results only.
    threshold : float
        Largest |z| that chance explains in 95 % of comparisons of so many quantities (Sidak).
    """

    identical: bool
    differing_parts: tuple[str, ...]
    settings: tuple[str, ...]
    scores: tuple[ZScore, ...]
    left_out: tuple[str, ...]
    threshold: float

    @property
    def max_abs_z(self) -> float:
        """Largest deviation, in standard errors; NaN if nothing could be compared."""
        return max((abs(score.z) for score in self.scores), default=math.nan)

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
        worst = self.scores[0]
        what = f"largest deviation {abs(worst.z):.2f} sigma ({worst.name}), of {len(self.scores)} quantities"
        limit = f"{self.threshold:.2f} sigma is expected at most"
        return f"{'agree within sigma' if self.agree else 'differ'}: {what}; {limit}"


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
    narrow. Two runs with the same seed share their histories and agree more closely than their errors say.
    """
    parts = tuple(_differing(result_tree(a), result_tree(b)))
    scores, left_out = _scores(a, b) if parts else ([], [])
    return Diff(
        identical=not parts,
        differing_parts=parts,
        settings=tuple(_settings(a, b)),
        scores=tuple(sorted(scores, key=lambda score: -abs(score.z))),
        left_out=tuple(left_out),
        threshold=sidak_threshold(len(scores)),
    )


def sidak_threshold(count: int, confidence: float = CONFIDENCE) -> float:
    """Largest of `count` independent standard normal |z| that is not exceeded with probability `confidence`.

    Z. Sidak, J. Am. Stat. Assoc. 62, 626 (1967).
    """
    single = confidence ** (1.0 / max(count, 1))
    return NormalDist().inv_cdf(0.5 + single / 2.0)


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


def _settings(a: Result, b: Result) -> Iterator[str]:
    keys = differing_keys(a.exam_yaml, b.exam_yaml)
    if keys:
        more = f" and {len(keys) - 5} more" if len(keys) > 5 else ""
        yield f"different exams: {a.exam!r} and {b.exam!r} differ in {', '.join(keys[:5])}{more}"
    if a.scanner_yaml != b.scanner_yaml:
        yield "different scanners, or different versions of one"
    if list(a.bodies) != list(b.bodies):
        yield f"different bodies: {', '.join(a.bodies)} and {', '.join(b.bodies)}"
    for name in [name for name in a.bodies if name in b.bodies]:
        hashes = [result.bodies[name].grid.phantom_sha256 for result in (a, b)]
        if hashes[0] != hashes[1]:
            yield f"different phantoms: {name} ({hashes[0][:12]} and {hashes[1][:12]})"
    for name, what in (("histories", "histories"), ("seed", "seeds")):
        if getattr(a, name) != getattr(b, name):
            yield f"different {what}: {getattr(a, name)} and {getattr(b, name)}"
    for name in sorted({*a.versions, *b.versions}):
        if a.versions.get(name) != b.versions.get(name):
            yield f"different {name}: {a.versions.get(name)} and {b.versions.get(name)}"
    if _calibrations(a) != _calibrations(b):
        yield "different calibrations: their statistical errors are added to those of the doses"


def _calibrations(result: Result) -> list[tuple[str, float]]:
    """Of every beam; a file of format 1.0 knows the acquisition's only one."""
    return [
        (beam.calibration_id, beam.photons_per_mas)
        for each in result.acquisitions
        for beam in (each.beams or (each,))
    ]


def _calibration_error(a: Result, b: Result) -> float:
    """Relative standard error that two different calibrations put between the results."""
    if _calibrations(a) == _calibrations(b):
        return 0.0
    largest = (
        max(
            (
                b.calibration_relative_standard_error
                for each in result.acquisitions
                for b in (each.beams or (each,))
            ),
            default=0.0,
        )
        for result in (a, b)
    )
    return math.hypot(*largest)


def _scores(a: Result, b: Result) -> tuple[list[ZScore], list[str]]:
    common = _calibration_error(a, b)
    left, right = dict(_quantities(a)), dict(_quantities(b))
    scores, left_out = [], [name for name in {**left, **right} if name not in left or name not in right]
    for name in left:
        if name not in right:
            continue
        (x, dx), (y, dy) = left[name], right[name]
        if max(dx, dy) >= LARGEST_RELATIVE_ERROR * max(abs(x), abs(y)):  # also 0 and 0: nothing scored
            left_out.append(name)
            continue
        sigma = math.hypot(dx, dy, common * (x + y) / 2.0)
        z = 0.0 if x == y else (x - y) / sigma if sigma > 0 else math.copysign(math.inf, x - y)
        scores.append(ZScore(name, x, dx, y, dy, z))
    return scores, left_out


def _quantities(result: Result) -> Iterator[tuple[str, tuple[float, float]]]:
    dose = result.effective_dose
    if dose is not None:
        for name, label in (
            ("icrp103", "effective dose ICRP 103"),
            ("icrp60", "effective dose ICRP 60"),
            ("weighted_dose_of_one_sex", "weighted dose of one sex"),
        ):
            value, error = getattr(dose, f"{name}_msv"), getattr(dose, f"{name}_standard_error_msv")
            if value is not None and error is not None:
                yield f"{label} (mSv)", (value, error)
    for body in result.bodies.values():
        for organ in body.organs.values():
            yield f"{body.name}: {organ.name} (mGy)", (organ.absorbed_dose_mgy, organ.standard_error_mgy)
