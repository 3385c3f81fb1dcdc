"""Bone sites: where a phantom's skeleton holds active marrow and endosteum."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from ctdose.phantoms.organs import MAX_REGION, make_floats


@dataclass(frozen=True)
class MarrowSite:
    """A bone site that holds active marrow, endosteum, or both.

    Parameters
    ----------
    region : int
        Region number of its spongiosa or medullary cavity; -1 if the site is left out of the voxels.
    name : str
        For example ``ribs_spongiosa``.
    icrp116_id : int
        Number of the bone region in ICRP Publication 116, Annex D, whose response function it has.
    active_marrow_g, endosteum_g : float
        Masses in the voxels' site, g (endosteum: TM50, the tissue within 50 µm of the bone surfaces).
    omitted_active_marrow_g, omitted_endosteum_g : float
        Masses, g, that are left out of the voxels and stay in the denominators.
    """

    region: int
    name: str
    icrp116_id: int
    active_marrow_g: float
    endosteum_g: float
    omitted_active_marrow_g: float = 0.0
    omitted_endosteum_g: float = 0.0

    def __post_init__(self) -> None:
        if not -1 <= self.region <= MAX_REGION:
            raise ValueError(
                f"region={self.region} (outside -1 to {MAX_REGION}). -1: left out of the voxels."
            )
        masses = [each.name for each in fields(self)[3:]]
        make_floats(self, *masses)
        for name in masses:
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name}={getattr(self, name)} (must not be negative). Give a mass in g.")
