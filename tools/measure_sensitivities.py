"""How far organ doses move with what an exam takes for granted: filtration, bowtie, centring of the patient.

Writes src/ctdose/dosimetry/data/sensitivities.yaml. Filtration and thickness of the bowtie are changed by 10 % with
CTDI_vol kept: the CTDI of each variant is simulated, and the organs from the same histories (simulation/variants.py).
The patient is moved by 1 cm towards the table and away from it, in runs of their own.

python tools/measure_sensitivities.py [--histories 10_000_000]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ctdose.api import PreparedExam, prepare, simulate
from ctdose.calibration.chosen_beam import build_chosen_beam, calibrate_chosen_beam
from ctdose.dosimetry.body_rows import build_body_rows
from ctdose.dosimetry.organ_dose import BodyDose, OrganDose, Scale, body_dose
from ctdose.dosimetry.sensitivity import place_of
from ctdose.exam.library import load_exam
from ctdose.exam.phantom_checks import body_name
from ctdose.results.assemble import irradiated_mm
from ctdose.scanner.bowtie import Bowtie
from ctdose.scanner.model import Scanner
from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
from ctdose.simulation.runner import BatchRunner, batches_for
from ctdose.simulation.seed import random_key
from ctdose.simulation.strips import Strip
from ctdose.simulation.transport_tables import Physics
from ctdose.simulation.variants import mix_beams, mix_views, pack_weights, sums_of_variants

EXAMS = ("head", "chest", "abdomen-pelvis")
STEP = 0.1
OFF_CENTRE_MM = 10.0
LARGEST_ERROR = 0.01
WHOLE_BODY = ("red_bone_marrow", "bone_surface", "skin", "muscle", "lymph_nodes")
TARGET = Path(__file__).parents[1] / "src/ctdose/dosimetry/data/sensitivities.yaml"
KINDS = ("filtration", "bowtie", "centring")


def with_filtration(scanner: Scanner, factor: float) -> Scanner:
    """The scanner with its inherent filtration times a factor."""
    layers = {material: mm * factor for material, mm in scanner.inherent_filtration_mm.items()}
    return scanner.model_copy(update={"inherent_filtration_mm": layers})


def with_bowtie(scanner: Scanner, factor: float) -> Scanner:
    """The scanner with the thickness of all its bowties times a factor."""

    def scaled(bowtie: Bowtie) -> Bowtie:
        if bowtie.table_deg_mm is not None:
            return bowtie.model_copy(
                update={"table_deg_mm": [[a, mm * factor] for a, mm in bowtie.table_deg_mm]}
            )
        sizes = {name: getattr(bowtie, name) * factor for name in ("centre_mm", "rise_mm")}
        return bowtie.model_copy(update=sizes)

    return scanner.model_copy(update={"bowties": {n: scaled(b) for n, b in scanner.bowties.items()}})


def beam_sensitivities(ready: PreparedExam, histories: int) -> list[tuple[BodyDose, BodyDose, BodyDose]]:
    """By body: doses; their relative change with 10 % more filtration; with a bowtie 10 % thicker (as doses)."""
    scanner = ready.resolved.scanner
    changed: list[Callable[[Scanner, float], Scanner]] = [with_filtration, with_bowtie]
    scanners = [scanner, *(change(scanner, 1 + s) for change in changed for s in (STEP, -STEP))]
    found = []
    for phantom in ready.phantoms:
        (plan,) = ready.resolved.plans[body_name(phantom)]
        (choice,) = plan.beams
        beams = [build_chosen_beam(each, choice, off_focal=False) for each in scanners]
        outputs = [
            calibrate_chosen_beam(each, choice, plan.ctdi_phantom_cm, off_focal=False, threads=2)
            for each in scanners
        ]
        rows, mixed = build_body_rows(phantom), mix_beams([beam.row for beam in beams])
        tables = build_exam_tables(
            phantom,
            [PlannedBeam(plan, replace(beams[0], row=mixed.row, strips=(Strip(mixed.row, 1.0),)), 1.0)],
            key=random_key(1, "exam", phantom.name),
            physics=Physics(),
            responses=rows.responses,
            composites=rows.composites,
            with_voxels=False,
        )
        share = np.diff(tables.views.cumulative)
        weights = pack_weights(mix_views(np.tile(share, (len(scanners), 1)))[1], [mixed])
        sums = BatchRunner(tables._replace(weights=weights)).run(range(batches_for(histories)), 2)
        doses = [
            body_dose(
                phantom, rows, own, Scale(out.photons_per_mas * plan.total_mas, 0.0), irradiated_mm([plan])
            )
            for own, out in zip(sums_of_variants(sums, len(scanners)), outputs, strict=True)
        ]
        base, *moved = doses
        found.append((base, half_difference(base, *moved[:2]), half_difference(base, *moved[2:])))
    return found


def half_difference(base: BodyDose, up: BodyDose, down: BodyDose) -> BodyDose:
    """Relative change of every dose for one step, from both directions; stands where the dose stands."""

    def change(of: Callable[[BodyDose], dict[str, OrganDose]]) -> dict[str, OrganDose]:
        return {
            name: replace(
                organ,
                absorbed_dose_mgy=(of(up)[name].absorbed_dose_mgy - of(down)[name].absorbed_dose_mgy)
                / (2.0 * organ.absorbed_dose_mgy),
            )
            for name, organ in of(base).items()
            if organ.absorbed_dose_mgy > 0.0
        }

    weighted = {
        name: ((up.weighted_msv[name][0] - down.weighted_msv[name][0]) / (2.0 * value), 0.0)
        for name, (value, _) in base.weighted_msv.items()
    }
    return BodyDose(base.name, change(lambda b: b.organs), {}, weighted)


def centring_sensitivities(exam: str, histories: int) -> list[BodyDose]:
    """By body: relative change of the doses with the patient 1 cm nearer to the table than the axis."""

    def run(y_mm: float) -> list[BodyDose]:
        moved = load_exam(exam).model_copy(update={"off_centre_mm": (0.0, y_mm)})
        return [b.dose for b in simulate(moved, histories=2 * histories, dose_map=False).bodies.values()]

    base, up, down = run(0.0), run(-OFF_CENTRE_MM), run(OFF_CENTRE_MM)
    return [half_difference(*each) for each in zip(base, up, down, strict=True)]


def collect(histories: int) -> dict[str, dict[str, list[float]]]:
    """Relative changes by kind and by organ or class, all exams and bodies: of those known well."""
    found: dict[str, dict[str, list[float]]] = {kind: {} for kind in KINDS}
    for exam in EXAMS:
        measured = beam_sensitivities(prepare(load_exam(exam)), histories)
        centring = centring_sensitivities(exam, histories)
        for (base, filtration, bowtie), moved in zip(measured, centring, strict=True):
            for kind, changes in zip(KINDS, (filtration, bowtie, moved), strict=True):
                add(found[kind], base, changes, f"{exam} {base.name} {kind}")
    return found


def add(found: dict[str, list[float]], base: BodyDose, changes: BodyDose, about: str) -> None:
    """Put the changes of one body under the organs' names and classes."""
    found.setdefault("effective_dose", []).append(changes.weighted_msv["icrp103"][0])
    groups = {part for name in base.organs for part in (f"left_{name}", f"right_{name}")}
    for name, organ in base.organs.items():
        weighted = organ.icrp103_tissue or name == "eye_lenses"
        if name not in changes.organs or not weighted or name in groups:
            continue
        if organ.relative_standard_error > LARGEST_ERROR:
            continue
        change, where = changes.organs[name].absorbed_dose_mgy, place_of(organ.mass_in_range_fraction)
        print(about, name, f"{organ.mass_in_range_fraction:.2f} {change:.4f}", file=sys.stderr)
        found.setdefault(where, []).append(change)
        if where == "in_range" or name in WHOLE_BODY:
            found.setdefault(name, []).append(change)


HEADER = """\
# Relative change of organ doses with what an exam takes for granted. Written by tools/measure_sensitivities.py.
# Exams: {exams}, both adults, generic-64, {histories} histories a body; root mean square over exams and bodies of
# half the difference between a step up and a step down, of doses with a standard error of at most {error:.0%}.
# filtration, bowtie: {step:.0%} more inherent filtration, a bowtie {step:.0%} thicker, CTDI_vol kept.
# centring: the patient {off:g} mm off the axis along y.
# classes: by the share of an organ's mass in the range: half or more, 5 % or more, less. effective_dose: of one body.
# organs: where half of their mass or more is in the range; those of the whole body wherever they are.
"""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=10_000_000, help="of each body and run")
    histories = parser.parse_args().histories
    found = collect(histories)
    lines = [
        HEADER.format(
            exams=", ".join(EXAMS),
            histories=f"{histories:,}",
            error=LARGEST_ERROR,
            step=STEP,
            off=OFF_CENTRE_MM,
        )
    ]
    classes = ("in_range", "partly_in_range", "outside", "effective_dose")
    lines.append("source: Measured by tools/measure_sensitivities.py\n")
    lines.append(f"whole_body: [{', '.join(WHOLE_BODY)}]\n")
    lines.append(f"filtration_step: {STEP}\nbowtie_step: {STEP}\ncentring_step_mm: {OFF_CENTRE_MM}\n")
    for title, wanted in (("classes", lambda n: n in classes), ("organs", lambda n: n not in classes)):
        lines.append(f"{title}:\n")
        for name in sorted(filter(wanted, found["filtration"])):
            values = [float(np.sqrt(np.mean(np.square(found[kind][name])))) for kind in KINDS]
            row = ", ".join(f"{kind}: {value:.4f}" for kind, value in zip(KINDS, values, strict=True))
            lines.append(f"  {name}: {{{row}}}\n")
    TARGET.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
