"""Ratio of two doses of a study, each a sum over bodies, and its standard error from the batches' covariance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ctdose.kernels.tables import F64


def ratio_of_bodies(numerator: Sequence[F64], denominator: Sequence[F64]) -> tuple[float, float]:
    """Ratio of sums over bodies.

    Batch i of a body has the same random numbers in all variants, so numerator and denominator go together; bodies are
    independent of each other. For one body this is `ctdose.simulation.sums.ratio_and_error`.

    Parameters
    ----------
    numerator, denominator : sequences of float64 ndarray [batches]
        By body: the dose by each batch, times the share of the body.

    Returns
    -------
    ratio, standard_error : float
        First-order propagation. NaN where there is no dose; NaN for the error with fewer than two batches.
    """
    above = math.fsum(float(each.mean()) for each in numerator)
    below = math.fsum(float(each.mean()) for each in denominator)
    if below <= 0.0:
        return math.nan, math.nan
    ratio, variance = above / below, 0.0
    for up, down in zip(numerator, denominator, strict=True):
        n = up.size
        if n < 2:
            return ratio, math.nan
        residual = up - ratio * down
        residual = residual - residual.mean()
        variance += float((residual**2).sum()) / (n * (n - 1))
    return ratio, math.sqrt(variance) / below


def relative_error(ratio: float, error: float) -> float:
    """Of a ratio; infinite where nothing is known of it yet: no dose, or too few batches."""
    found = error / ratio if ratio > 0.0 else math.inf
    return math.inf if math.isnan(found) else found
