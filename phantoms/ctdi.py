"""CTDI phantoms: PMMA cylinders with a pencil chamber in the centre and in four peripheral holes.

Geometry after IEC 60601-2-44 (203.108) and 21 CFR 1020.33(b)(6): PMMA of 1.19 g/cm³, 160 or 320 mm in diameter,
the holes' centres 10 mm below the surface. The chamber is the pencil chamber in common use: 3 cm³ active volume,
100 mm active length (for instance the Radcal 10X6-3CT); what of
a hole is not active volume is plugged with PMMA. Chamber walls are left out.
"""

from __future__ import annotations

import math

import numpy as np

from ctdose.phantoms.cylinders import check_length, grid_centres
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.rank import disc
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material

PHANTOM_LENGTH_MM = 150.0
CHAMBER_LENGTH_MM = 100.0
CHAMBER_VOLUME_MM3 = 3000.0
CHAMBER_DEPTH_MM = 10.0
SLICE_MM = 25.0  # slice edges at ±50 and ±75 mm
MAX_VOXEL_MM = 1.0
MIN_VOXEL_MM = 0.1
PMMA_DENSITY_G_CM3 = 1.19
PMMA_MASS_FRACTIONS = {"H": 0.080541, "C": 0.599846, "O": 0.319613}
"""NIST, Composition of materials: polymethyl methacrylate; the same in AAPM Report 195, case 1."""

OUTSIDE, PMMA = 0, 1
CHAMBER_REGIONS = {
    "center": 2,
    "periphery_000": 3,
    "periphery_090": 4,
    "periphery_180": 5,
    "periphery_270": 6,
}
"""Region numbers of the chambers; peripheral ones by gantry angle: 0 in front (-y), 90 at the left (+x)."""


def chamber_centres_mm(diameter_mm: float) -> dict[str, tuple[float, float]]:
    """Centres (x, y), mm, of the five chambers of a CTDI phantom.

    Parameters
    ----------
    diameter_mm : float
        Diameter of the phantom.

    Returns
    -------
    dict of str to (float, float)
        Keyed as `CHAMBER_REGIONS`.
    """
    r = diameter_mm / 2.0 - CHAMBER_DEPTH_MM
    places = ((0.0, 0.0), (0.0, -r), (r, 0.0), (0.0, r), (-r, 0.0))
    return dict(zip(CHAMBER_REGIONS, places))


def build_ctdi_phantom(diameter_cm: int = 32, *, voxel_mm: float = 1.0) -> VoxelPhantom:
    """Build a CTDI phantom, centred on the origin, with a chamber in every hole.

    Parameters
    ----------
    diameter_cm : int
        16 (head) or 32 (body).
    voxel_mm : float
        In-plane voxel size, at most 1 mm; 160 mm must be a multiple of twice it.

    Returns
    -------
    VoxelPhantom
        Region 0 is the air around, 1 PMMA, 2 to 6 the active volumes of the chambers (`CHAMBER_REGIONS`).
        150 mm long, in slices of 25 mm: nothing in it changes within a slice.

    Raises
    ------
    ValueError
        If the diameter is neither 16 nor 32 cm or the voxel size does not fit.
    TypeError
        If the voxel size is not a number.
    """
    if diameter_cm not in (16, 32):
        raise ValueError(f"diameter_cm={diameter_cm!r} (no CTDI phantom). Use 16 (head) or 32 (body).")
    voxel = _check_voxel(voxel_mm)
    diameter = 10.0 * diameter_cm
    plane = _plane(diameter, voxel)
    slices = round(PHANTOM_LENGTH_MM / SLICE_MM)
    z = (np.arange(slices) + 0.5) * SLICE_MM - PHANTOM_LENGTH_MM / 2.0
    active = np.abs(z) < CHAMBER_LENGTH_MM / 2.0
    region = np.where(active[:, None, None], plane, np.minimum(plane, PMMA)).astype(np.uint16)
    pmma = Material.from_mass_fractions("pmma", PMMA_MASS_FRACTIONS, density_g_cm3=PMMA_DENSITY_G_CM3)
    first = (voxel - diameter) / 2.0
    return VoxelPhantom(
        (region == PMMA).astype(np.uint8),
        (Material("air"), pmma),
        (voxel, voxel, SLICE_MM),
        (first, first, float(z[0])),
        region,
        name=f"ctdi-{diameter_cm}",
        organs=(Organ(PMMA, "pmma"), *(Organ(number, name) for name, number in CHAMBER_REGIONS.items())),
    )


def _check_voxel(voxel_mm: float) -> float:
    voxel = check_length(voxel_mm, "voxel_mm")
    if not MIN_VOXEL_MM <= voxel <= MAX_VOXEL_MM:
        raise ValueError(
            f"voxel_mm={voxel:g} (outside {MIN_VOXEL_MM:g} to {MAX_VOXEL_MM:g}). Use 1.0 or 0.5."
        )
    if abs(round(80.0 / voxel) * voxel - 80.0) > 1e-9:
        raise ValueError(f"voxel_mm={voxel:g} (does not divide 80 mm). Use 1.0, 0.8 or 0.5.")
    return voxel


def _plane(diameter: float, voxel: float) -> np.ndarray:
    centres = grid_centres(diameter, voxel)
    plane = np.where(disc(centres, centres, (0.0, 0.0), math.pi / 4.0 * diameter**2), PMMA, OUTSIDE)
    area = CHAMBER_VOLUME_MM3 / CHAMBER_LENGTH_MM
    for name, centre in chamber_centres_mm(diameter).items():
        plane[disc(centres, centres, centre, area)] = CHAMBER_REGIONS[name]
    return plane
