"""Doses along z: the part that over-ranging gives, the profile of an organ, and what 1 cm at either end changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.dosimetry.view_dose import ViewDoses
from ctdose.exam.plan import Plan
from ctdose.kernels.tables import F64

EDGE = 1e-5  # mm: less than the rounding of a bin's ends
ENDS = ("lower", "upper")


def over_ranging_bins(
    views: ViewDoses, modes: Sequence[str], planned_mm: Sequence[tuple[float, float]]
) -> np.ndarray:
    """Which bins belong to over-ranging: of a helical scan, the beam's centre outside the planned range.

    Parameters
    ----------
    views : ViewDoses
    modes, planned_mm : sequences
        Of each acquisition: its mode, and its planned range (lower z, upper z).

    Returns
    -------
    bool ndarray [bins]
    """
    bins = views.bins
    outside = np.zeros(bins.mas.size, bool)
    for number, (mode, (low, high)) in enumerate(zip(modes, planned_mm, strict=True)):
        if mode == "helical":
            beyond = (bins.z_mm < low - EDGE) | (bins.z_mm > high + EDGE)
            outside |= (bins.acquisition == number) & beyond
    return outside


@dataclass(frozen=True)
class DoseProfile:
    """Dose of an organ by position of the beam's centre, of one acquisition.

    Attributes
    ----------
    z_start_mm, z_end_mm : float64 ndarray [bins of z]
        Rising; equal where the table stands still.
    dose_mgy, standard_error_mgy : float64 ndarray [bins of z]
        They add up to the organ's dose from this acquisition.
    """

    z_start_mm: F64
    z_end_mm: F64
    dose_mgy: F64
    standard_error_mgy: F64

    @property
    def mgy_per_mm(self) -> F64:
        """dD/dz of each bin; NaN where the table stands still."""
        length = self.z_end_mm - self.z_start_mm
        return np.divide(self.dose_mgy, length, out=np.full_like(length, np.nan), where=length > EDGE)


def dose_profile(views: ViewDoses, row: int, acquisition: int) -> DoseProfile:
    """Profile along z of one row of the views.

    Parameters
    ----------
    views : ViewDoses
    row : int
        As `ViewDoses.row_of` gives it.
    acquisition : int
    """
    bins = views.bins
    own = np.flatnonzero(bins.acquisition == acquisition)
    places = np.stack([bins.z_start_mm[own], bins.z_end_mm[own]], axis=1)
    levels, index = np.unique(places, axis=0, return_inverse=True)
    found = np.array(
        [
            [float(each[0]) for each in views.weighted(_only(own[index.ravel() == k], bins.mas.size), [row])]
            for k in range(len(levels))
        ]
    )
    return DoseProfile(levels[:, 0], levels[:, 1], found[:, 0], found[:, 1])


def _only(numbers: np.ndarray, size: int) -> F64:
    weight = np.zeros(size)
    weight[numbers] = 1.0
    return weight


def moves_with_range(plan: Plan) -> bool:
    """Whether an end of the range can be moved alone: not where one place of the table covers the range."""
    if plan.mode in ("helical", "localizer"):
        return True
    places = {round(piece.z_start_mm, 6) for piece in plan.pieces}
    return plan.mode == "axial" and len(places) > 1


def shortened(views: ViewDoses, number: int, plan: Plan, end: str, length_mm: float) -> F64:
    """Weights of the views with the planned range of one acquisition shorter at one end, float64 [bins].

    The course of the beam moves with the end: a moving table stops earlier by that much; with dynamic collimation
    each place gets the opening of the one that lay farther out; of an axial scan, the outermost positions lose their
    share of the length, as does a scan that has a position less on average. The tube current at each place stays.

    Parameters
    ----------
    views : ViewDoses
    number : int
        Of the acquisition.
    plan : Plan
        Of that acquisition.
    end : str
        ``lower`` or ``upper``.
    length_mm : float
        Positive, and shorter than the scan.
    """
    bins = views.bins
    weight, own = np.ones(bins.mas.size), bins.acquisition == number
    half = plan.feed_mm_per_rotation / 2.0 if plan.mode == "axial" else 0.0
    low, high = bins.z_start_mm[own] - half, bins.z_end_mm[own] + half
    if end == "lower":
        kept = (high - np.maximum(low, low.min() + length_mm)) / (high - low)
    else:
        kept = (np.minimum(high, high.max() - length_mm) - low) / (high - low)
    weight[own] = np.clip(kept, 0.0, 1.0)
    if np.any(bins.open_share[own] < 1.0):
        weight[own] *= _blades_moved(views, own, end, length_mm)
    return weight


def _blades_moved(views: ViewDoses, own: np.ndarray, end: str, length_mm: float) -> F64:
    """Opening that a place gets when the end comes nearer, over the one it had; the open middle stays open."""
    bins = views.bins
    z, opened = bins.z_mm[own], bins.open_share[own]
    levels, first = np.unique(z, return_index=True)
    middle = (levels[0] + levels[-1]) / 2.0
    step = length_mm if end == "upper" else -length_mm
    moved = np.interp(z + step, levels, opened[first], left=0.0, right=0.0)
    inner = (z < middle) if end == "upper" else (z > middle)
    return np.where(inner, 1.0, np.divide(moved, opened, out=np.ones_like(moved), where=opened > 0.0))
