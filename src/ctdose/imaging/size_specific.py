"""Size-specific dose estimate of an acquisition on a body.

SSDE(z) = f(D_w(z)) · CTDI_vol(z); SSDE and D_w are the means of SSDE(z) and D_w(z) over the reconstruction length
(IEC 62985:2019), which is not f of the mean D_w. The reconstruction length is the planned range, without over-ranging.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.dosimetry.size_factors import SizeFactor, size_factor
from ctdose.exam.ctdi_profile import ctdi_vol_along_z_mgy
from ctdose.exam.plan import Plan
from ctdose.imaging.water_equivalent import WaterEquivalent, water_equivalent
from ctdose.kernels.tables import F64
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.spectrum import Spectrum

LARGEST_SHARE_LEFT_OUT = 0.2
"""Of the length that holds body: with more of it outside the range of f, no mean is given."""


@dataclass(frozen=True)
class SizeSpecific:
    """Water-equivalent diameter and size-specific dose estimate of one acquisition on one body.

    Attributes
    ----------
    z_mm, length_mm : float64 ndarray [slices]
        Centres of the slices, and the length of each within the planned range.
    water_equivalent_diameter_cm : float64 ndarray [slices]
        0 where there is no body.
    ctdi_vol_mgy : float64 ndarray [slices]
    ssde_mgy : float64 ndarray [slices]
        NaN where f is not defined.
    truncated : bool ndarray [slices]
    mean_diameter_cm, mean_ssde_mgy : float or None
        Over the planned range; None if not defined.
    note : str
        Whose f it is, and what is left out or uncertain; or why there is no estimate.
    """

    z_mm: F64
    length_mm: F64
    water_equivalent_diameter_cm: F64
    ctdi_vol_mgy: F64
    ssde_mgy: F64
    truncated: np.ndarray
    mean_diameter_cm: float | None
    mean_ssde_mgy: float | None
    note: str


def size_specific(
    phantom: VoxelPhantom,
    plan: Plan,
    spectrum: Spectrum,
    ctdi_w_mgy_per_100mas: float | Sequence[float],
) -> SizeSpecific:
    """Size-specific dose estimate of a planned acquisition.

    Parameters
    ----------
    phantom : VoxelPhantom
        The body of the plan.
    plan : Plan
    spectrum : Spectrum
        On the central ray behind the bowtie: what CT numbers depend on.
    ctdi_w_mgy_per_100mas : float or sequence of float
        In the CTDI phantom of the plan, at its collimation; or one for each beam of the plan.
    """
    size = water_equivalent(phantom, spectrum, (plan.z_start_mm, plan.z_end_mm))
    ctdi_vol = _ctdi_vol(plan, size, phantom.spacing_mm[2], ctdi_w_mgy_per_100mas)
    factor = None if plan.mode == "localizer" else size_factor(plan.ctdi_phantom_cm, region_of(phantom, plan))
    ssde = np.full(size.diameter_cm.shape, np.nan)
    if factor is not None:
        ssde = factor.at(size.diameter_cm) * ctdi_vol
    mean, note = _mean(phantom, plan, size, ssde, factor)
    held = size.diameter_cm > 0.0
    return SizeSpecific(
        z_mm=size.z_mm,
        length_mm=size.weight_mm,
        water_equivalent_diameter_cm=size.diameter_cm,
        ctdi_vol_mgy=ctdi_vol,
        ssde_mgy=ssde,
        truncated=size.truncated,
        mean_diameter_cm=size.mean_cm if held.any() else None,
        mean_ssde_mgy=mean,
        note="; ".join([note, *_cut(size, held)]),
    )


def region_of(phantom: VoxelPhantom, plan: Plan) -> str:
    """``head`` if at least half of the planned range lies in the head of the phantom's anatomy, else ``body``."""
    ranges = phantom.anatomy.scan_ranges_mm if phantom.anatomy is not None else {}
    if "head" not in ranges:
        return "body"
    low, high = ranges["head"]
    inside = min(high, plan.z_end_mm) - max(low, plan.z_start_mm)
    return "head" if inside >= plan.planned_length_mm / 2.0 else "body"


def _ctdi_vol(plan: Plan, size: WaterEquivalent, step_mm: float, output: float | Sequence[float]) -> F64:
    """CTDI_vol of each slice, over the part of it within the planned range."""
    if not size.z_mm.size:
        return np.zeros(0)
    first = max(size.z_mm[0] - step_mm / 2.0, plan.z_start_mm)
    return ctdi_vol_along_z_mgy(plan, output, first + np.concatenate([[0.0], np.cumsum(size.weight_mm)]))


def _mean(
    phantom: VoxelPhantom, plan: Plan, size: WaterEquivalent, ssde: F64, factor: SizeFactor | None
) -> tuple[float | None, str]:
    """The mean over the planned range, and what is to be said of it; or None, and why."""
    held = np.where(size.diameter_cm > 0.0, size.weight_mm, 0.0)
    if not held.any():
        return None, "no SSDE: the planned range holds nothing of the body"
    if plan.mode == "localizer":
        return None, "no SSDE: the tube does not rotate during a localizer"
    if factor is None:
        region, cm = region_of(phantom, plan), plan.ctdi_phantom_cm
        return None, f"no SSDE: no factor is published for the {region} and CTDI_vol of the {cm} cm phantom"
    low, high = factor.diameter_cm
    outside = f"D_w outside {low:g} to {high:g} cm"
    used = np.where(np.isnan(ssde), 0.0, held)
    left_out = 1.0 - used.sum() / held.sum()
    if left_out > LARGEST_SHARE_LEFT_OUT:
        return (
            None,
            f"no SSDE: {outside}, where {factor.short} has its factor, in {left_out:.0%} of the range",
        )
    note = f"factor of {factor.short}"
    if not factor.verified:
        note += ", coefficients not verified"
    if left_out > 0.0:
        note += f"; {outside} in {left_out:.0%} of the range, which SSDE leaves out"
    return float(used @ np.nan_to_num(ssde) / used.sum()), note


def _cut(size: WaterEquivalent, held: np.ndarray) -> list[str]:
    length = size.weight_mm[held].sum()
    if not length or not size.truncated[held].any():
        return []
    share = size.weight_mm[held & size.truncated].sum() / length
    return [f"the phantom's edge cuts the body in {share:.0%} of the range: D_w is too small there"]
