"""Beams as the kernel has them: cumulative tables of fan angle, cone angle and energy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ctdose.kernels.tables import BEAM_CT, BEAM_PARALLEL, BEAM_POINT, Beams
from ctdose.simulation.alias import build_alias
from ctdose.simulation.open_beams import ParallelBeam, PointSource, RotatingSource, beam_axes, check_spectrum

FAN_BINS = 256
HEEL_BINS = 32
FLAT_HEEL = np.ones(HEEL_BINS)


class Spot(NamedTuple):
    """The focus, cm: a rectangle with a Gaussian patch around it. The kernel takes its fields in this order."""

    width: float = 0.0  # across the fan
    length: float = 0.0  # along the axis of rotation
    off_focal: float = 0.0  # share of the photons that start in the patch
    sigma: float = 0.0  # of the patch
    collimator: float = 0.0  # distance of its plane from the focus; 0: a point, whatever the other fields


POINT = Spot()


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
    isocentre, radius, frame, heel_weight
        As in `Beams`.
    tilt_rad : float
        Of the plane of rotation about x through the isocentre; positive: the source in front goes to lower z.
    spot : Spot
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
    heel_weight: np.ndarray = field(default_factory=lambda: FLAT_HEEL)
    tilt_rad: float = 0.0
    spot: Spot = POINT


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


def _pad(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Pad with zeros at the end of each axis: a weight of 0 is never drawn."""
    return np.pad(array, [(0, wanted - given) for wanted, given in zip(shape, array.shape)])


def pack_beams(rows: list[BeamRow]) -> Beams:
    """Pack beams of different length into the kernel's arrays; padding is never drawn."""
    bins = max(row.fan_weight.size for row in rows)
    lines = max(row.energy_kev.size for row in rows)

    def f32(values: object) -> np.ndarray:
        return np.ascontiguousarray(np.asarray(values, np.float64).astype(np.float32))

    return Beams(
        kind=np.array([row.kind for row in rows], np.int32),
        isocentre=f32([row.isocentre for row in rows]),
        radius=f32([row.radius for row in rows]),
        frame=f32([row.frame for row in rows]),
        fan=f32([row.fan for row in rows]),
        fan_alias=np.stack([build_alias(_pad(row.fan_weight, (bins,))) for row in rows]),
        tan_cone=f32([row.tan_cone for row in rows]),
        heel_alias=np.stack([build_alias(row.heel_weight) for row in rows]),
        energy_kev=f32([_pad(row.energy_kev, (lines,)) for row in rows]),
        energy_alias=np.stack([_energy_alias(row, bins, lines) for row in rows]),
        tilt=f32([(np.sin(row.tilt_rad), np.cos(row.tilt_rad)) for row in rows]),
        spot=f32([row.spot for row in rows]),
        extended=int(any(row.spot.collimator > 0 for row in rows)),
    )


def _energy_alias(row: BeamRow, bins: int, lines: int) -> np.ndarray:
    table = np.zeros((bins, lines, 2), np.uint32)
    weight = row.energy_weight
    same = np.ndim(weight) == 2 and weight.strides[0] == 0  # one spectrum for all fan bins
    alias = build_alias(_pad(weight[:1] if same else weight, (1 if same else weight.shape[0], lines)))
    table[: weight.shape[0]] = alias
    return table


__all__ = [
    "BEAM_CT",
    "FAN_BINS",
    "HEEL_BINS",
    "POINT",
    "BeamRow",
    "Spot",
    "fan_angles",
    "open_beam_row",
    "opening",
    "pack_beams",
]
