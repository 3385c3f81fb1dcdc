"""What a run leaves: integer sums by batch, acquisition and row, and the estimates that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import BATCH_HISTORIES

KEV_PER_QUANTUM = 2.0**-20
KEV2_PER_QUANTUM = 2.0**-24


def exact_sum(values: np.ndarray) -> np.ndarray:
    """Sum int64 over the first axis without a wrap: high and low halves apart, joined as Python integers."""
    low = (values & np.int64(0xFFFFFFFF)).sum(axis=0).astype(object)
    high = (values >> np.int64(32)).sum(axis=0).astype(object)
    return high * (1 << 32) + low


def mean_and_error(total: np.ndarray, square: np.ndarray, histories: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean per history and its standard error from a sum (keV) and a sum of squares (keV^2) over histories.

    History by history (Walters, Kawrakow and Rogers, Med. Phys. 29, 2745 (2002)); the strata of a batch are treated
    as independent draws, which overestimates the error a little and never underestimates it.
    """
    mean = total / histories
    variance = np.maximum(square / histories - mean**2, 0.0) / max(histories - 1, 1)
    return mean, np.sqrt(variance)


@dataclass(frozen=True)
class Sums:
    """Integer sums of a run or a part of one; they add exactly, whatever the order.

    Parameters
    ----------
    batches : int64 ndarray [batches]
        Numbers of the batches that are in, ascending.
    rows : int64 ndarray [batches, acquisitions, rows, 2]
        Sum of e (2^-20 keV) and of e^2 (2^-24 keV^2); rows: regions, responses, composites.
    voxels : int64 ndarray [z, y, x, 2] or None
        Sum of e and of e^2 side by side.
    counters : int64 ndarray [batches, COUNTERS]
    transport_seconds : float
        Spent in the kernel, summed over threads.
    views : int64 ndarray [bins, rows, 2] or None
        `rows` of the whole run apart by bins of views (view_bins.py), if they were kept.
    """

    batches: np.ndarray
    rows: np.ndarray
    voxels: np.ndarray | None
    counters: np.ndarray
    transport_seconds: float
    views: np.ndarray | None = None

    @property
    def voxel_sum(self) -> np.ndarray | None:
        """Sum of e of each voxel, [z, y, x]."""
        return None if self.voxels is None else self.voxels[..., 0]

    @property
    def voxel_square(self) -> np.ndarray | None:
        """Sum of e^2 of each voxel, [z, y, x]."""
        return None if self.voxels is None else self.voxels[..., 1]

    @property
    def histories(self) -> int:
        """Histories that were simulated."""
        return int(self.batches.size) * BATCH_HISTORIES

    def row_estimates(self, acquisition: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Mean per history and standard error of every row, keV.

        Parameters
        ----------
        acquisition : int, optional
            One acquisition alone (still per history of the whole exam); None: all together.

        Returns
        -------
        mean, standard_error : float64 ndarray [rows]
        """
        chosen = slice(None) if acquisition is None else slice(acquisition, acquisition + 1)
        flat = self.rows[:, chosen].reshape(-1, *self.rows.shape[2:])
        total = exact_sum(flat).astype(np.float64)
        return mean_and_error(total[:, 0] * KEV_PER_QUANTUM, total[:, 1] * KEV2_PER_QUANTUM, self.histories)

    def batch_means(self) -> np.ndarray:
        """Mean per history of every row in each batch, keV, [batches, rows]: for errors of ratios."""
        return self.rows[..., 0].sum(axis=1) * (KEV_PER_QUANTUM / BATCH_HISTORIES)

    def voxel_estimates(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean per history (keV) and standard error of every voxel, float64 [z, y, x].

        Raises
        ------
        ValueError
            If the run kept no voxel map.
        """
        if self.voxels is None:
            raise ValueError("voxel map (was not kept). Run with the map switched on.")
        energy, square = self.voxels[..., 0] * KEV_PER_QUANTUM, self.voxels[..., 1] * KEV2_PER_QUANTUM
        return mean_and_error(energy, square, self.histories)

    def rows_of(self, numbers: range) -> Sums:
        """What some of the batches left in the rows; maps and views, which are not kept by batch, are left out."""
        chosen = np.isin(self.batches, np.array(numbers, np.int64))
        return Sums(self.batches[chosen], self.rows[chosen], None, self.counters[chosen], 0.0)

    def __add__(self, other: Sums) -> Sums:
        """Add two parts of one run; their batches must differ.

        Raises
        ------
        ValueError
            If the parts share a batch, or are not of one kind.
        CtdoseError
            If a voxel's sum no longer fits into 64 bits.
        """
        return self._joined(other, in_place=False)

    def absorb(self, part: Sums) -> Sums:
        """The same in the maps of `part`, which is not to be used again: no third map, and half of the time.

        Raises
        ------
        ValueError, CtdoseError
            As for addition.
        """
        return self._joined(part, in_place=True)

    def _joined(self, other: Sums, *, in_place: bool) -> Sums:
        if self.rows.shape[1:] != other.rows.shape[1:] or (self.voxels is None) != (other.voxels is None):
            raise ValueError("rows or map (the two parts have different ones). Add parts of one run.")
        if _shape(self.views) != _shape(other.views):
            raise ValueError("views (the two parts have different ones). Add parts of one run.")
        if np.intersect1d(self.batches, other.batches).size:
            raise ValueError("batches (the two parts share some). Add parts with different batch numbers.")
        order = np.argsort(np.concatenate([self.batches, other.batches]), kind="stable")

        def joined(name: str) -> np.ndarray:
            return np.concatenate([getattr(self, name), getattr(other, name)])[order]

        return Sums(
            batches=joined("batches"),
            rows=joined("rows"),
            voxels=_add_exactly(self.voxels, other.voxels, "a voxel's sum", in_place=in_place),
            counters=joined("counters"),
            transport_seconds=self.transport_seconds + other.transport_seconds,
            views=_add_exactly(self.views, other.views, "a view's sum", in_place=in_place),
        )


def _shape(array: np.ndarray | None) -> tuple[int, ...] | None:
    return None if array is None else array.shape


def _add_exactly(
    one: np.ndarray | None, other: np.ndarray | None, what: str, *, in_place: bool
) -> np.ndarray | None:
    if one is None or other is None:
        return None
    total = np.add(one, other, out=other if in_place and other.flags.writeable else None)
    refuse_wrapped(total, what)
    return total


def refuse_wrapped(total: np.ndarray, what: str) -> None:
    """Refuse sums of e and e^2 that no longer fit into 64 bits: no sum of squares is negative.

    Parameters
    ----------
    total : int64 ndarray [..., 2]
    what : str
        What each of them is, for the message.

    Raises
    ------
    CtdoseError
    """
    if total[..., 1].min() < 0:
        raise CtdoseError(f"{what} exceeds 2^63 (too many histories). Average the two results instead.")


def ratio_and_error(numerator: np.ndarray, denominator: np.ndarray) -> tuple[float, float]:
    """Ratio of two tallies of one run and its standard error from the covariance of the batches.

    Parameters
    ----------
    numerator, denominator : float64 ndarray [batches]
        Batch means (`Sums.batch_means`).

    Returns
    -------
    ratio, standard_error : float
        First-order propagation; NaN for the error with fewer than two batches.
    """
    ratio = float(numerator.mean() / denominator.mean())
    n = numerator.size
    if n < 2:
        return ratio, float("nan")
    residual = numerator - ratio * denominator
    return ratio, float(np.sqrt((residual**2).sum() / (n * (n - 1))) / abs(denominator.mean()))
