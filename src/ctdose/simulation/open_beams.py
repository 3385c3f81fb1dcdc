"""Beams without a scanner: parallel beams and point sources, for validation, teaching, sources of one's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MIN_KEV, MAX_KEV = 1.0, 150.0

Interval = tuple[float, float]


def _numbers(name: str, value: Sequence[float], right: str) -> tuple[float, ...]:
    try:
        return tuple(float(v) for v in value)
    except (TypeError, ValueError):
        raise TypeError(f"{name}={value!r} (not a sequence of numbers). {right}") from None


def _triple(name: str, value: Sequence[float]) -> tuple[float, float, float]:
    numbers = _numbers(name, value, "Give (x, y, z).")
    if len(numbers) != 3 or not all(math.isfinite(v) for v in numbers):
        raise ValueError(f"{name}={value!r} (must be three finite numbers). Give (x, y, z).")
    return numbers[0], numbers[1], numbers[2]


def _check_half_angles(angles: Sequence[float]) -> None:
    numbers = _numbers("half_angles_rad", angles, "Give two angles in rad.")
    if len(numbers) != 2 or not all(0 < a < math.pi / 2 for a in numbers):
        raise ValueError(f"half_angles_rad={angles!r} (must lie between 0 and pi/2). Give two angles in rad.")


def _check_limits(limits: Sequence[Sequence[float]]) -> None:
    ordered = len(limits) == 2 and all(len(pair) == 2 and pair[0] < pair[1] for pair in limits)
    if not ordered or not all(math.isfinite(t) for pair in limits for t in pair):
        raise ValueError(
            f"field_limits={limits!r} (must be two intervals). Give ((low, high), (low, high)) as tangents."
        )


def half_angle_tangents(angles: Sequence[float]) -> tuple[Interval, Interval]:
    """Lower and upper tangent across and along of a pyramid given by its half angles in rad."""
    a, b = (math.tan(angle) for angle in angles)
    return (-a, a), (-b, b)


def check_spectrum(spectrum: object) -> tuple[np.ndarray, np.ndarray]:
    """Turn what a user gives for a spectrum into energies (keV) and weights that sum to 1.

    Parameters
    ----------
    spectrum : float, (energies, weights) or Spectrum
        One energy in keV; discrete lines with relative weights; or a spectrum of `ctdose.physics.spectra`.

    Returns
    -------
    energies_kev, weights : float64 ndarray

    Raises
    ------
    TypeError
        If it is neither numbers nor a spectrum.
    ValueError
        If an energy is outside 1 to 150 keV, a weight is negative, or nothing is emitted.
    """
    energies, weights = _spectrum_arrays(spectrum)
    if energies.ndim != 1 or energies.shape != weights.shape or energies.size == 0:
        raise ValueError("spectrum (energies and weights differ in length). Give one weight for each energy.")
    if not np.all(np.isfinite(energies)):
        raise ValueError("spectrum (an energy is not finite). Give energies in keV.")
    if not np.all(np.isfinite(weights)) or np.any(weights < 0):
        raise ValueError("spectrum (a weight is negative or not finite). Give relative photon numbers >= 0.")
    emitted = weights > 0
    if not emitted.any():
        raise ValueError("spectrum (all weights are 0). Give at least one energy with a positive weight.")
    energies, weights = energies[emitted], weights[emitted]
    if energies.min() < MIN_KEV or energies.max() > MAX_KEV:
        raise ValueError(
            f"spectrum reaches from {energies.min():g} to {energies.max():g} keV (outside {MIN_KEV:g} to "
            f"{MAX_KEV:g} keV). Leave out the lines beyond."
        )
    return energies, weights / weights.sum()


def _spectrum_arrays(spectrum: Any) -> tuple[np.ndarray, np.ndarray]:
    """Energies and weights as float64 arrays, unchecked."""
    right = "Give one energy in keV or (energies_kev, weights)."
    if hasattr(spectrum, "energies_kev"):
        spectrum = (spectrum.energies_kev, spectrum.weights)
    elif isinstance(spectrum, int | float | np.number) and not isinstance(spectrum, bool):
        spectrum = ([float(spectrum)], [1.0])
    elif isinstance(spectrum, str) or not isinstance(spectrum, Sequence | np.ndarray):
        raise TypeError(f"spectrum={spectrum!r} (not numbers). {right}")
    if len(spectrum) != 2:
        raise ValueError(f"spectrum (must be one energy or a pair, not {len(spectrum)} things). {right}")
    try:
        energies, weights = (np.atleast_1d(np.asarray(part, np.float64)) for part in spectrum)
    except (TypeError, ValueError):
        raise TypeError(f"spectrum (not numbers). {right}") from None
    return energies, weights


@dataclass(frozen=True)
class ParallelBeam:
    """A parallel beam of rectangular section.

    Parameters
    ----------
    direction : (float, float, float)
        Of flight; any length but 0.
    centre_mm : (float, float, float)
        A point on the beam's axis, outside the phantom on the side the beam comes from.
    field_mm : (float, float)
        Full widths: across (in the x, y plane, at right angles to the direction; along x if the beam runs along z)
        and along (towards z; y if the beam runs along z).
    spectrum : float, (energies, weights) or Spectrum
    """

    direction: tuple[float, float, float]
    centre_mm: tuple[float, float, float]
    field_mm: tuple[float, float]
    spectrum: object

    def __post_init__(self) -> None:
        if math.hypot(*_triple("direction", self.direction)) == 0.0:
            raise ValueError("direction=(0, 0, 0) (has no direction). Give a vector such as (0, 0, 1).")
        _triple("centre_mm", self.centre_mm)
        field = _numbers("field_mm", self.field_mm, "Give (across, along) in mm.")
        if len(field) != 2 or not all(math.isfinite(f) and f >= 0 for f in field):
            raise ValueError(
                f"field_mm={self.field_mm!r} (must be two widths >= 0). Give (across, along) in mm."
            )
        check_spectrum(self.spectrum)


@dataclass(frozen=True)
class PointSource:
    """A point source that emits uniformly in solid angle into a rectangular pyramid.

    Parameters
    ----------
    position_mm, aim_mm : (float, float, float)
        The source, and a point on the pyramid's axis.
    half_angles_rad : (float, float) or None
        (a, b) of the pyramid ``|u'| <= tan a``, ``|v'| <= tan b``: a in the transverse (x, y) plane, b towards z.
        For an axis along z, a is towards x and b towards y.
    spectrum : float, (energies, weights) or Spectrum
    field_limits : ((float, float), (float, float)), optional
        Instead of half angles: lower and upper tangent of the opening across and along, for a field that is not
        centred on the axis. A rectangle in a plane at right angles to the axis at distance d, from x1 to x2 and y1
        to y2 as seen from the axis, is ((x1/d, x2/d), (y1/d, y2/d)).

    Raises
    ------
    ValueError
        If the source aims at itself, or not exactly one of `half_angles_rad` and `field_limits` is given.
    """

    position_mm: tuple[float, float, float]
    aim_mm: tuple[float, float, float]
    half_angles_rad: tuple[float, float] | None
    spectrum: object
    field_limits: tuple[Interval, Interval] | None = None

    def __post_init__(self) -> None:
        position, aim = _triple("position_mm", self.position_mm), _triple("aim_mm", self.aim_mm)
        if position == aim:
            raise ValueError("aim_mm equals position_mm (no direction). Aim at another point.")
        if (self.half_angles_rad is None) == (self.field_limits is None):
            raise ValueError(
                "half_angles_rad and field_limits (exactly one is needed). Give half angles, or None."
            )
        if self.half_angles_rad is not None:
            _check_half_angles(self.half_angles_rad)
        if self.field_limits is not None:
            _check_limits(self.field_limits)
        check_spectrum(self.spectrum)

    @property
    def tangents(self) -> tuple[Interval, Interval]:
        """Lower and upper tangent of the opening across and along."""
        if self.field_limits is not None:
            return self.field_limits
        return half_angle_tangents(self.half_angles_rad)  # type: ignore[arg-type]


@dataclass(frozen=True)
class RotatingSource:
    """A point source on a circle around an axis along z, its angle uniform over the full turn.

    Parameters
    ----------
    radius_mm : float
        Source to axis.
    half_angles_rad : (float, float)
        Of the pyramid as in `PointSource`; its axis runs through the axis of rotation.
    spectrum : float, (energies, weights) or Spectrum
    isocentre_mm : (float, float, float)
    """

    radius_mm: float
    half_angles_rad: tuple[float, float]
    spectrum: object
    isocentre_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.radius_mm) and self.radius_mm > 0):
            raise ValueError(f"radius_mm={self.radius_mm} (must be positive). For CT about 600.")
        _triple("isocentre_mm", self.isocentre_mm)
        _check_half_angles(self.half_angles_rad)
        check_spectrum(self.spectrum)

    @property
    def tangents(self) -> tuple[Interval, Interval]:
        """Lower and upper tangent of the opening across and along."""
        return half_angle_tangents(self.half_angles_rad)


def beam_axes(direction: Sequence[float]) -> np.ndarray:
    """Unit vectors forward, across (in the transverse plane) and along (towards z) of a direction, [3, 3]."""
    forward = np.asarray(direction, np.float64) / np.linalg.norm(direction)
    if math.hypot(forward[0], forward[1]) < 1e-9:
        across = np.array([1.0, 0.0, 0.0])
        return np.stack([forward, across, np.array([0.0, 1.0, 0.0])])
    across = np.array([-forward[1], forward[0], 0.0])
    across /= np.linalg.norm(across)
    return np.stack([forward, across, np.cross(forward, across)])
