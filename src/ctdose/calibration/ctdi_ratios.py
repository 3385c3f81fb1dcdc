"""CTDI of several beams relative to the first of them, from one set of histories that all share.

Beams of one geometry that differ in spectrum, bowtie and heel effect share histories as the variants of a study do
(ctdose.simulation.variants). What they have in common drops out of the ratios, so a ratio is known with a tenth of the
histories that simulating each beam alone takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ctdose.calibration.ctdi import rotation_tables, run_until
from ctdose.calibration.ctdi_case import identity_of
from ctdose.calibration.kept_results import keep_result, kept_result
from ctdose.kernels.tables import F64
from ctdose.phantoms.ctdi import build_ctdi_phantom
from ctdose.simulation.beam_tables import BeamRow
from ctdose.simulation.runner import Progress
from ctdose.simulation.scoring import Composite
from ctdose.simulation.sums import Sums
from ctdose.simulation.variants import mix_beams, mix_views, on_common_lines, pack_weights, sums_of_variants

RATIO_STANDARD_ERROR = 1.5e-3
"""Of each ratio: what the ratio of two CTDI_w has that are simulated apart, each to 0.1 %."""


@dataclass(frozen=True)
class CTDIRatios:
    """CTDI_100 of beams for one emitted photon, over CTDI_w of the first of them.

    Attributes
    ----------
    center, periphery, weighted : list of float [beams]
        CTDI_100 in the centre, its mean over the four peripheral holes, CTDI_w.
    covariance : list of list of float [beams, beams]
        Of the relative errors of `weighted`; 0 for the first.
    histories : int
    """

    center: list[float]
    periphery: list[float]
    weighted: list[float]
    covariance: list[list[float]]
    histories: int


def geometry_of(row: BeamRow) -> tuple[object, ...]:
    """What has to be equal in beams that share histories."""
    return (row.kind, row.fan, row.tan_cone, row.radius, row.tilt_rad, row.spot)


def ctdi_ratios(
    rows: Sequence[BeamRow],
    phantom_cm: int,
    *,
    relative_standard_error: float = RATIO_STANDARD_ERROR,
    threads: int = 1,
    progress: Progress | None = None,
) -> tuple[str, CTDIRatios]:
    """Simulate the ratios, or take them from the cache; with the hash of everything that they depend on.

    Parameters
    ----------
    rows : sequence of BeamRow
        Of equal `geometry_of`.
    phantom_cm : int
        16 or 32.
    relative_standard_error : float
        Of each ratio, where to stop.
    threads : int
        The result does not depend on it.
    progress : callable, optional

    Raises
    ------
    ValueError
        The beams differ in geometry.
    KeyboardInterrupt
        Ctrl-C: a part of a calibration is none.
    """
    phantom = build_ctdi_phantom(phantom_cm)
    mixed = mix_beams(on_common_lines(rows))
    _, view = mix_views(np.ones((len(rows), 1)))
    weights = pack_weights(view, [mixed])
    tables, composites = rotation_tables(mixed.row, phantom, f"ratios in {phantom.name}", weights)
    identity = identity_of(tables, 0.0, relative_standard_error)
    found = _cached(identity, len(rows))
    if found is None:

        def reached(sums: Sums) -> float:
            return float(np.sqrt(np.diag(_covariance(_readings(sums, len(rows), composites)))).max())

        sums = run_until(tables, reached, relative_standard_error, threads, progress)
        found = _ratios(_readings(sums, len(rows), composites), sums.histories)
        keep_result(identity, asdict(found))
    return identity, found


def _readings(sums: Sums, beams: int, composites: Sequence[Composite]) -> F64:
    """Centre, periphery and CTDI_w by each batch, in units of their own, [beams, batches, 3]."""
    scales = np.array([c.scale for c in composites])
    own = [each.batch_means()[:, -len(composites) :] for each in sums_of_variants(sums, beams)]
    return np.stack(own) * scales


def _covariance(readings: F64) -> F64:
    """Of the relative errors of CTDI_w over that of the first beam, [beams, beams]: first order, from the batches."""
    relative = readings[..., 2] / readings[..., 2].mean(axis=1, keepdims=True)
    residual = relative - relative[0]  # its mean is 0
    n = residual.shape[1]
    return residual @ residual.T / (n * (n - 1))


def _ratios(readings: F64, histories: int) -> CTDIRatios:
    means = readings.mean(axis=1)
    center, periphery, weighted = (means / means[0, 2]).T.tolist()
    return CTDIRatios(center, periphery, weighted, _covariance(readings).tolist(), histories)


def _cached(identity: str, beams: int) -> CTDIRatios | None:
    found = kept_result(identity, CTDIRatios)
    return found if found is not None and len(found.weighted) == beams else None
