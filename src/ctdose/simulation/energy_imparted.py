"""What a beam left in the regions of a phantom."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ctdose.simulation.sums import Sums


@dataclass(frozen=True)
class EnergyImparted:
    """What `irradiate` returns.

    Attributes
    ----------
    imparted_kev_per_history, standard_error_kev_per_history : float64 ndarray
        Indexed by region number; rows of responses and composites follow the regions.
    voxel_kev_per_history, voxel_standard_error_kev_per_history : float64 ndarray [z, y, x] or None
        If a map was asked for.
    histories : int
        Simulated histories (whole batches of 65536).
    transport_seconds : float
        Time in the kernel alone, summed over threads.
    sums : Sums
        The integer tallies, for adding parts of a run and for errors of ratios.
    """

    imparted_kev_per_history: np.ndarray
    standard_error_kev_per_history: np.ndarray
    voxel_kev_per_history: np.ndarray | None
    voxel_standard_error_kev_per_history: np.ndarray | None
    histories: int
    transport_seconds: float
    sums: Sums = field(repr=False)

    @classmethod
    def from_sums(cls, sums: Sums) -> EnergyImparted:
        """Derive the estimates from integer tallies, for instance from two parts of a run added up."""
        mean, error = sums.row_estimates()
        voxel, voxel_error = sums.voxel_estimates() if sums.voxels is not None else (None, None)
        return cls(mean, error, voxel, voxel_error, sums.histories, sums.transport_seconds, sums)
