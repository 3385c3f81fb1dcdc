"""Water-equivalent diameter of a phantom, slice by slice.

AAPM Report 220 (2014): A_w = Σ μ/μ_water · pixel area over the patient's cross-section, D_w = 2 √(A_w / π). In an image
μ/μ_water is CT number / 1000 + 1. Here it follows from the phantom's materials: attenuation coefficients averaged over
the spectrum that arrives behind 200 mm of water, weighted with its energy as an integrating detector weights it.
Air counts nothing, as −1000 in an image does, and neither does the patient table.

The D_w that steers the tube current, in `ctdose.exam.modulation_attenuation`, is not this one: it has to go with line
integrals of one energy, while an image, and SSDE with it, knows the spectrum that the detector sees.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ctdose.kernels.tables import DENSITY_ONE, F64
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.cross_sections import mass_coefficients
from ctdose.physics.materials import Material
from ctdose.physics.spectrum import Spectrum

AIR_BELOW_G_CM3 = 0.01
TABLE = frozenset({"table", "couch", "couch_wall", "couch_core"})
"""Organs of a patient's own CT, and materials of a table that is put under a phantom."""
WATER_MM = 200.0
FLATTEST_RADIUS_MM = 300.0
"""A body with this radius of curvature that only touches the grid's edge is not taken for one that is cut by it."""
CUT_GROWTH = 1.1

_areas: weakref.WeakKeyDictionary[VoxelPhantom, dict[tuple[int, frozenset[str]], tuple[F64, bool]]] = (
    weakref.WeakKeyDictionary()
)


@dataclass(frozen=True)
class WaterEquivalent:
    """Water-equivalent diameter along z.

    Attributes
    ----------
    z_mm : float64 ndarray [slices]
        Centres of the phantom's slices within the range, ascending.
    weight_mm : float64 ndarray [slices]
        Length of each slice within the range.
    diameter_cm : float64 ndarray [slices]
        0 where there is no body.
    truncated : bool ndarray [slices]
        The edge of the grid cuts the body, so that the diameter is too small.
    """

    z_mm: F64
    weight_mm: F64
    diameter_cm: F64
    truncated: np.ndarray

    @property
    def mean_cm(self) -> float:
        """Mean over the slices that hold body; NaN if none does."""
        weight = self.weight_mm * (self.diameter_cm > 0.0)
        return float(weight @ self.diameter_cm / weight.sum()) if weight.any() else math.nan


def water_equivalent(
    phantom: VoxelPhantom,
    spectrum: Spectrum | float,
    z_range_mm: tuple[float, float] | None = None,
    *,
    excluded: Collection[str] = TABLE,
) -> WaterEquivalent:
    """Water-equivalent diameter of each slice of a phantom.

    Parameters
    ----------
    phantom : VoxelPhantom
    spectrum : Spectrum or float
        Behind the bowtie on the central ray; a number is one energy, keV.
    z_range_mm : (float, float), optional
        Lower and upper z; default: the whole phantom.
    excluded : collection of str
        Organs and materials that count nothing, by name; default: the patient table.

    Returns
    -------
    WaterEquivalent
        Empty if the range lies outside the phantom.
    """
    bottom, step = phantom.corner_mm[2], phantom.spacing_mm[2]
    low, high = z_range_mm or phantom.z_range_mm
    edges = bottom + step * np.arange(phantom.shape[0] + 1)
    weight = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    slices = np.flatnonzero(weight > 1e-9 * step)
    ratio = water_ratios(phantom.materials, spectrum)
    areas = [_slice_areas(phantom, int(k), frozenset(excluded)) for k in slices]
    water_cm2 = np.array([area @ ratio for area, _ in areas])
    return WaterEquivalent(
        z_mm=(edges[slices] + step / 2.0).astype(np.float64),
        weight_mm=weight[slices],
        diameter_cm=2.0 * np.sqrt(water_cm2 / math.pi),
        truncated=np.array([cut for _, cut in areas], bool),
    )


def water_ratios(materials: tuple[Material, ...], spectrum: Spectrum | float) -> F64:
    """Attenuation coefficient of each material at its own density over that of water, [materials]; 0 for air."""
    energies, weights = _arriving(spectrum)
    water = float(mass_coefficients(Material("water"), energies).total @ weights)
    return np.array(
        [
            m.density_g_cm3 * float(mass_coefficients(m, energies).total @ weights) / water
            if m.density_g_cm3 > AIR_BELOW_G_CM3
            else 0.0
            for m in materials
        ]
    )


def _arriving(spectrum: Spectrum | float) -> tuple[F64, F64]:
    """Energies and weights behind water; joined to about 100 lines, which moves D_w by less than 10⁻⁵."""
    if not isinstance(spectrum, Spectrum):
        return np.array([float(spectrum)]), np.ones(1)
    joined = spectrum.joined(max(1, spectrum.energies_kev.size // 100))
    behind = joined.filtered({"water": WATER_MM})
    weights = behind.weights * behind.energies_kev
    return behind.energies_kev, weights / weights.sum()


def _slice_areas(phantom: VoxelPhantom, k: int, excluded: frozenset[str]) -> tuple[F64, bool]:
    """Area of each material in slice k at its own density, cm² [materials], and whether the slice is cut; kept."""
    kept = _areas.setdefault(phantom, {})
    if (k, excluded) not in kept:
        kept[k, excluded] = _count(phantom, k, excluded)
    return kept[k, excluded]


def _count(phantom: VoxelPhantom, k: int, excluded: frozenset[str]) -> tuple[F64, bool]:
    material = phantom.material_index[k]
    dx, dy = phantom.spacing_mm[:2]
    dense = np.array(
        [m.density_g_cm3 > AIR_BELOW_G_CM3 and m.name not in excluded for m in phantom.materials]
    )
    counts_here = dense[material]
    numbers = [o.organ_id for o in phantom.organs if o.name in excluded]
    if numbers:
        counts_here &= ~np.isin(phantom.region_index[k], numbers)
    share = None
    if phantom.density_g_cm3 is not None:
        share = phantom.density_steps(k)[counts_here] / DENSITY_ONE
    count = np.bincount(material[counts_here], weights=share, minlength=dense.size)
    area = count.astype(np.float64) * (dx * dy / 100.0)
    return area, min(material.shape) > 1 and _is_cut(counts_here, (dx, dy))


def _is_cut(body: np.ndarray, pixel_mm: tuple[float, float]) -> bool:
    """Whether a side of the grid cuts the body, [y, x].

    A round body that only touches a side is met there along at most the chord of its curvature at a depth of one
    pixel p, 2 √(2 R p), and along 1.4 times as much one pixel further in. Of one that is cut, both are long and alike.
    """
    dx, dy = pixel_mm
    sides = [(body[0], body[1], dx, dy), (body[-1], body[-2], dx, dy)]
    sides += [(body[:, 0], body[:, 1], dy, dx), (body[:, -1], body[:, -2], dy, dx)]
    return any(
        bool(
            outer.sum() * along > 2.0 * math.sqrt(2.0 * FLATTEST_RADIUS_MM * across)
            and inner.sum() < CUT_GROWTH * outer.sum()
        )
        for outer, inner, along, across in sides
    )
