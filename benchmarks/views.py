"""What keeping the dose of every view costs: the chest uncut, cut into views, and with the views kept, in turn.

python benchmarks/views.py [--rounds 9] [--output views.json]
"""

import statistics
import time

from timing import Variant, arguments, machine, save

from ctdose.api import prepare
from ctdose.dosimetry.body_rows import build_body_rows
from ctdose.exam.library import load_exam
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
from ctdose.simulation.seed import random_key
from ctdose.simulation.transport_tables import Physics
from ctdose.simulation.view_bins import cut_views

BATCHES = 16


def variants(maps: bool, threads: int) -> dict[str, Variant]:
    """The chest on its first body with all its rows, in three ways."""
    ready = prepare(load_exam("chest"))
    phantom, rows = ready.phantoms[0], build_body_rows(ready.phantoms[0])
    (plan,) = ready.resolved.plans[next(iter(ready.resolved.plans))]
    beam = build_ct_beam(ready.resolved.scanner, plan.tube_voltage_kv, plan.bowtie, plan.collimation_mm)
    planned = [PlannedBeam(plan, beam, 1.0)]
    cut = cut_views(planned)
    ways = {"uncut": (None, None), "cut": (cut.by_acquisition(), None)}
    ways["views kept"] = (cut, cut.bins.acquisition.tolist())
    found = {}
    for name, (pieces, bins) in ways.items():
        tables = build_exam_tables(
            phantom,
            planned,
            key=random_key(1, "exam", phantom.name),
            physics=Physics(),
            responses=rows.responses,
            composites=rows.composites,
            with_voxels=maps,
            cut=pieces,
        )
        found[name] = Variant(f"{name}, maps {maps}, {threads} threads", tables, threads=threads, bins=bins)
    blocks, size = cut.bins.mas.size, tables.run.rows + tables.run.composites
    print(f"{blocks} views of {size} rows, {blocks * size * 16 / 2**20:.1f} MiB a thread")
    return found


def cpu_seconds(variant: Variant) -> float:
    """The processor's time of one round: what else the machine does counts less than in wall time."""
    begin = time.process_time()
    variant.round(BATCHES)
    return time.process_time() - begin


def main() -> None:
    """Measure, print, save."""
    given = arguments(__doc__, rounds=9)
    print("views", "maps", "threads", "time over uncut", "quartiles", sep="\t")
    found = {}
    for maps in (False, True):
        for threads in (1, 2):
            own = variants(maps, threads)
            rounds = [
                {name: cpu_seconds(each) for name, each in own.items()} for _ in range(given.rounds + 1)
            ]
            for name, variant in own.items():
                ratios = [each[name] / each["uncut"] for each in rounds[1:]]
                low, middle, high = statistics.quantiles(ratios, n=4)
                found[variant.name] = {"time_over_uncut": middle, "quartiles": [low, high]}
                print(name, maps, threads, f"{middle:.3f}", f"{low:.2f} to {high:.2f}", sep="\t", flush=True)
    save(given.output, {"variants": found, "machine": machine()})


if __name__ == "__main__":
    main()
