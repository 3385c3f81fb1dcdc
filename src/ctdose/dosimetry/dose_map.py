"""Dose maps: absorbed dose and its relative standard error in every voxel, and each voxel's share of effective dose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.dosimetry.body_rows import BodyRows
from ctdose.dosimetry.organ_dose import Scale
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.sums import KEV2_PER_QUANTUM, KEV_PER_QUANTUM, Sums, mean_and_error

SEX_AVERAGE = 0.5


@dataclass(frozen=True)
class DoseMap:
    """Maps of one body, float32 [z, y, x].

    Attributes
    ----------
    absorbed_dose_mgy : float32 ndarray
    relative_standard_error : float32 ndarray
        NaN where there is no dose.
    effective_dose_map_msv : float32 ndarray or None
        What each voxel contributes to effective dose; the maps of both reference persons sum to it. None for a body
        that is not a reference person.
    """

    absorbed_dose_mgy: np.ndarray
    relative_standard_error: np.ndarray
    effective_dose_map_msv: np.ndarray | None


def region_coefficients(rows: BodyRows, mean: np.ndarray, recommendation: str = "icrp103") -> np.ndarray:
    """Share of a region's imparted energy in the weighted dose, 1/g, [regions].

    A tissue's share of E is spread in proportion to the energy imparted in it. Marrow and endosteum are scored by
    fluence: the spongiosa's energies are scaled so that each site sums to the folded doses of both. (A site that was
    crossed and, with the analogue estimator, never hit has no energy to scale: its share is missing.)
    """
    regions = rows.organ_mass_g.size
    composite = next(c for c in rows.composites if c.name == f"weighted:{recommendation}")
    result = np.zeros(regions)
    for row, coefficient in composite.coefficients.items():
        if row < regions:
            result[row] += coefficient
            continue
        region = rows.responses[row - regions].region
        if mean[region] > 0.0:
            result[region] += coefficient * mean[row] / mean[region]
    return result


def dose_map(
    phantom: VoxelPhantom, rows: BodyRows, sums: Sums, scale: Scale, *, reference_person: bool
) -> DoseMap:
    """Turn the voxel sums of a run into maps, slice by slice to spare memory.

    Parameters
    ----------
    phantom : VoxelPhantom
    rows : BodyRows
    sums : Sums
        With a voxel map.
    scale : Scale
    reference_person : bool
        Whether there is an effective dose map.
    """
    assert sums.voxels is not None
    shape = phantom.shape
    dose, relative = np.zeros(shape, np.float32), np.full(shape, np.nan, np.float32)
    share = np.zeros(shape, np.float32) if reference_person else None
    coefficient = region_coefficients(rows, sums.row_estimates()[0]) if reference_person else np.zeros(1)
    own = np.array([m.density_g_cm3 for m in phantom.materials])
    for k in range(shape[0]):
        hit = np.flatnonzero(sums.voxels[k, ..., 0])  # most voxels of a body lie far from the beam
        if hit.size == 0:
            continue
        tallies = sums.voxels[k].reshape(-1, 2)[hit]
        energy, error = mean_and_error(
            tallies[:, 0] * KEV_PER_QUANTUM, tallies[:, 1] * KEV2_PER_QUANTUM, sums.histories
        )
        density = own[phantom.material_index[k].ravel()[hit]] * phantom.density_steps(k).ravel()[hit] / 4096.0
        mass = density * phantom.voxel_volume_cm3
        dose[k].ravel()[hit] = scale.mgy(np.divide(energy, mass, out=np.zeros_like(energy), where=mass > 0))
        relative[k].ravel()[hit] = error / energy
        if share is not None:
            of_region = coefficient[phantom.region_index[k].ravel()[hit]]
            share[k].ravel()[hit] = SEX_AVERAGE * scale.mgy(energy * of_region)
    return DoseMap(dose, relative, share)
