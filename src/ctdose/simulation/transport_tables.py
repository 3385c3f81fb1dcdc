"""Everything that the kernel reads, put together from a phantom and a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctdose.kernels.tables import (
    ESTIMATOR_ANALOGUE,
    ESTIMATOR_COLLISION_KERMA,
    Beams,
    Run,
    Tables,
    Views,
    Weights,
)
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.scoring import Composite, FoldedResponse, build_composites, build_responses
from ctdose.simulation.variants import no_weights
from ctdose.simulation.voxel_tables import build_voxels
from ctdose.simulation.zones import Raised, build_zones

NOWHERE = Raised()
ESTIMATORS = {"collision-kerma": ESTIMATOR_COLLISION_KERMA, "analogue": ESTIMATOR_ANALOGUE}


@dataclass(frozen=True)
class Physics:
    """Options of the transport.

    Parameters
    ----------
    estimator : str
        ``collision-kerma`` or ``analogue``.
    cutoff_kev : float
        A photon below it is absorbed where it is, 1 to 40 keV.
    doppler : bool
        Compton profiles broaden the scattered energy.

    Raises
    ------
    ValueError
        If an option is unknown or out of range.
    """

    estimator: str = "collision-kerma"
    cutoff_kev: float = 1.0
    doppler: bool = False

    def __post_init__(self) -> None:
        if self.estimator not in ESTIMATORS:
            raise ValueError(f"estimator={self.estimator!r} (unknown). One of {', '.join(ESTIMATORS)}.")
        if not 1.0 <= self.cutoff_kev <= 40.0:
            raise ValueError(f"cutoff_kev={self.cutoff_kev} (outside 1 to 40 keV). The default is 1.")


def build_transport_tables(
    phantom: VoxelPhantom,
    beams: Beams,
    views: Views,
    *,
    key: tuple[int, int],
    physics: Physics,
    surroundings: Material | None = None,
    responses: Sequence[FoldedResponse] = (),
    composites: Sequence[Composite] = (),
    with_voxels: bool = False,
    raised: Raised = NOWHERE,
    clip: bool = False,
    weights: Weights | None = None,
) -> Tables:
    """Assemble the kernel tables of one run.

    Parameters
    ----------
    phantom : VoxelPhantom
    beams, views : Beams, Views
        In the frame of the phantom's corner.
    key : (int, int)
        Of the random numbers (seed.random_key).
    physics : Physics
    surroundings : Material, optional
        Fills the space around the phantom (kernels/surroundings.py). None: vacuum.
    responses, composites
        What is scored besides the energy of each region.
    with_voxels : bool
        Keep the voxel map.
    raised : Raised, optional
        Where the majorant is raised.
    clip : bool
        Track only inside a convex set around the body (clip.py).
    weights : Weights, optional
        Of the variants that the same histories are for (variants.py).
    """
    from ctdose.physics.tables import build_tables

    voxels = build_voxels(phantom, clip=clip)
    materials, outside = _materials(phantom, surroundings)
    cutoff_kev, doppler = physics.cutoff_kev, physics.doppler
    edges_of = [r.curve for r in responses if isinstance(r.curve, Material)]
    attenuation, scattering, fluorescence = build_tables(
        materials, cutoff_kev=cutoff_kev, doppler=doppler, edges_of=edges_of
    )
    zones, attenuation = build_zones(voxels, attenuation, raised)
    regions = int(phantom.region_index.max()) + 1
    rows = regions + len(responses)
    return Tables(
        voxels=voxels,
        zones=zones,
        attenuation=attenuation,
        scattering=scattering,
        fluorescence=fluorescence,
        responses=build_responses(
            responses, regions, attenuation.node_kev, cutoff_kev=cutoff_kev, doppler=doppler
        ),
        composites=build_composites(composites, rows),
        views=views,
        beams=beams,
        weights=weights or no_weights(),
        run=_run(key, physics, outside, regions, rows, len(composites), with_voxels),
    )


def _materials(phantom: VoxelPhantom, surroundings: Material | None) -> tuple[list[Material], int]:
    """Those of the phantom and what is around it, and the number of the latter; -1: vacuum."""
    inside = list(phantom.materials)
    return (inside, -1) if surroundings is None else ([*inside, surroundings], len(inside))


def _run(
    key: tuple[int, int],
    physics: Physics,
    surroundings: int,
    regions: int,
    rows: int,
    composites: int,
    with_voxels: bool,
) -> Run:
    return Run(
        key_low=key[0],
        key_high=key[1],
        cutoff_kev=float(physics.cutoff_kev),
        estimator=ESTIMATORS[physics.estimator],
        doppler=int(physics.doppler),
        surroundings=surroundings,
        regions=regions,
        rows=rows,
        composites=composites,
        with_voxels=int(with_voxels),
    )
