"""Several variants of an exam from one set of histories: the mixture that is sampled, and what its photons count.

Variants may differ in spectrum, bowtie, heel effect and mAs of each view. The mixture gives every variant the same
share; a photon of fan bin f, energy E, cone bin c and piece p counts in variant v

    w_v = J_v(f, E) / J(f, E) · H_v(c) / H(c) · Q_v(p) / Q(p)

with J, H and Q the distributions of the mixture, each the mean of those of the variants. Each factor is at most the
number of variants (so w_v at most its cube), and its mean over the mixture is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ctdose.kernels.tables import F64, Weights
from ctdose.simulation.beam_tables import BeamRow
from ctdose.simulation.sums import Sums

STEP_KEV = 0.5
"""Of the common energies: that of the bins of tube spectra."""


def no_weights() -> Weights:
    """Of a run without variants."""
    empty = np.zeros((0, 1, 1, 1), np.float32)
    return Weights(empty[..., 0, 0], empty[..., 0], empty)


@dataclass(frozen=True)
class MixedBeam:
    """The mixture of one beam in all variants.

    Parameters
    ----------
    row : BeamRow
    heel : float64 ndarray [variants, heel bins]
    ray : float64 ndarray [variants, fan bins, lines]
    """

    row: BeamRow
    heel: F64
    ray: F64


def on_common_lines(rows: Sequence[BeamRow], step_kev: float = STEP_KEV) -> list[BeamRow]:
    """Put the spectra of several beams on the same energies, so that a photon of one counts in the others too.

    Spectra of different tubes have bins with mean energies of their own; on their union each energy would belong to
    one variant alone, and variants would have no history in common. Each line is shared out to the two nodes around
    it, such that number and mean energy of the photons stay as they are; its spread grows by at most half a step.

    Parameters
    ----------
    rows : sequence of BeamRow
    step_kev : float
        Between the nodes.
    """
    every = np.concatenate([row.energy_kev for row in rows])
    nodes = np.arange(np.floor(every.min() / step_kev), np.ceil(every.max() / step_kev) + 1) * step_kev
    return [replace(row, energy_kev=nodes, energy_weight=_shared_out(row, nodes)) for row in rows]


def _shared_out(row: BeamRow, nodes: F64) -> F64:
    """Weights on the nodes, [fan bins or none, nodes]."""
    weight = np.asarray(row.energy_weight, np.float64)
    step = nodes[1] - nodes[0] if nodes.size > 1 else 1.0
    place = (row.energy_kev - nodes[0]) / step
    low = np.clip(np.floor(place).astype(np.int64), 0, max(nodes.size - 2, 0))
    upper = place - low
    split = np.zeros((row.energy_kev.size, nodes.size))
    lines = np.arange(row.energy_kev.size)
    split[lines, low] = 1.0 - upper
    split[lines, np.minimum(low + 1, nodes.size - 1)] += upper
    return weight @ split


def mix_beams(rows: Sequence[BeamRow]) -> MixedBeam:
    """Mix one beam of all variants; their geometry must be the same.

    Raises
    ------
    ValueError
        If it is not.
    """
    first = rows[0]
    for row in rows[1:]:
        for name in ("kind", "fan", "tan_cone", "isocentre", "radius", "tilt_rad", "spot"):
            if getattr(row, name) != getattr(first, name):
                raise ValueError(f"{name} (differs between variants). Their geometry must be the same.")
    energies = np.unique(np.concatenate([row.energy_kev for row in rows]))
    joint = np.array([_on_lines(row, energies) for row in rows])
    heel = np.array([row.heel_weight / row.heel_weight.sum() for row in rows])
    mean, mean_heel = joint.mean(axis=0), heel.mean(axis=0)
    row = replace(
        first,
        fan_weight=mean.sum(axis=1),
        energy_kev=energies,
        energy_weight=mean,
        heel_weight=mean_heel,
    )
    return MixedBeam(row, _ratio(heel, mean_heel), _ratio(joint, mean))


def _on_lines(row: BeamRow, energies: F64) -> F64:
    """Share of each fan bin and energy in the photons of a beam, [fan bins, energies]."""
    weight = np.broadcast_to(row.energy_weight, (row.fan_weight.size, row.energy_kev.size))
    share = row.fan_weight / row.fan_weight.sum() / weight.sum(axis=1)
    found = np.zeros((row.fan_weight.size, energies.size))
    found[:, np.searchsorted(energies, row.energy_kev)] = weight * share[:, None]
    return found


def _ratio(of_variants: F64, mean: F64) -> F64:
    return np.divide(of_variants, mean, out=np.zeros_like(of_variants), where=mean > 0.0)


def mix_views(photons: F64) -> tuple[F64, F64]:
    """Mix the photons of the pieces.

    Parameters
    ----------
    photons : float64 ndarray [variants, pieces]

    Returns
    -------
    mixture : float64 ndarray [pieces]
        Share of each piece.
    view : float64 ndarray [variants, pieces]
        What a photon of the mixture counts.
    """
    share = photons / photons.sum(axis=1, keepdims=True)
    mean = share.mean(axis=0)
    return mean, _ratio(share, mean)


def pack_weights(view: F64, beams: Sequence[MixedBeam]) -> Weights:
    """Pack the weights as the kernel has them; beams of different size are padded, as `pack_beams` pads them.

    In C order, whatever that of the views: for another one numba would compile the kernel once more.
    """
    bins, lines = (max(beam.ray.shape[axis] for beam in beams) for axis in (1, 2))
    variants = view.shape[0]
    ray = np.zeros((variants, len(beams), bins, lines), np.float32)
    for b, beam in enumerate(beams):
        ray[:, b, : beam.ray.shape[1], : beam.ray.shape[2]] = beam.ray
    heel = np.stack([beam.heel for beam in beams], axis=1)
    return Weights(np.ascontiguousarray(view, np.float32), np.ascontiguousarray(heel, np.float32), ray)


def sums_of_variants(sums: Sums, variants: int) -> list[Sums]:
    """Take the sums of a run with variants apart: one for each, of the same batches, without maps.

    Dose of a variant: its sums per history times all the photons that the variant emits.
    """
    blocks = sums.rows.shape[1] // (variants + 1)
    return [
        replace(sums, rows=sums.rows[:, (v + 1) * blocks : (v + 2) * blocks], voxels=None)
        for v in range(variants)
    ]
