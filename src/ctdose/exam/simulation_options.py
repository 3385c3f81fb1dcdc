"""How an exam is simulated: the keys under `simulation`."""

from __future__ import annotations

from typing import Literal

from ctdose.schema import Checked, Later, WholeNumber, key, later


class SimulationOptions(Checked):
    """Histories, seed and physics options of a run."""

    histories: WholeNumber = key(
        10_000_000,
        doc="Source photons in all, rounded up to whole batches of 65536",
        ge=1,
        le=10**12,
        example="10_000_000",
    )
    target_relative_standard_error: Later = later(
        doc="Stop when the organs in range are known this well", instead="Set histories instead."
    )
    seed: WholeNumber = key(1, doc="Seed of the random numbers", ge=0, le=2**63 - 1, example=1)
    estimator: Literal["collision-kerma", "analogue"] = key(
        "collision-kerma", doc="How energy is scored; analogue is the slower cross-check"
    )
    cutoff_kev: float = key(
        1.0, doc="Photons below it deposit where they are", unit="keV", ge=1, le=40, example=1.0
    )
    doppler: bool = key(False, doc="Doppler broadening of Compton scattering")
    voxel_mm: float | None = key(
        None,
        doc="Voxel size of a phantom that is built; empty: its default",
        unit="mm",
        ge=0.5,
        le=20,
        example=2.5,
    )
