"""One compared figure, what it is allowed to differ by, and the summary of a case."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ctdose.validation.reference import ReferenceRow

ALLOWED_PERCENT = 1.0  # or half the codes' range, where that is more; plus two standard errors
MAJOR_SHARE = 0.1  # of the largest row of its case and beam
MAJOR_SIGMA_PERCENT, MINOR_SIGMA_PERCENT = 0.25, 1.0
MEDIAN_PERCENT, MEAN_PERCENT = 0.5, 0.3


@dataclass(frozen=True)
class Row:
    """One figure of the report beside ours.

    Parameters
    ----------
    case, beam, angle, volume : str
    ours, sigma : float
        Estimate and its standard error.
    mean, low, high : float
        Mean, smallest and largest result of the report's codes, in the same unit.
    symmetric_mean : float, optional
        Mean of those other rows of the report that by symmetry are the same quantity.
    """

    case: str
    beam: str
    angle: str
    volume: str
    ours: float
    sigma: float
    mean: float
    low: float
    high: float
    symmetric_mean: float | None = None

    @classmethod
    def of(cls, reference: ReferenceRow, ours: float, sigma: float) -> Row:
        """Put an estimate beside its reference."""
        r = reference
        return cls(*r.key, float(ours), float(sigma), r.mean, r.low, r.high, r.symmetric_mean)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Case, beam, angle, volume."""
        return self.case, self.beam, self.angle, self.volume

    @property
    def difference_percent(self) -> float:
        """Ours less the codes' mean, % of that mean."""
        return 100.0 * (self.ours / self.mean - 1.0)

    @property
    def sigma_percent(self) -> float:
        """Standard error, % of the codes' mean."""
        return 100.0 * self.sigma / self.mean

    @property
    def half_range_percent(self) -> float:
        """Half the range of the codes, %."""
        return 50.0 * (self.high - self.low) / self.mean

    @property
    def tolerance_percent(self) -> float:
        """Largest difference that the reference's own uncertainty explains, %."""
        return max(self.half_range_percent, ALLOWED_PERCENT)

    @property
    def allowed_percent(self) -> float:
        """Largest difference that is accepted: the tolerance and two standard errors, %."""
        return self.tolerance_percent + 2.0 * self.sigma_percent

    @property
    def symmetric_difference_percent(self) -> float | None:
        """Ours less the mean of the symmetric equivalents, % of that; None if there are none."""
        return None if self.symmetric_mean is None else 100.0 * (self.ours / self.symmetric_mean - 1.0)

    @property
    def excess(self) -> float:
        """Difference beyond the tolerance in standard errors, at least 0; from the nearer of two references."""
        beyond = abs(self.difference_percent) - self.tolerance_percent
        if self.symmetric_difference_percent is not None:
            beyond = min(beyond, abs(self.symmetric_difference_percent) - ALLOWED_PERCENT)
        return max(0.0, beyond) / self.sigma_percent

    @property
    def ok_plainly(self) -> bool:
        """Whether the difference from the codes' mean is accepted."""
        return abs(self.difference_percent) <= self.allowed_percent

    @property
    def ok(self) -> bool:
        """Whether the difference is accepted, from the codes' mean or from that of the symmetric equivalents."""
        return self.ok_plainly or self.excess <= 2.0


@dataclass(frozen=True)
class Summary:
    """The rows of one case taken together.

    Parameters
    ----------
    case : str
    rows, outside, imprecise : int
        All rows, those not accepted, those whose standard error is too large for publication.
    median_percent, mean_percent : float
        Median of the absolute differences, mean of the signed ones.
    """

    case: str
    rows: int
    outside: int
    imprecise: int
    median_percent: float
    mean_percent: float

    @property
    def ok(self) -> bool:
        """Whether the case meets every criterion of publication."""
        close = self.median_percent <= MEDIAN_PERCENT and abs(self.mean_percent) <= MEAN_PERCENT
        return close and self.outside == 0 and self.imprecise == 0


def required_sigma_percent(row: Row, rows: Sequence[Row]) -> float:
    """Largest standard error that is published for a row, given all rows, %."""
    largest = max(r.mean for r in rows if (r.case, r.beam) == (row.case, row.beam))
    return MAJOR_SIGMA_PERCENT if row.mean > MAJOR_SHARE * largest else MINOR_SIGMA_PERCENT


def summarize(rows: Sequence[Row]) -> list[Summary]:
    """Summarize rows case by case, in the order in which the cases appear."""
    summaries = []
    for case in dict.fromkeys(row.case for row in rows):
        of_case = [row for row in rows if row.case == case]
        differences = [row.difference_percent for row in of_case]
        imprecise = sum(row.sigma_percent > required_sigma_percent(row, of_case) for row in of_case)
        summaries.append(
            Summary(
                case,
                len(of_case),
                sum(not row.ok for row in of_case),
                imprecise,
                statistics.median(abs(d) for d in differences),
                statistics.fmean(differences),
            )
        )
    return summaries
