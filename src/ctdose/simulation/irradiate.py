"""Energy imparted to the regions of a phantom by a beam without a scanner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.beam_tables import open_beam_row, pack_beams
from ctdose.simulation.energy_imparted import EnergyImparted
from ctdose.simulation.open_beams import ParallelBeam, PointSource, RotatingSource
from ctdose.simulation.runner import BatchRunner, Progress, batches_for
from ctdose.simulation.scoring import Composite, FoldedResponse
from ctdose.simulation.seed import random_key
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.views import FIXED_PIECE, PieceRow, build_views
from ctdose.simulation.voxel_tables import to_kernel_frame


def _piece(beam: ParallelBeam | PointSource | RotatingSource, phantom: VoxelPhantom) -> PieceRow:
    if not isinstance(beam, RotatingSource):
        return FIXED_PIECE
    z = float(to_kernel_frame(phantom, beam.isocentre_mm)[2])
    return PieceRow(1.0, (z, z), (0.0, 2.0 * np.pi), True, 0, 0)


def _check(phantom: object, beam: object) -> None:
    if not isinstance(phantom, VoxelPhantom):
        raise TypeError(f"phantom is a {type(phantom).__name__} (not a VoxelPhantom). Build a VoxelPhantom.")
    if not isinstance(beam, ParallelBeam | PointSource | RotatingSource):
        raise TypeError(
            f"beam is a {type(beam).__name__} (not a beam). Give a ParallelBeam or a PointSource."
        )


def irradiate(
    phantom: VoxelPhantom,
    beam: ParallelBeam | PointSource | RotatingSource,
    *,
    histories: int = 10_000_000,
    seed: int = 1,
    threads: int = 1,
    surroundings: Material | None = None,
    estimator: str = "collision-kerma",
    cutoff_kev: float = 1.0,
    doppler: bool = False,
    dose_map: bool = False,
    clip: bool = False,
    responses: Sequence[FoldedResponse] = (),
    composites: Sequence[Composite] = (),
    batches: Iterable[int] | None = None,
    progress: Progress | None = None,
) -> EnergyImparted:
    """Irradiate a phantom: energy imparted to each region per history, with its standard error.

    Parameters
    ----------
    phantom : VoxelPhantom
    beam : ParallelBeam, PointSource or RotatingSource
    histories : int
        Rounded up to whole batches of 65536.
    seed : int
        The same seed gives the same result, bit for bit, for any number of threads.
    threads : int
        Share the histories; they do not multiply them.
    surroundings : Material, optional
        Fills the space around the phantom (``ctdose.Material("air")``): photons collide there, and may be scattered
        into the phantom. Default: vacuum.
    estimator : str
        ``collision-kerma`` or ``analogue``.
    cutoff_kev : float
        Photons below it are absorbed on the spot, 1 to 40 keV.
    doppler : bool
        Broaden Compton scattering by Compton profiles.
    dose_map : bool
        Keep energy and standard error of every voxel.
    clip : bool
        Track photons only inside a convex set around what is denser than 0.01 g/cm3 or an organ; what lies beyond
        is replaced by the surroundings and scores nothing. Faster for a body in a large volume of air.
    responses, composites : sequence of FoldedResponse, of Composite
        More rows to score.
    batches : iterable of int, optional
        Batch numbers to simulate instead of the first ones: parts of one run, whose `sums` add up exactly.
    progress : callable, optional
        Called with batches done and wanted.

    Returns
    -------
    EnergyImparted

    Raises
    ------
    TypeError
        If phantom or beam is something else, or a number is not whole.
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> import numpy as np, ctdose
    >>> cube = ctdose.VoxelPhantom(np.zeros((10, 10, 10), np.uint8), [ctdose.Material("water")],
    ...                            spacing_mm=(10, 10, 10), origin_mm=(-45, -45, -45))
    >>> beam = ctdose.PointSource((0, -600, 0), (0, 0, 0), (0.05, 0.05), spectrum=60.0)
    >>> energy = ctdose.irradiate(cube, beam, histories=65536)
    >>> bool(0 < energy.imparted_kev_per_history[0] < 60.0)
    True
    """
    _check(phantom, beam)
    to_frame = partial(to_kernel_frame, phantom)
    tables = build_transport_tables(
        phantom,
        pack_beams([open_beam_row(beam, to_frame)]),
        build_views([_piece(beam, phantom)]),
        key=random_key(seed, "exam", phantom.name),
        physics=Physics(estimator, cutoff_kev, doppler),
        surroundings=surroundings,
        responses=responses,
        composites=composites,
        with_voxels=dose_map,
        clip=clip,
    )
    wanted = range(batches_for(histories)) if batches is None else batches
    return EnergyImparted.from_sums(BatchRunner(tables).run(wanted, threads, progress))
