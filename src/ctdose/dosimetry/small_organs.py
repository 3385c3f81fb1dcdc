"""Around which organs the majorant is raised: a pure function of phantom and exam.

A photon that crosses a small organ leaves it a score at every tentative collision: less than one on average, so that
chance decides. More tentative collisions there cost steps, and flights near by cost the search for the zone. Measured
(benchmarks/README.md): the time to the same error of the lenses in a head exam falls to 0.45, that of adrenals and
breasts in a chest exam with dose maps to 0.85; beyond 16 g nothing is won.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ctdose.dosimetry.organ_dose import fraction_in_range
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.zones import Raised

FACTOR = 8.0
ALWAYS_BELOW_G = 2.0
TARGETS_BELOW_G = 16.0
LEAST_DENSITY_G_CM3 = 0.1  # a lumen is no organ


def small_organs(
    phantom: VoxelPhantom, irradiated_mm: tuple[float, float], targets: Collection[int] = ()
) -> Raised:
    """Regions of an exam in which the majorant is raised.

    Organs lighter than 2 g of which any part lies in the irradiated range, and such targets lighter than 16 g.

    Parameters
    ----------
    phantom : VoxelPhantom
    irradiated_mm : (float, float)
        z range of the beam.
    targets : collection of int
        Regions of the organs that a target relative standard error concerns.
    """
    mass, volume = phantom.region_masses_g(), phantom.region_volumes_cm3()
    organs = [o.organ_id for o in phantom.organs if o.organ_id < mass.size and volume[o.organ_id] > 0.0]
    small = [
        organ
        for organ in organs
        if mass[organ] < (TARGETS_BELOW_G if organ in targets else ALWAYS_BELOW_G)
        and mass[organ] > LEAST_DENSITY_G_CM3 * volume[organ]
    ]
    if not small:
        return Raised()
    in_range: np.ndarray = fraction_in_range(phantom, irradiated_mm)
    return Raised(tuple(organ for organ in small if in_range[organ] > 0.0), FACTOR)
