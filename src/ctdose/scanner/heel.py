"""Heel effect along z: the tube's output away from its central ray, and what it makes of the CTDI free in air."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ctdose.scanner.model import Scanner

STEPS = 512


def heel(
    scanner: Scanner, tube_voltage_kv: float, cone_angle_rad: NDArray[np.float64], filter: str | None = None
) -> NDArray[np.float64]:
    """Output of the tube, air kerma, at cone angles, relative to its central ray: that at the take-off angle.

    Parameters
    ----------
    scanner : Scanner
    tube_voltage_kv : float
    cone_angle_rad : float64 ndarray
        Away from the plane of rotation, positive towards the head; any shape.
    filter : str, optional
        An additional flat filter of the scanner.

    Returns
    -------
    float64 ndarray
        Of the same shape.
    """
    layers = tuple(scanner.filtration_mm(filter).items())
    nodes, relative = _of_tube(tube_voltage_kv, scanner.geometry.anode_angle_deg, layers)
    return np.interp(take_off_angle_deg(scanner, cone_angle_rad), nodes, relative)


@lru_cache(maxsize=256)
def _of_tube(
    kv: float, anode_deg: float, filters: tuple[tuple[str, float], ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take-off angles between which the output is linear, deg, and the output there."""
    from ctdose.physics.spectra import heel_profile
    from ctdose.physics.tube_table import tube_table

    nodes = np.concatenate([[0.0], tube_table().anode_angle_deg])
    return nodes, heel_profile(kv, anode_deg, dict(filters), nodes)


def take_off_angle_deg(scanner: Scanner, cone_angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle between a ray and the anode's surface, deg: anode angle plus the angle away from the anode.

    Parameters
    ----------
    scanner : Scanner
    cone_angle_rad : float64 ndarray
        Away from the plane of rotation, positive towards the head; any shape.
    """
    away_from_anode = np.rad2deg(cone_angle_rad) * (1.0 if scanner.geometry.anode_side == "foot" else -1.0)
    return np.asarray(scanner.geometry.anode_angle_deg + away_from_anode)


def axis_mean(
    scanner: Scanner, tube_voltage_kv: float, collimation_mm: float, filter: str | None = None
) -> float:
    """Mean over the beam width of the air kerma on the axis, free in air, relative to that on the central ray.

    On the axis at z, t = z/R, the kerma is that of the central ray times heel(t) / (1 + t²): of the CTDI free in air
    what beam width over nT leaves out.

    Parameters
    ----------
    scanner : Scanner
    tube_voltage_kv : float
    collimation_mm : float
        Nominal.
    filter : str, optional
        An additional flat filter of the scanner.

    Raises
    ------
    CtdoseError
        The scanner has no such collimation or filter.
    """
    half = scanner.beam_width_mm(collimation_mm) / 2.0 / scanner.geometry.source_isocentre_distance_mm
    filters = tuple(sorted(scanner.filtration_mm(filter).items()))
    return _axis_mean(tube_voltage_kv, scanner.geometry.anode_angle_deg, filters, half)


@lru_cache(maxsize=1024)
def _axis_mean(kv: float, anode_deg: float, filters: tuple[tuple[str, float], ...], half: float) -> float:
    """Over tangents from -half to half: on which side the anode lies makes no difference."""
    from ctdose.physics.spectra import heel_profile

    tangent = half * ((np.arange(STEPS) + 0.5) * 2.0 / STEPS - 1.0)
    relative = heel_profile(kv, anode_deg, dict(filters), anode_deg + np.rad2deg(np.arctan(tangent)))
    return float(np.mean(relative / (1.0 + tangent**2)))
