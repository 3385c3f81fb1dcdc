"""Tube current modulation of a planned acquisition: its pieces cut finer, each with its own mAs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.beam_choice import FIRST_TUBE
from ctdose.exam.exposure import resolve_exposure
from ctdose.exam.modulation_attenuation import AttenuationProfile, attenuation_profile, beam_energy_kev
from ctdose.exam.modulation_level import keeps_open_mas, level_table, states_mean
from ctdose.exam.modulation_pieces import cut_pieces, multiplied, places
from ctdose.exam.modulation_shape import CurrentShape
from ctdose.exam.tube_load import tube_loads
from ctdose.kernels.tables import F64
from ctdose.scanner.model import Scanner

if TYPE_CHECKING:
    from ctdose.exam.plan import Plan
    from ctdose.exam.view_pieces import ViewPiece

BISECTIONS = 200
ALONG_Z = ("z_mean_ma", "z_min_ma", "z_max_ma")


@dataclass(frozen=True)
class TubeCurrents:
    """The tube current of a modulated acquisition on one body.

    Parameters
    ----------
    mean_ma, min_ma, max_ma : float
        Time-weighted mean over the whole beam-on; least and greatest.
    share_at_min, share_at_max : float
        Share of the beam-on time at the least and at the greatest current that the tube gives.
    energy_kev : float or None
        Energy of the attenuation; None where it was not needed.
    z_mm, z_mean_ma, z_min_ma, z_max_ma : tuple of float
        Along z, rising: mean, least and greatest current.
    water_equivalent_diameter_cm : tuple of float
        Along z; empty where it was not needed.
    pieces_ma : tuple of float
        Current of each piece of the plan, of whichever beam; all else is that of the first beam.
    where : str
        When and where the current is this: empty, or for example `` in the window`` of an ECG, `` at 80 kV``.
    """

    mean_ma: float
    min_ma: float
    max_ma: float
    share_at_min: float
    share_at_max: float
    energy_kev: float | None
    z_mm: tuple[float, ...]
    water_equivalent_diameter_cm: tuple[float, ...]
    z_mean_ma: tuple[float, ...]
    z_min_ma: tuple[float, ...]
    z_max_ma: tuple[float, ...]
    pieces_ma: tuple[float, ...]
    where: str = ""

    def cut(self, parents: Sequence[int], factor: float) -> TubeCurrents:
        """The same of pieces cut further, each with the number of its parent; all currents times a factor."""
        changed: dict[str, Any] = {n: tuple(factor * ma for ma in getattr(self, n)) for n in ALONG_Z}
        changed |= {name: factor * getattr(self, name) for name in ("mean_ma", "min_ma", "max_ma")}
        changed["pieces_ma"] = tuple(factor * self.pieces_ma[parent] for parent in parents)
        return replace(self, **changed)


def modulated(plan: Plan, acquisition: Acquisition, scanner: Scanner, body: Any) -> Plan:
    """Modulate the tube current of a plan; a plan without modulation comes back as it is.

    The mean current that the exam states is kept over the whole beam-on, over-ranging included; a CTDI_vol that it
    states, with each mAs weighted by the part of the beam that moving blades leave open (`keeps_open_mas`). With
    `quality_reference_mas`, or a table and no other output, the current is absolute and the mean follows from it.

    Parameters
    ----------
    plan : Plan
        With a constant current: the stated mean, or the level at the reference diameter.
    acquisition : Acquisition
    scanner : Scanner
        Gives the limits of the tube.
    body : VoxelPhantom
        What attenuates; asked only where the modulation needs it.

    Raises
    ------
    CtdoseError
        The body is not where the rotation axis is.
    """
    options = acquisition.modulation_options
    if options.empty:
        return plan
    planned = (plan.z_start_mm, plan.z_end_mm)
    shape = _shape(plan, acquisition, scanner, body)
    pieces = cut_pieces(plan.pieces, planned, along_z=shape.varies_along_z, around=shape.varies_around)
    relative, mas = shape.relative(*places(pieces)), np.array([piece.mas for piece in pieces])
    number = np.array([piece.beam for piece in pieces])
    weight = mas * np.array([piece.open_share for piece in pieces]) if keeps_open_mas(acquisition) else mas
    current, factor = np.zeros(mas.size), np.zeros(mas.size)
    loads = tube_loads(acquisition, resolve_exposure(acquisition, scanner))
    for i, load in enumerate(loads):  # each tube, and each of two voltages, has its own current and limits
        own, level = number == i, load.current_ma
        limits = tube_limits_ma(scanner, load.tube_voltage_kv)
        mean = level if states_mean(acquisition) else None
        current[own] = limited(level * relative[own], weight[own] / level, limits, mean)
        factor[own] = current[own] / level
    first, level = number == 0, loads[0].current_ma
    limits = tube_limits_ma(scanner, loads[0].tube_voltage_kv)
    shown = [piece for piece in pieces if piece.beam == 0]
    currents = _currents(current[first], mas[first] / level, limits, shape.profile, shown, planned)
    currents = replace(currents, where=loads[0].where, pieces_ma=tuple(current.tolist()))
    tube = np.array([plan.beams[piece.beam].tube == FIRST_TUBE for piece in pieces])
    of_first = float(factor[tube] @ mas[tube] / mas[tube].sum())
    changed = replace(plan, tube_current_ma=plan.tube_current_ma * of_first)
    return _with_currents(changed, multiplied(pieces, factor), currents, float(factor @ mas / mas.sum()))


def tube_limits_ma(scanner: Scanner, tube_voltage_kv: float) -> tuple[float, float]:
    """Least and greatest tube current at a voltage, mA: of the tube, and of the generator's power."""
    tube = scanner.tube
    return tube.current_min_ma, min(tube.current_max_ma, tube.power_max_kw * 1000 / tube_voltage_kv)


def limited(wanted: F64, seconds: F64, limits: tuple[float, float], mean_ma: float | None) -> F64:
    """Currents inside the limits of the tube; with a mean, scaled so that it is kept.

    Parameters
    ----------
    wanted, seconds : float64 ndarray [n]
        Current in proportion (with a mean) or absolute, above 0, and how long it lasts, or its weight in the mean.
    limits : (float, float)
        Least and greatest current.
    mean_ma : float or None
        Weighted mean to keep; it lies inside the limits.

    Returns
    -------
    float64 ndarray [n]
    """
    if mean_ma is None:
        return np.clip(wanted, *limits)
    total = seconds.sum()
    scale = mean_ma * total / (wanted @ seconds)
    if limits[0] <= scale * wanted.min() and scale * wanted.max() <= limits[1]:
        return scale * wanted
    low, high = 0.0, limits[1] / wanted.min()
    for _ in range(BISECTIONS):
        scale = (low + high) / 2.0
        above = np.clip(scale * wanted, *limits) @ seconds > mean_ma * total
        low, high = (low, scale) if above else (scale, high)
    return np.clip(high * wanted, *limits)


def _shape(plan: Plan, acquisition: Acquisition, scanner: Scanner, body: Any) -> CurrentShape:
    options = acquisition.modulation_options
    planned = (plan.z_start_mm, plan.z_end_mm)
    profile, reference = None, acquisition.reference_diameter_cm
    if options.longitudinal_strength is not None or options.angular_strength is not None:
        energy = beam_energy_kev(scanner, acquisition)
        profile = attenuation_profile(body, plan.isocentre_xy_mm, energy, planned)
    if profile is not None and reference is None:
        reference = float(profile.diameter_cm.mean())
    table = level_table(acquisition)
    level = table.mean_ma if table is not None else plan.tube_current_ma
    return CurrentShape(options, planned, profile, reference or 0.0, table, level)


def _currents(
    current: F64,
    seconds: F64,
    limits: tuple[float, float],
    profile: AttenuationProfile | None,
    pieces: Sequence[ViewPiece],
    planned: tuple[float, float],
) -> TubeCurrents:
    z = np.round(places(pieces)[0], 6)
    levels, index = np.unique(z, return_inverse=True)
    time = np.bincount(index, weights=seconds)
    mean = np.bincount(index, weights=seconds * current) / time
    least, most = np.full(levels.size, np.inf), np.zeros(levels.size)
    np.minimum.at(least, index, current)
    np.maximum.at(most, index, current)
    diameter = () if profile is None else tuple(profile.at(np.clip(levels, *planned))[0].tolist())
    total = seconds.sum()
    return TubeCurrents(
        mean_ma=float(current @ seconds / total),
        min_ma=float(current.min()),
        max_ma=float(current.max()),
        share_at_min=float(seconds[(current <= limits[0]) & (limits[0] > 0)].sum() / total),
        share_at_max=float(seconds[current >= limits[1]].sum() / total),
        energy_kev=None if profile is None else profile.energy_kev,
        z_mm=tuple(levels.tolist()),
        water_equivalent_diameter_cm=diameter,
        z_mean_ma=tuple(mean.tolist()),
        z_min_ma=tuple(least.tolist()),
        z_max_ma=tuple(most.tolist()),
        pieces_ma=tuple(current.tolist()),
    )


def _with_currents(plan: Plan, pieces: tuple[ViewPiece, ...], currents: TubeCurrents, factor: float) -> Plan:
    """The plan with its modulated pieces; `factor` on the mAs of both tubes, which the limits may hold unequally."""
    return replace(
        plan,
        pieces=pieces,
        mas_per_rotation=None if plan.mas_per_rotation is None else plan.mas_per_rotation * factor,
        effective_mas=None if plan.effective_mas is None else plan.effective_mas * factor,
        total_mas=plan.total_mas * factor,
        modulation=currents,
    )
