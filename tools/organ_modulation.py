"""Dose of organs under organ-based modulation over that without: the table of docs/modulation.md.

python tools/organ_modulation.py [--batches 200]

One run of a constant current keeps the energy from every 10 degrees of the tube apart; each setting re-weights it.
"""

import argparse
from dataclasses import replace

import numpy as np

from ctdose.api import prepare
from ctdose.exam.library import load_exam
from ctdose.exam.modulation_attenuation import ANGLES_DEG
from ctdose.exam.modulation_keys import OrganModulation
from ctdose.exam.modulation_pieces import cut_pieces
from ctdose.exam.modulation_shape import organ_factor
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.seed import random_key
from ctdose.simulation.sums import KEV2_PER_QUANTUM, KEV_PER_QUANTUM
from ctdose.simulation.transport_tables import Physics

SETTINGS = {
    "120 deg, 0.25, compensated": OrganModulation(),
    "120 deg, 0.25": OrganModulation(compensation=False),
    "180 deg, 0.6, compensated": OrganModulation(sector_deg=180, relative_current=0.6),
    "180 deg, 0.6": OrganModulation(sector_deg=180, relative_current=0.6, compensation=False),
    "90 deg, 0.7": OrganModulation(sector_deg=90, relative_current=0.7, compensation=False),
}
ORGANS = {
    "chest": (
        "breast_glandular",
        "breast",
        "sternum",
        "thyroid",
        "heart_wall",
        "lung",
        "thoracic_spine",
        "scapulae",
    ),
    "head": ("eye_lens", "brain", "cranium", "cervical_spine"),
}


def by_angle(name: str, batches: int) -> tuple[list, np.ndarray, np.ndarray]:
    """Organs of the female of a shipped exam; energy and its variance, [36, regions], at equal mAs of each angle."""
    ready = prepare(load_exam(name))
    body = next(phantom for phantom in ready.phantoms if "female" in phantom.name)
    plan = ready.resolved.plans[body.name][0]
    pieces = cut_pieces(plan.pieces, (plan.z_start_mm, plan.z_end_mm), along_z=False, around=True)
    beam = build_ct_beam(ready.resolved.scanner, plan.tube_voltage_kv, plan.bowtie, plan.collimation_mm)
    tables = build_exam_tables(
        body,
        [PlannedBeam(replace(plan, pieces=tuple(pieces)), beam, 1.0)],
        key=random_key(1, "exam", body.name),
        physics=Physics(),
        with_voxels=False,
    )
    views = tables.views._replace(acquisition=(np.arange(len(pieces)) % 36).astype(np.int32))
    sums = BatchRunner(tables._replace(views=views), 36).run(range(batches), 2)
    added = sums.rows.sum(axis=0).astype(float)
    mean = added[..., 0] * KEV_PER_QUANTUM / sums.histories
    return (
        list(body.organs),
        mean,
        (added[..., 1] * KEV2_PER_QUANTUM / sums.histories - mean**2) / sums.histories,
    )


def main() -> None:
    """Print the table as tab-separated text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=200)
    batches = parser.parse_args().batches
    for name, words in ORGANS.items():
        organs, energy, variance = by_angle(name, batches)
        print(name, *words, sep="\t")
        for label, setting in SETTINGS.items():
            factor = organ_factor(setting, ANGLES_DEG, np.full(36, 10.0))
            cells = []
            for word in words:
                regions = [organ.organ_id for organ in organs if word in organ.name]
                part, spread = energy[:, regions].sum(axis=1), variance[:, regions].sum(axis=1)
                ratio = factor @ part / part.sum()
                error = np.sqrt((factor - ratio) ** 2 @ spread) / part.sum()
                cells.append(f"{100 * (ratio - 1):+.1f} ± {100 * error:.1f} %")
            print(label, *cells, sep="\t")


if __name__ == "__main__":
    main()
