"""What thousands of pieces cost: the chest with a constant current and modulated, in turn; and making the pieces.

python benchmarks/modulation.py [--rounds 9] [--output modulation.json]
"""

import time

from timing import Variant, arguments, interleave, machine, save

from ctdose.api import PreparedExam, prepare
from ctdose.dosimetry.body_rows import build_body_rows
from ctdose.exam.library import load_exam
from ctdose.exam.modulation_attenuation import _KEPT
from ctdose.exam.modulation_keys import ModulationOptions
from ctdose.exam.plan import Plan, plan_exam
from ctdose.kernels.tables import Tables
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
from ctdose.simulation.seed import random_key
from ctdose.simulation.transport_tables import Physics

BATCHES = 24
KINDS = {
    "constant": ModulationOptions(),
    "longitudinal": ModulationOptions(longitudinal_strength=1.0),
    "longitudinal and angular": ModulationOptions(longitudinal_strength=1.0, angular_strength=0.5),
}


def plan_of(ready: PreparedExam, options: ModulationOptions) -> Plan:
    """The plan of the chest on its first body."""
    acquisition = ready.exam.acquisitions[0].model_copy(update={"modulation": options})
    exam = ready.exam.model_copy(update={"acquisitions": [acquisition]})
    return plan_exam(exam, ready.resolved.scanner, ready.phantoms[0])[0]


def tables_of(ready: PreparedExam, plan: Plan, maps: bool) -> Tables:
    """Tables of a plan with all rows of the body."""
    phantom, rows = ready.phantoms[0], build_body_rows(ready.phantoms[0])
    beam = build_ct_beam(ready.resolved.scanner, plan.tube_voltage_kv, plan.bowtie, plan.collimation_mm)
    return build_exam_tables(
        phantom,
        [PlannedBeam(plan, beam, 1.0)],
        key=random_key(1, "exam", phantom.name),
        physics=Physics(),
        responses=rows.responses,
        composites=rows.composites,
        with_voxels=maps,
    )


def main() -> None:
    """Measure, print, save."""
    given = arguments(__doc__, rounds=9)
    ready = prepare(load_exam("chest"))
    print("current", "maps", "pieces", "M histories/s", "of constant", "steps", sep="\t")
    found = {}
    for maps in (False, True):
        plans = {name: plan_of(ready, options) for name, options in KINDS.items()}
        variants = {
            name: Variant(f"{name}, maps {maps}", tables_of(ready, p, maps)) for name, p in plans.items()
        }
        found |= interleave(list(variants.values()), given.rounds, lambda v: BATCHES)
        rates = {name: variant.figures()["histories_per_s"] for name, variant in variants.items()}
        for name, variant in variants.items():
            steps, share = variant.figures()["steps_per_history"], rates[name] / rates["constant"]
            pieces = len(plans[name].pieces)
            print(name, maps, pieces, f"{rates[name] / 1e6:.2f}", f"{share:.3f}", f"{steps:.1f}", sep="\t")
    _KEPT.clear()
    begin = time.perf_counter()
    plan_of(ready, KINDS["longitudinal and angular"])
    found["plan_seconds"] = time.perf_counter() - begin
    print(f"attenuation and pieces of one body: {found['plan_seconds']:.2f} s")
    save(given.output, found | {"machine": machine()})


if __name__ == "__main__":
    main()
