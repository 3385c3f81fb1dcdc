"""What each view of a run counts in another exam on the same body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.exam.plan import Plan
from ctdose.kernels.tables import F64
from ctdose.simulation.view_bins import ViewBins, cut_views

SAME_MM = 1e-4
ALL = 1.0 - 1e-6


@dataclass(frozen=True)
class _Emitted:
    """A beam of a plan; how much it emits cancels in the weights."""

    plan: Plan
    number: int
    photons_per_mas: float = 1.0


def plan_bins(plans: Sequence[Plan]) -> ViewBins:
    """The bins of a planned exam on one body."""
    return cut_views([_Emitted(plan, number) for plan in plans for number in range(len(plan.beams))]).bins


def view_weights(simulated: ViewBins, wanted: ViewBins) -> tuple[F64, bool]:
    """What each view of a run counts in another exam: its mAs there over that in the run.

    Parameters
    ----------
    simulated, wanted : ViewBins

    Returns
    -------
    weight : float64 ndarray [bins of the run]
    interpolated : bool
        Some bins overlap in part: mAs is then shared in proportion to the length.

    Raises
    ------
    CtdoseError
        If views are wanted that were not simulated, or with other openings of the collimator.
    """
    places: dict[tuple[int, int, int], list[int]] = {}
    for number, place in enumerate(_places(simulated)):
        places.setdefault(place, []).append(number)
    weight, interpolated = np.zeros(simulated.mas.size), False
    for number, place in enumerate(_places(wanted)):
        own = np.array(places.get(place, []), np.int64)
        low, high = float(wanted.z_start_mm[number]), float(wanted.z_end_mm[number])
        share, cut = _overlap(simulated.z_start_mm[own], simulated.z_end_mm[own], low, high)
        if share.sum() < ALL:
            raise CtdoseError(
                f"z {low:.1f} to {high:.1f} mm at {wanted.angle_start_deg[number]:.0f} degrees (not simulated: the "
                "beam was not there). Stay inside the range of the run, or simulate the exam."
            )
        used = share > 0.0
        if np.any(np.abs(simulated.open_share[own][used] - wanted.open_share[number]) > 1e-6):
            raise CtdoseError(
                f"z {low:.1f} to {high:.1f} mm (other blades of the collimator than in the run). "
                "With dynamic collimation change the current only, or simulate the exam."
            )
        weight[own] += wanted.mas[number] * share / simulated.mas[own]
        interpolated = interpolated or cut
    return weight, interpolated


def _places(bins: ViewBins) -> list[tuple[int, int, int]]:
    angle = np.rint(bins.angle_start_deg * 100.0).astype(int)
    return list(zip(bins.acquisition.tolist(), bins.beam.tolist(), angle.tolist(), strict=True))


def _overlap(start: F64, end: F64, low: float, high: float) -> tuple[F64, bool]:
    """Share of a stretch of z that lies in each bin, and whether a bin or the stretch is met in part only."""
    if high - low < SAME_MM:
        same = (np.abs(start - low) < SAME_MM) & (np.abs(end - high) < SAME_MM)
        return same.astype(np.float64), False
    length = np.clip(np.minimum(end, high) - np.maximum(start, low), 0.0, None)
    met = length > SAME_MM
    partly = met & ((end - start) - length > SAME_MM)
    share = np.where(met, length / (high - low), 0.0)
    total = share.sum()
    whole = abs(total - 1.0) * (high - low) < 2.0 * SAME_MM
    return (share / total if whole else share), bool(partly.any())
