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

    A moving table stops earlier by that much; of an axial scan, the outermost positions lose their share of the
    length, as does a scan that has a position less on average. The tube current at each place stays.

    With dynamic collimation the outermost planes lose their exposure, whichever view it comes from. The outermost
    views, of which the blades leave open little more than those planes, say what it gives: they are weighted (below
    0, as a rule) so that the mAs times opening that the whole scan loses are taken from them.

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
    if np.any(bins.open_share[own] < 1.0):
        weight[own] = _less_behind_blades(views, own, plan, end, length_mm)
    elif end == "lower":
        weight[own] = np.clip((high - np.maximum(low, low.min() + length_mm)) / (high - low), 0.0, 1.0)
    else:
        weight[own] = np.clip((np.minimum(high, high.max() - length_mm) - low) / (high - low), 0.0, 1.0)
    return weight


def _less_behind_blades(views: ViewDoses, own: np.ndarray, plan: Plan, end: str, length_mm: float) -> F64:
    """Weights of the views of an acquisition with moving blades, float64 [own bins]."""
    bins = views.bins
    mas, opened, z = bins.mas[own], bins.open_share[own], bins.z_mm[own]
    outward = -z if end == "lower" else z
    planned_end = -plan.z_start_mm if end == "lower" else plan.z_end_mm
    nearest = (outward <= planned_end) & (outward >= planned_end - length_mm)
    starts, first = np.unique(bins.z_start_mm[own][nearest], return_index=True)
    covered = float((bins.z_end_mm[own][nearest][first] - starts).sum())
    lost = mas[nearest].sum() / covered * length_mm
    chosen = np.zeros(z.size, bool)
    for level in np.unique(outward)[
        ::-1
    ]:  # from outside: the mean plane that is left open comes to length / 2
        more = chosen | (outward == level)
        depth = opened[more] * plan.beam_width_along_axis_mm / 2.0
        if chosen.any() and np.average(depth, weights=(mas * opened)[more]) > length_mm / 2.0:
            break
        chosen = more
    return np.where(chosen, 1.0 - lost / (mas * opened)[chosen].sum(), 1.0)
