"""What local majorants are worth: a titanium rod, the lenses in a head exam, small organs in a chest exam.

python benchmarks/zones.py [--rounds 3] [--output zones.json]
"""

import numpy as np
from cases import open_beam_tables
from timing import Variant, arguments, interleave, machine, save

from ctdose import Material, PointSource, VoxelPhantom
from ctdose.api import prepare
from ctdose.dosimetry.body_rows import build_body_rows
from ctdose.dosimetry.small_organs import small_organs
from ctdose.kernels.tables import Tables
from ctdose.kernels.tally import COUNT_FLUSHES
from ctdose.results.assemble import irradiated_mm
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
from ctdose.simulation.seed import random_key
from ctdose.simulation.transport_tables import Physics
from ctdose.simulation.zones import Raised, no_zones

BATCHES = 24


def rod(with_voxels: bool) -> Tables:
    """A rod of titanium, 1 cm thick, in a cube of water with a slab of bone."""
    index = np.zeros((120, 120, 120), np.uint8)
    index[:, 80:92, 50:70] = 1
    index[20:100, 58:62, 58:62] = 2
    materials = [Material("water"), Material("cortical-bone"), Material("Ti")]
    phantom = VoxelPhantom(index, materials, (2.5,) * 3, (-148.75,) * 3)
    beam = PointSource((0, -600, 0), (0, 0, 0), (0.25, 0.25), ([40.0, 60.0, 80.0, 100.0], [1, 2, 2, 1]))
    return open_beam_tables(phantom, beam, with_voxels=with_voxels)


def one_majorant(tables: Tables) -> Tables:
    """The same with the largest majorant everywhere."""
    majorant = np.ascontiguousarray(tables.zones.majorant.max(axis=1))
    attenuation = tables.attenuation._replace(majorant=majorant)
    return tables._replace(zones=no_zones(), attenuation=attenuation)


def exam(name: str, targets: tuple[str, ...], zones: bool) -> tuple[Tables, list[int]]:
    """A shipped exam on its first body, with maps; and the regions of some organs."""
    ready = prepare(name)
    phantom, plans = ready.phantoms[0], next(iter(ready.resolved.plans.values()))
    rows = build_body_rows(phantom)
    regions = [organ.organ_id for organ in phantom.organs if organ.name in targets]
    planned = [
        PlannedBeam(
            plan, build_ct_beam(ready.resolved.scanner, a.tube_voltage_kv, a.bowtie, a.collimation_mm), 1.0
        )
        for plan, a in zip(plans, ready.exam.acquisitions)
    ]
    tables = build_exam_tables(
        phantom,
        planned,
        key=random_key(1, "exam", phantom.name),
        physics=Physics(),
        responses=rows.responses,
        composites=rows.composites,
        raised=small_organs(phantom, irradiated_mm(plans), regions) if zones else Raised(),
    )
    return tables, regions


def main() -> None:
    """Measure, print, save."""
    given = arguments(__doc__, rounds=3)
    pairs = {}
    for maps in (False, True):
        with_zones = rod(maps)
        pairs["rod, maps" if maps else "rod"] = ((with_zones, [2]), (one_majorant(with_zones), [2]))
    for name, targets in (
        ("head", ("left_eye_lens", "right_eye_lens")),
        ("chest", ("left_adrenal", "right_adrenal")),
    ):
        pairs[f"{name}, {targets[0]}, maps"] = (exam(name, targets, True), exam(name, targets, False))
    variants = {
        (name, kind): (Variant(f"{name}: {kind}", tables, threads=2), regions)
        for name, both in pairs.items()
        for kind, (tables, regions) in zip(("zones", "one majorant"), both)
    }
    found = interleave([v for v, _ in variants.values()], given.rounds, lambda v: BATCHES)
    print("case", "majorant", "M histories/s", "steps", "time to equal error", "lists full", sep="\t")
    for name in pairs:
        merit = {kind: _merit(*variants[name, kind]) for kind in ("zones", "one majorant")}
        for kind in merit:
            variant = variants[name, kind][0]
            figures = variant.figures()
            full = variant.sums.counters[:, COUNT_FLUSHES].sum() / variant.sums.histories
            share = merit["one majorant"] / merit[kind]
            rate, steps = figures["histories_per_s"] / 1e6, figures["steps_per_history"]
            print(name, kind, f"{rate:.2f}", f"{steps:.1f}", f"{share:.2f}", f"{full:.4f}", sep="\t")
    save(given.output, found | {"machine": machine()})


def _merit(variant: Variant, regions: list[int]) -> float:
    mean, error = variant.sums.row_estimates()
    relative = (error[regions] / mean[regions]).mean()
    return variant.figures()["histories_per_s"] / variant.sums.histories / relative**2


if __name__ == "__main__":
    main()
