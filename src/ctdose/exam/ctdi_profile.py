"""CTDI_vol along z: what the mAs of each piece of a scan put where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ctdose.exam.plan import Plan
    from ctdose.exam.view_pieces import ViewPiece

SAME_MM = 1e-6
CHUNK = 256  # pieces at a time, against the memory of pieces × slices


def ctdi_vol_along_z_mgy(
    plan: Plan, ctdi_w_mgy_per_100mas: float | Sequence[float], edges_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """CTDI_vol(z), averaged over intervals of z.

    A piece during which the table moves spreads its mAs evenly over its way: CTDI_vol(z) is CTDI_w per mAs · nT ·
    mAs per mm. Rotations without table movement belong to the places nearest to theirs, each over the DLP length of
    one position (the table increment, or nT). With a constant tube current it is the CTDI_vol of the acquisition
    wherever the central plane comes.

    Parameters
    ----------
    plan : Plan
    ctdi_w_mgy_per_100mas : float or sequence of float
        At the plan's collimation, mGy; or one for each beam of the plan.
    edges_mm : float64 ndarray [n + 1]
        Ascending.

    Returns
    -------
    float64 ndarray [n]
        mGy in the CTDI phantom `plan.ctdi_phantom_cm`.
    """
    outputs = np.atleast_1d(np.asarray(ctdi_w_mgy_per_100mas, np.float64))
    moving = [p for p in plan.pieces if abs(p.z_end_mm - p.z_start_mm) > SAME_MM]
    resting = [p for p in plan.pieces if abs(p.z_end_mm - p.z_start_mm) <= SAME_MM]
    total = np.zeros(edges_mm.size)
    for part in (moving[i : i + CHUNK] for i in range(0, len(moving), CHUNK)):
        ends = np.array([(p.z_start_mm, p.z_end_mm) for p in part])
        low, high = ends.min(axis=1), ends.max(axis=1)
        done = (edges_mm[:, None] - low) / (high - low)
        total += np.clip(done, 0.0, 1.0) @ _mgy_mm(plan, part, outputs)
    along_z = np.diff(total) / np.diff(edges_mm)
    return along_z + _resting(plan, resting, outputs, edges_mm) if resting else along_z


def _mgy_mm(plan: Plan, pieces: Sequence[ViewPiece], outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each piece leaves behind, CTDI_w · nT, mGy·mm."""
    beams = [getattr(p, "beam", 0) if outputs.size > 1 else 0 for p in pieces]
    mas = np.array([p.mas for p in pieces])
    return outputs[beams] / 100.0 * mas * plan.collimation_mm


def _resting(
    plan: Plan, pieces: Sequence[ViewPiece], outputs: NDArray[np.float64], edges_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    places, place_of = np.unique(np.round([p.z_start_mm for p in pieces], 6), return_inverse=True)
    level = np.bincount(place_of, _mgy_mm(plan, pieces, outputs)) * places.size / plan.dlp_length_mm
    borders = np.concatenate([[-np.inf], (places[1:] + places[:-1]) / 2.0, [np.inf]])
    overlap = np.minimum(edges_mm[1:, None], borders[1:]) - np.maximum(edges_mm[:-1, None], borders[:-1])
    return np.clip(overlap, 0.0, None) @ level / np.diff(edges_mm)
