"""Beams as the kernel has them: cumulative tables of fan angle, cone angle and energy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ctdose.kernels.tables import BEAM_CT, BEAM_PARALLEL, BEAM_POINT, Beams
from ctdose.simulation.open_beams import ParallelBeam, PointSource, RotatingSource, beam_axes, check_spectrum

FAN_BINS = 256
HEEL_BINS = 32
FLAT_HEEL = np.linspace(0.0, 1.0, HEEL_BINS + 1)


@dataclass(frozen=True)
class BeamRow:
    """One beam before it is packed with the others; lengths in cm in the kernel's frame.

    Parameters
    ----------
    kind : int
    fan : (float, float)
        First fan angle and bin width, rad; parallel beams: half widths, cm.
    fan_weight : float64 ndarray [fan bins]
        Photons emitted into each fan bin, relative.
    tan_cone : (float, float)
    energy_kev : float64 ndarray [lines]
    energy_weight : float64 ndarray [fan bins, lines]
    """

    kind: int
    fan: tuple[float, float]
    fan_weight: np.ndarray
    tan_cone: tuple[float, float]
    energy_kev: np.ndarray
    energy_weight: np.ndarray
    isocentre: tuple[float, float] = (0.0, 0.0)
    radius: float = 0.0
    frame: np.ndarray = field(default_factory=lambda: np.zeros((4, 3)))
    heel_cumulative: np.ndarray = field(default_factory=lambda: FLAT_HEEL)


def fan_angles(half_angle: float, bins: int = FAN_BINS) -> np.ndarray:
    """Edges of equal fan bins from -half_angle to +half_angle, rad, [bins + 1]."""
    return np.linspace(-half_angle, half_angle, bins + 1)


def opening(edges: np.ndarray, tan_cone: tuple[float, float]) -> np.ndarray:
    """Solid angle of each fan bin inside flat collimator blades, sr, [bins].

    d(solid angle) = dg d(sin b), the blades at tan(cone) = t cut at tan b = t cos g; integrated over the bin by
    Gauss-Legendre of order 4.
    """
    nodes, weights = np.polynomial.legendre.leggauss(4)
    half = np.diff(edges)[:, None] / 2.0
    angle = (edges[:-1, None] + edges[1:, None]) / 2.0 + half * nodes
    low, high = (t * np.cos(angle) for t in tan_cone)
    height = high / np.sqrt(1.0 + high**2) - low / np.sqrt(1.0 + low**2)
    return (height * weights * half).sum(axis=1)


def open_beam_row(beam: ParallelBeam | PointSource | RotatingSource, to_frame) -> BeamRow:
    """Describe a beam without a scanner.

    Parameters
    ----------
    beam : ParallelBeam, PointSource or RotatingSource
    to_frame : callable
        From a point in mm to cm in the kernel's frame.
    """
    energies, weights = check_spectrum(beam.spectrum)
    if isinstance(beam, ParallelBeam):
        half = (beam.field_mm[0] / 20.0, beam.field_mm[1] / 20.0)
        frame = np.vstack([to_frame(beam.centre_mm), beam_axes(beam.direction)])
        return BeamRow(BEAM_PARALLEL, half, np.ones(1), (0.0, 0.0), energies, weights[None, :], frame=frame)
    tan_fan, tan_cone = beam.tangents
    edges = np.linspace(np.arctan(tan_fan[0]), np.arctan(tan_fan[1]), FAN_BINS + 1)
    energy_weight = np.broadcast_to(weights, (FAN_BINS, weights.size))
    fan = (float(edges[0]), float(edges[1] - edges[0]))
    pyramid = (fan, opening(edges, tan_cone), tan_cone, energies, energy_weight)
    if isinstance(beam, RotatingSource):
        x, y, _ = to_frame(beam.isocentre_mm)
        return BeamRow(BEAM_CT, *pyramid, isocentre=(x, y), radius=beam.radius_mm / 10.0)
    position, aim = np.asarray(beam.position_mm, float), np.asarray(beam.aim_mm, float)
    frame = np.vstack([to_frame(beam.position_mm), beam_axes(aim - position)])
    return BeamRow(BEAM_POINT, *pyramid, frame=frame)


def _cumulative(weight: np.ndarray) -> np.ndarray:
    """Cumulative sums along the last axis over the total, last exactly 1."""
    total = weight.sum(axis=-1, keepdims=True)
    running = np.cumsum(weight, axis=-1) / np.where(total > 0, total, 1.0)
    running[..., -1] = 1.0
    return running


def _pad_columns(array: np.ndarray, columns: int, value: float) -> np.ndarray:
    extra = columns - array.shape[-1]
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, extra)], constant_values=value)


def pack_beams(rows: list[BeamRow]) -> Beams:
    """Pack beams of different length into the kernel's arrays; padding is never drawn."""
    bins = max(row.fan_weight.size for row in rows)
    lines = max(row.energy_kev.size for row in rows)
    fan_cumulative, energy_cumulative, energy_kev = [], [], []
    for row in rows:
        fan = np.concatenate([[0.0], _cumulative(row.fan_weight)])
        fan_cumulative.append(_pad_columns(fan[None, :], bins + 1, 1.0)[0])
        energy = _pad_columns(_cumulative(row.energy_weight), lines, 1.0)
        energy_cumulative.append(np.pad(energy, [(0, bins - energy.shape[0]), (0, 0)], constant_values=1.0))
        energy_kev.append(_pad_columns(row.energy_kev[None, :], lines, row.energy_kev[-1])[0])

    def f32(values: object) -> np.ndarray:
        return np.ascontiguousarray(np.asarray(values, np.float64).astype(np.float32))

    return Beams(
        kind=np.array([row.kind for row in rows], np.int32),
        isocentre=f32([row.isocentre for row in rows]),
        radius=f32([row.radius for row in rows]),
        frame=f32([row.frame for row in rows]),
        fan=f32([row.fan for row in rows]),
        fan_cumulative=f32(fan_cumulative),
        tan_cone=f32([row.tan_cone for row in rows]),
        heel_cumulative=f32([row.heel_cumulative for row in rows]),
        energy_kev=f32(energy_kev),
        energy_cumulative=f32(energy_cumulative),
    )


__all__ = [
    "BEAM_CT",
    "FAN_BINS",
    "HEEL_BINS",
    "BeamRow",
    "fan_angles",
    "open_beam_row",
    "opening",
    "pack_beams",
]
