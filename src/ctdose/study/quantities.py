"""Which doses a study compares: effective dose, and the organs of the organ table, as means over the bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.dosimetry.effective_dose import effective_dose
from ctdose.dosimetry.organ_dose import NO_ID, BodyDose, OrganDose
from ctdose.exam.phantom_checks import body_name
from ctdose.kernels.tables import BATCH_HISTORIES, F64
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.organ_table import reported_names
from ctdose.results.result import Batches
from ctdose.simulation.sums import KEV_PER_QUANTUM
from ctdose.study.result import EFFECTIVE, ONE_SEX

TISSUES = ("red_bone_marrow", "bone_surface")
"""Organs of the table whose rows are those of tissues."""


@dataclass(frozen=True)
class Quantities:
    """Doses of all members, and where they come from.

    Parameters
    ----------
    names : tuple of str
    dose, standard_error : float64 ndarray [members, quantities]
    rows : dict of str to dict of str to str
        By body, then by quantity: the name of its row in the batches. An organ that a body lacks has none.
    """

    names: tuple[str, ...]
    dose: F64
    standard_error: F64
    rows: Mapping[str, Mapping[str, str]]

    def batch_doses(self, phantom: VoxelPhantom, batches: Batches) -> F64:
        """Dose by each batch of one body, times its share in the mean over the bodies, [batches, quantities]."""
        means = batches.rows[..., 0].sum(axis=1) * (KEV_PER_QUANTUM / BATCH_HISTORIES) * batches.row_scale
        found = np.zeros((means.shape[0], len(self.names)))
        own = self.rows[body_name(phantom)]
        for q, name in enumerate(self.names):
            if name in own:
                having = sum(name in rows for rows in self.rows.values())
                found[:, q] = means[:, batches.row_names.index(own[name])] / having
        return found


@dataclass(frozen=True)
class _Body:
    """What `reported_names` asks of a body."""

    groups: Mapping[str, tuple[str, ...]]


def quantities_of(phantoms: Sequence[VoxelPhantom], doses: Sequence[Sequence[BodyDose]]) -> Quantities:
    """Choose the doses that are compared; `doses` by body, then by member."""
    organs: dict[str, OrganDose] = {}
    for of_body in doses:
        for name, organ in of_body[0].organs.items():
            organs.setdefault(name, organ)
    bodies = [_Body(p.anatomy.groups if p.anatomy is not None else {}) for p in phantoms]
    names = reported_names(bodies, organs)
    rows = {
        body_name(p): {n: _row(n, of_body[0].organs[n]) for n in names if n in of_body[0].organs}
        for p, of_body in zip(phantoms, doses, strict=True)
    }
    values = [_mean(names, member) for member in zip(*doses, strict=True)]
    whole = [effective_dose(phantoms, list(member)) for member in zip(*doses, strict=True)]
    if whole and whole[0] is not None:
        both = whole[0].icrp103_msv is not None
        first = EFFECTIVE if both else ONE_SEX
        names = [first, *names]
        rows = {body: {first: "weighted:icrp103", **own} for body, own in rows.items()}
        for i, each in enumerate(whole):
            assert each is not None
            pair = (
                (each.icrp103_msv, each.icrp103_standard_error_msv)
                if both
                else (each.weighted_dose_of_one_sex_msv, each.weighted_dose_of_one_sex_standard_error_msv)
            )
            values[i] = np.column_stack([np.array(pair, np.float64), values[i]])
    stacked = np.stack(values)
    order = sorted(range(len(names)), key=lambda q: (names[q] not in (EFFECTIVE, ONE_SEX), -stacked[0, 0, q]))
    kept = [q for q in order if stacked[0, 0, q] > 0.0]
    return Quantities(tuple(names[q] for q in kept), stacked[:, 0, kept], stacked[:, 1, kept], rows)


def _row(name: str, organ: OrganDose) -> str:
    if name in TISSUES and organ.organ_id == NO_ID:
        return f"tissue:{name}"
    return f"group:{name}" if organ.organ_id == NO_ID else f"region:{organ.organ_id}"


def _mean(names: Sequence[str], bodies: Sequence[BodyDose]) -> F64:
    """Dose and standard error of each organ, mean over the bodies that have it, [2, organs]."""
    found = np.zeros((2, len(names)))
    for i, name in enumerate(names):
        having = [body.organs[name] for body in bodies if name in body.organs]
        found[0, i] = sum(organ.absorbed_dose_mgy for organ in having) / len(having)
        found[1, i] = np.hypot.reduce([organ.standard_error_mgy for organ in having]) / len(having)
    return found
