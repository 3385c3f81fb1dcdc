"""One run of a validation case: a phantom, a source, and which figures of the report are read from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.irradiate import irradiate
from ctdose.simulation.open_beams import PointSource, RotatingSource
from ctdose.simulation.runner import batches_for
from ctdose.simulation.scoring import Composite, FoldedResponse
from ctdose.validation.reference import load_reference
from ctdose.validation.row import Row

EV = 1000.0  # the report's unit of energy, irradiate's is keV


@dataclass(frozen=True)
class Readout:
    """A figure of the report as a row of a run.

    Parameters
    ----------
    angle, volume : str
        Of the reference row.
    row : int
        Region, response or composite of the run.
    factor : float
        From the run's keV per history to the report's unit.
    """

    angle: str
    volume: str
    row: int
    factor: float = EV


@dataclass(frozen=True)
class Job:
    """One run.

    Parameters
    ----------
    case, beam, angle : str
        What names it.
    histories : int
        For standard errors of 0.5 % in the large rows; the published table has more.
    phantom : callable
        Builds the phantom, only when the run begins.
    source : PointSource or RotatingSource
    readouts : tuple of Readout
    surroundings : Material, optional
        Fills the space around the phantom.
    clip : bool
        As for `ctdose.irradiate`.
    responses : tuple of FoldedResponse
    composites : tuple of Composite
        Coefficients at most 1 in size.
    """

    case: str
    beam: str
    angle: str
    histories: int
    phantom: Callable[[], VoxelPhantom]
    source: PointSource | RotatingSource
    readouts: tuple[Readout, ...]
    surroundings: Material | None = None
    clip: bool = False
    responses: tuple[FoldedResponse, ...] = ()
    composites: tuple[Composite, ...] = ()

    @property
    def name(self) -> str:
        """Case, beam and angle, for example ``2/120 kVp/15``."""
        return "/".join(part for part in (self.case, self.beam, self.angle) if part)

    def seed(self, seed: int) -> int:
        """Derive the seed of this run, so that runs are independent of each other."""
        digest = hashlib.blake2b(f"{seed}/{self.name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little")

    def scaled_histories(self, scale: float) -> int:
        """Histories of the run at a share of the published number: whole batches."""
        return batches_for(max(1, round(self.histories * scale))) * BATCH_HISTORIES

    def run(
        self,
        *,
        scale: float,
        seed: int,
        threads: int,
        estimator: str = "collision-kerma",
        doppler: bool = True,
    ) -> list[Row]:
        """Simulate, and put what came out beside the reference.

        Parameters
        ----------
        scale : float
            Factor on `histories`.
        seed, threads, estimator, doppler
            As for `ctdose.irradiate`.
        """
        energy = irradiate(
            self.phantom(),
            self.source,
            histories=self.scaled_histories(scale),
            seed=self.seed(seed),
            threads=threads,
            surroundings=self.surroundings,
            clip=self.clip,
            estimator=estimator,
            doppler=doppler,
            responses=self.responses,
            composites=self.composites,
        )
        value, error = energy.imparted_kev_per_history, energy.standard_error_kev_per_history
        reference = load_reference().rows
        return [
            Row.of(
                reference[self.case, self.beam, r.angle, r.volume],
                value[r.row] * r.factor,
                error[r.row] * r.factor,
            )
            for r in self.readouts
        ]
