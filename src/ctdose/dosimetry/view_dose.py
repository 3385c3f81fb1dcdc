"""Organ doses of each bin of views, and what any weighting of the views makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.dosimetry.body_rows import BodyRows
from ctdose.dosimetry.organ_dose import BodyDose, Scale
from ctdose.kernels.tables import F32, F64
from ctdose.simulation.sums import KEV2_PER_QUANTUM, KEV_PER_QUANTUM, Sums, mean_and_error
from ctdose.simulation.view_bins import ViewBins


@dataclass(frozen=True)
class ViewDoses:
    """What each bin of views gives to the doses of one body.

    Attributes
    ----------
    bins : ViewBins
    names : tuple of str
        ``organ:NAME``, ``tissue:NAME``, ``weighted:NAME``: those of `BodyDose`.
    dose_mgy, standard_error_mgy : float32 ndarray [bins, rows]
        Part of the dose that comes from the bin (weighted: mSv). The parts of all bins add up to the dose.
    histories : int
        Of the run.
    """

    bins: ViewBins
    names: tuple[str, ...]
    dose_mgy: F32
    standard_error_mgy: F32
    histories: int

    def row_of(self, name: str) -> int | None:
        """Row of an organ, group or tissue by the name it has among the organs; None if it has none."""
        for kind in ("organ", "tissue"):
            if f"{kind}:{name}" in self.names:
                return self.names.index(f"{kind}:{name}")
        return None

    def weighted(self, weight: F64, rows: Sequence[int] | slice = slice(None)) -> tuple[F64, F64]:
        """Doses with every view's photons times a weight, and their standard errors, float64 [rows].

        A history lies in one bin: D = sum w_b d_b, and the second moment per history is sum w_b^2 m_b with
        m_b = (N - 1) sigma_b^2 + d_b^2, from which the variance of D follows as for any tally.
        """
        dose, error = (a[:, rows].astype(np.float64) for a in (self.dose_mgy, self.standard_error_mgy))
        n = self.histories
        total = weight @ dose
        moment = weight**2 @ (max(n - 1, 1) * error**2 + dose**2)
        return total, np.sqrt(np.maximum(moment - total**2, 0.0) / max(n - 1, 1))

    def share(self, chosen: np.ndarray) -> tuple[F64, F64]:
        """Share of each dose that comes from the chosen bins, and its standard error; NaN without dose.

        Parameters
        ----------
        chosen : bool ndarray [bins]

        Returns
        -------
        share, standard_error : float64 ndarray [rows]
            The error is that of a ratio of two tallies of the same histories, to first order.
        """
        part, _ = self.weighted(chosen.astype(np.float64))
        whole, _ = self.weighted(np.ones(chosen.size))
        share = np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0.0)
        dose, error = (a.astype(np.float64) for a in (self.dose_mgy, self.standard_error_mgy))
        n = max(self.histories - 1, 1)
        residual = (chosen[:, None] - share) ** 2 * (n * error**2 + dose**2)
        return share, np.sqrt(residual.sum(axis=0) / n) / np.where(whole > 0.0, whole, np.nan)


def dose_rows(rows: BodyRows, dose: BodyDose) -> dict[str, tuple[int, float]]:
    """Row of every dose of a body and what turns keV per history into keV/g, by the names of `ViewDoses.names`."""
    first = rows.organ_mass_g.size + len(rows.responses)
    chosen = {
        f"organ:{name}": (organ.organ_id, 1.0 / rows.organ_mass_g[organ.organ_id])
        for name, organ in dose.organs.items()
        if organ.organ_id >= 0
    }
    for k, composite in enumerate(rows.composites):
        chosen[composite.name.replace("group:", "organ:")] = (first + k, composite.scale)
    return chosen


def view_doses(rows: BodyRows, sums: Sums, bins: ViewBins, scale: Scale, dose: BodyDose) -> ViewDoses | None:
    """Turn the sums of the views into doses; None if the run kept none.

    Parameters
    ----------
    rows : BodyRows
        As scored.
    sums : Sums
    bins : ViewBins
        Of `sums.views`.
    scale : Scale
    dose : BodyDose
        Which organs, tissues and weighted sums the body has.
    """
    if sums.views is None:
        return None
    chosen = dose_rows(rows, dose)
    places = [row for row, _ in chosen.values()]
    factor = np.asarray(scale.mgy(np.array([factor for _, factor in chosen.values()])))
    kept = sums.views[:, places].astype(np.float64)
    mean, error = mean_and_error(
        kept[..., 0] * KEV_PER_QUANTUM, kept[..., 1] * KEV2_PER_QUANTUM, sums.histories
    )
    return ViewDoses(
        bins,
        tuple(chosen),
        (mean * factor).astype(np.float32),
        (error * factor).astype(np.float32),
        sums.histories,
    )
