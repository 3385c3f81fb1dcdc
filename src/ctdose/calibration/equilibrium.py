"""Equilibrium dose: what the middle of a long phantom receives from a long scan (AAPM Report 111).

One rotation without table movement leaves a profile f(z) along a line in the phantom. A scan of length L with feed b
per rotation adds up copies of it, so that its middle receives

    D_L = (1/b) ∫ f(z) dz over −L/2 to L/2,    D_eq = (1/b) ∫ f(z) dz over all z,    h(L) = D_L / D_eq           (1)

(R. L. Dixon, Med. Phys. 30 (2003) 1272; AAPM Report 111 (2010)). With b = nT, D_eq is CTDI_∞, and CTDI_100 / CTDI_∞ is
h(100 mm): the efficiency of CTDI_100 (J. M. Boone, Med. Phys. 34 (2007) 1364).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ctdose.calibration.ctdi import CALIBRATION_SEED, CENTER_WEIGHT, PERIPHERY_WEIGHT
from ctdose.dosimetry.units import MGY_PER_KEV_PER_G
from ctdose.kernels.tables import F64, Tables
from ctdose.phantoms.long_cylinder import BIN_MM, POSITIONS, region_numbers
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.ct_beam import CTBeam
from ctdose.simulation.rotation import rotation_at_rest
from ctdose.simulation.runner import BatchRunner, Progress, batches_for
from ctdose.simulation.scoring import FoldedResponse
from ctdose.simulation.seed import random_key
from ctdose.simulation.sums import Sums, ratio_and_error
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.zones import Raised

RAISED_FACTOR = 8.0
EFFICIENCY_MM = 100.0
REACHED = 0.98  # AAPM Report 111 calls the length equilibrium length at which h is about so large


@dataclass(frozen=True)
class Approach:
    """How the dose at one position grows with the scan length.

    Attributes
    ----------
    position : str
        ``center``, ``periphery`` (10 mm below the surface), or ``weighted``, a third and two thirds of them.
    scan_length_mm, h, standard_error : float64 ndarray [lengths]
        h(L), from 20 mm to the length of the phantom, where it is 1.
    equilibrium_mgy : float
        D_eq: air kerma in a small cavity for one emitted photon, mGy, with a feed of nT per rotation.
    relative_standard_error : float
        Of D_eq.
    """

    position: str
    scan_length_mm: F64
    h: F64
    standard_error: F64
    equilibrium_mgy: float
    relative_standard_error: float

    @property
    def ctdi_100_efficiency(self) -> tuple[float, float]:
        """CTDI_100 / CTDI_∞ and its standard error: h(100 mm)."""
        k = int(np.searchsorted(self.scan_length_mm, EFFICIENCY_MM - 1e-6))
        return float(self.h[k]), float(self.standard_error[k])

    @property
    def equilibrium_length_mm(self) -> float:
        """Scan length at which h reaches 0.98."""
        return float(np.interp(REACHED, self.h, self.scan_length_mm))


def simulate_equilibrium(
    beam: CTBeam,
    collimation_mm: float,
    phantom: VoxelPhantom,
    *,
    histories: int = 20_000_000,
    threads: int = 1,
    progress: Progress | None = None,
) -> dict[str, Approach]:
    """Simulate one rotation around a long cylinder and add it up to scans of every length.

    Parameters
    ----------
    beam : CTBeam
        Of `build_ct_beam`.
    collimation_mm : float
        Its nominal nT, which is also the feed.
    phantom : VoxelPhantom
        Of `build_long_cylinder`. What lies beyond its ends is missing in D_eq: below 0.1 % at 900 mm.
    histories : int
        Rounded up to whole batches.
    threads : int
    progress : callable, optional

    Returns
    -------
    dict of str to Approach
        By position: ``center``, ``periphery``, ``weighted``.
    """
    tables = _tables(beam, phantom)
    runner = BatchRunner(tables)
    sums = runner.run(range(batches_for(histories)), threads, progress)
    if runner.interrupted:
        raise KeyboardInterrupt
    profiles = _profiles(sums, phantom, tables.run.regions)
    profiles["weighted"] = CENTER_WEIGHT * profiles["center"] + PERIPHERY_WEIGHT * profiles["periphery"]
    return {name: _approach(name, profile, collimation_mm) for name, profile in profiles.items()}


def _tables(beam: CTBeam, phantom: VoxelPhantom) -> Tables:
    numbers = [k for each in region_numbers(phantom.shape[0]).values() for k in each]
    air = Material("air")
    return build_transport_tables(
        phantom,
        *rotation_at_rest(beam, phantom),
        key=random_key(CALIBRATION_SEED, "calibration", phantom.name),
        physics=Physics(),
        surroundings=air,
        responses=[FoldedResponse(f"air kerma {k}", k, air) for k in numbers],
        raised=Raised(tuple(numbers), RAISED_FACTOR),
    )


def _profiles(sums: Sums, phantom: VoxelPhantom, regions: int) -> dict[str, F64]:
    """Air kerma of one rotation along z in each batch, mGy per emitted photon, [batches, bins], by position."""
    bins = phantom.shape[0]
    density = Material("air").density_g_cm3
    volume = phantom.region_volumes_cm3()
    scored = sums.batch_means()[:, regions:]
    return {
        name: scored[:, i * bins : (i + 1) * bins]
        * (MGY_PER_KEV_PER_G / density / volume[region_numbers(bins)[name][0]])
        for i, name in enumerate(POSITIONS)
    }


def _approach(name: str, profile: F64, feed_mm: float) -> Approach:
    """From the profile, [batches, bins], to h(L) by (1)."""
    half = profile.shape[1] // 2
    pairs = profile[:, half:] + profile[:, half - 1 :: -1]  # bins k and −k together, from the middle outwards
    within = np.cumsum(pairs, axis=1) * BIN_MM
    whole = within[:, -1]
    h, error = np.array([ratio_and_error(within[:, k], whole) for k in range(half)]).T
    spread = whole.std(ddof=1) / math.sqrt(whole.size) if whole.size > 1 else math.nan
    return Approach(
        position=name,
        scan_length_mm=2.0 * BIN_MM * np.arange(1, half + 1),
        h=h,
        standard_error=error,
        equilibrium_mgy=float(whole.mean()) / feed_mm,
        relative_standard_error=float(spread / whole.mean()),
    )
