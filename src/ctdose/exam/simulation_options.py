"""How an exam is simulated: the keys under `simulation`."""

from __future__ import annotations

from typing import Literal

from ctdose.schema import Checked, WholeNumber, key


class SimulationOptions(Checked):
    """Histories, seed and physics options of a run."""

    histories: WholeNumber = key(
        10_000_000,
        doc="Source photons in all, rounded up to whole batches of 65536; the most, with a target (by default 1e9)",
        ge=1,
        le=10**12,
        example="10_000_000",
    )
    target_relative_standard_error: float | None = key(
        None,
        doc="Stop when every target organ is known this well (standard error over dose)",
        gt=0,
        le=0.5,
        example=0.01,
    )
    target_organs: list[str] = key(
        list,
        doc="Organs that the target concerns; empty: the weighted ones of 10 g with half their mass in the range",
        max_length=50,
        example=["lungs", "breast"],
    )
    seed: WholeNumber = key(1, doc="Seed of the random numbers", ge=0, le=2**63 - 1, example=1)
    estimator: Literal["collision-kerma", "analogue"] = key(
        "collision-kerma", doc="How energy is scored; analogue is the slower cross-check"
    )
    cutoff_kev: float = key(
        1.0, doc="Photons below it deposit where they are", unit="keV", ge=1, le=40, example=1.0
    )
    doppler: bool = key(False, doc="Doppler broadening of Compton scattering")
    off_focal: bool = key(
        False, doc="Off-focal radiation: the scanner's share of the photons starts around the focal spot"
    )
    keep_views: bool = key(
        True,
        doc="Keep the dose of each view: over-ranging's share, the range's part of the uncertainty, what-if",
    )
    voxel_mm: float | None = key(
        None,
        doc="Voxel size of a phantom that is built; empty: its default",
        unit="mm",
        ge=0.5,
        le=20,
        example=2.5,
    )
