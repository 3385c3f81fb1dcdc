"""What a photon of a fan angle and an energy gives to the chambers of a CTDI phantom: simulated once, then added up.

A fit asks for the CTDI of hundreds of sources that differ in spectrum and bowtie. What becomes of a photon depends on
neither, so the phantom is simulated for single cells of fan angle and energy, and the CTDI of any source is the sum

    CTDI = sum over fan bins b and energies E of  N(b, E) · R(b, E),                                            (1)

N the photons that the source emits into the bin. (1) is exact but for two things: within a fan bin (0.5 deg, less in
the middle) photons are spread evenly, and R is known at `NODES_KEV`, between them by a cubic spline in the logarithm of
the energy. Both are below 0.3 % of a CTDI (tests/test_chamber_response.py, against the simulation of whole sources).
The distribution over the cone is that of one tube voltage: a heel effect takes from one half of the chamber what it
gives to the other. The spline is linear in R, so the statistical error of (1) follows from those of the cells.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ctdose._cache import cache_dir
from ctdose.calibration.response_simulation import NODES_KEV, cell_shares, cell_tables, simulate_cells
from ctdose.dosimetry.units import MGY_PER_KEV_PER_G
from ctdose.kernels.tables import F64, Tables
from ctdose.phantoms.couch_shape import CouchShape
from ctdose.phantoms.ctdi import CHAMBER_LENGTH_MM
from ctdose.simulation.beam_tables import BeamRow, opening
from ctdose.simulation.compiled import kernel_sha256
from ctdose.simulation.runner import Progress

CENTRE, PERIPHERY = 0, 1
BATCHES = 512
FORMAT = "1"


@dataclass(frozen=True)
class ChamberResponse:
    """CTDI_100 of a CTDI phantom per photon of a cell.

    Attributes
    ----------
    fan_edges_rad : float64 ndarray [bins + 1]
        Rising from 0; a bin holds for both sides of the central ray.
    solid_angle_sr : float64 ndarray [bins]
        Of both sides of a bin, inside the collimator.
    mgy_per_photon, standard_error : float64 ndarray [2, bins, nodes]
        Centre and mean periphery; energies `NODES_KEV`.
    """

    fan_edges_rad: F64
    solid_angle_sr: F64
    mgy_per_photon: F64
    standard_error: F64

    def ctdi_mgy(self, photons: F64, energies_kev: F64) -> tuple[F64, F64]:
        """CTDI_100 in the centre and in the periphery, and their standard errors.

        Parameters
        ----------
        photons : float64 ndarray [bins, energies]
            Photons per steradian that the source emits in each fan bin.
        energies_kev : float64 ndarray [energies]

        Returns
        -------
        ctdi, standard_error : float64 ndarray [2]
            mGy.
        """
        weights = self.cell_weights(photons, energies_kev)
        value = (self.mgy_per_photon * weights).sum(axis=(1, 2))
        error = np.sqrt(((self.standard_error * weights) ** 2).sum(axis=(1, 2)))
        return value, error

    def cell_weights(self, photons: F64, energies_kev: F64) -> F64:
        """Photons that each cell stands for, [bins, nodes]."""
        return (photons @ spline_weights(energies_kev)) * self.solid_angle_sr[:, None]


def spline_weights(energies_kev: F64) -> F64:
    """What each node counts at each energy, [energies, nodes]: a natural cubic spline in ln E, 0 below the nodes."""
    energies = np.asarray(energies_kev, np.float64)
    return _spline_weights(energies.tobytes())


@cache
def _spline_weights(energies: bytes) -> F64:
    from scipy.interpolate import CubicSpline

    energies_kev = np.frombuffer(energies)
    spline = CubicSpline(np.log(NODES_KEV), np.eye(NODES_KEV.size), bc_type="natural")
    weights = spline(np.log(np.maximum(energies_kev, NODES_KEV[0])))
    weights[energies_kev < NODES_KEV[0]] = 0.0
    return np.asarray(weights, np.float64)


def fan_edges_rad(half_angle_rad: float) -> F64:
    """Edges of the fan bins on one side: 0, 0.25 and 0.5 deg, then steps of about 0.5 deg."""
    first = np.deg2rad([0.0, 0.25])
    steps = max(2, round(2.0 * math.degrees(half_angle_rad)) - 1)
    return np.concatenate([first, np.linspace(np.deg2rad(0.5), half_angle_rad, steps + 1)])


def chamber_response(
    row: BeamRow,
    phantom_cm: int,
    collimation_mm: float,
    *,
    couch: CouchShape | None = None,
    batches: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> ChamberResponse:
    """Simulate the response of a CTDI phantom, or take it from the cache.

    Parameters
    ----------
    row : BeamRow
        Of a beam of the scanner: its geometry, focal spot and heel effect count, not its spectrum and bowtie.
    phantom_cm : int
        16 or 32.
    collimation_mm : float
        Nominal nT, by which CTDI_100 is divided.
    couch : CouchShape, optional
        The table that the phantom lies on; default: it hangs in air.
    batches : int, optional
        Of 65,536 histories; default `BATCHES`: errors of 0.4 % in the centre of 32 cm, 0.1 to 0.2 % elsewhere.
    threads : int
    progress : callable, optional
    """
    batches = batches or BATCHES
    half = -row.fan[0]
    edges = fan_edges_rad(half)
    cells = [(b, e) for b in range(edges.size - 1) for e in range(NODES_KEV.size)]
    share = cell_shares(edges, 1.1 * math.asin(phantom_cm / 2.0 / row.radius))
    tables, composites = cell_tables(row, phantom_cm, edges, share, cells, couch)
    path = _file(tables, collimation_mm, batches)
    found = _load(path, len(cells))
    if found is None:
        found = simulate_cells(tables, composites, batches, threads, progress, len(cells))
        _keep(path, found)
    per_mgy = MGY_PER_KEV_PER_G * CHAMBER_LENGTH_MM / min(collimation_mm, CHAMBER_LENGTH_MM)
    shape = (2, edges.size - 1, NODES_KEV.size)
    value, error = (
        np.moveaxis(each / share.ravel()[:, None], 0, 1).reshape(shape) * per_mgy for each in found
    )
    solid = 2.0 * opening(edges, row.tan_cone)
    return ChamberResponse(edges, solid, value, error)


def _file(tables: Tables, collimation_mm: float, batches: int) -> Path | None:
    """Named by a hash of the kernel and of all that it reads."""
    folder = cache_dir("calibration")
    digest = hashlib.sha256(f"{FORMAT} {kernel_sha256()} {collimation_mm!r} {batches}".encode())
    for group in tables:
        for value in group:
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return None if folder is None else folder / f"response-{digest.hexdigest()[:32]}.npz"


def _load(path: Path | None, cells: int) -> tuple[F64, F64] | None:
    if path is None or not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as data:
            found = data["value"], data["error"]
    except (OSError, ValueError, KeyError, EOFError):
        return None  # damaged: it is made again
    return found if all(each.shape == (cells, 2) for each in found) else None


def _keep(path: Path | None, found: tuple[F64, F64]) -> None:
    if path is None:
        return
    part = path.with_suffix(".part.npz")
    try:
        np.savez_compressed(part, value=found[0], error=found[1])
        part.replace(path)
    except OSError:
        return  # a cache that cannot be written is no cache
