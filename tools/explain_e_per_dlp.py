"""Why effective dose over DLP of the stylized family differs from published ratios: each difference by itself.

    python tools/explain_e_per_dlp.py FOLDER [--histories 2e6]

FOLDER keeps the simulated bodies (48 runs, a few minutes); a second call reads them. Printed are tables of
docs/phantoms-proof.md, which says what is compared with what. Published: see `compare_e_per_dlp`.
"""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from compare_e_per_dlp import AGES, PUBLISHED
from family_scans import OVER_RANGING_MM, Bodies, Body, mean, percent, weight_of, weighted

from ctdose.dosimetry.tissue_weights import load_tissue_weights

TRUNK = ("chest", "abdomen-pelvis", "chest-abdomen-pelvis")
THORACIC = ("lung", "breast", "oesophagus", "heart", "thymus")
# S. K. Lee et al., Diagnostics 10 (2020) 727 (PMC7554984), abstract: region, age here, CTDI phantom (of heads 16 cm,
# of trunks 32 cm: assumed), mSv/(mGy cm); children there: under 2, 4 to 6, 9 to 11 and 13 to 15 years
KOREAN = [
    ("head", "1y", 16, 0.00626),
    ("head", "5y", 16, 0.00458),
    ("head", "10y", 16, 0.00308),
    ("head", "15y", 16, 0.00233),
    ("head", "adult", 16, 0.00172),
    ("chest", "adult", 32, 0.02532),
    ("abdomen-pelvis", "adult", 32, 0.01794),
]


def thoracic(body: Body, region: str) -> float:
    """The part of `weighted` that lungs, breasts, oesophagus, heart and thymus make."""
    weights = load_tissue_weights("icrp103")
    doses = body.doses.per_dlp(*body.range_mm(region))
    return sum(weight_of(weights, name) * doses[f"tissue:{name}"] for name in THORACIC)


@dataclass(frozen=True)
class Trunk:
    """Steps from the shipped exam to the published ratio, as factors; `left` is what remains of ours over theirs."""

    region: str
    age: str
    shipped: float
    over_ranging: float
    beam: float
    lower_end: float
    like_for_like: float
    thoracic_share: float


def trunk(bodies: Bodies, region: str, age: str) -> Trunk:
    """Each step of one cell."""
    ours, wide = bodies.both(age), bodies.both(age, wider=True)
    own, other = (bodies.in_16_over_32_cm(w) if age != "adult" else 1.0 for w in (False, True))
    theirs = PUBLISHED[region][AGES.index(age)]
    with_it = mean(ours, lambda b: weighted(b, region, beyond_mm=OVER_RANGING_MM)) / own
    without = mean(ours, lambda b: weighted(b, region)) / own
    beam = mean(wide, lambda b: weighted(b, region)) / other
    longer = "chest to kidneys" if region == "chest" else region
    end = mean(wide, lambda b: weighted(b, longer)) / other
    share = mean(wide, lambda b: thoracic(b, longer)) / other / end
    return Trunk(
        region, age, with_it / theirs, without / with_it, beam / without, end / beam, end / theirs, share
    )


def fitted(cells: list[Trunk]) -> float:
    """By how much thoracic organs would have to get less, the same in all cells (least squares of the logarithms)."""
    tried = np.linspace(0.0, 0.6, 601)
    left = [
        [math.log(cell.like_for_like * (1.0 - x * cell.thoracic_share)) ** 2 for cell in cells] for x in tried
    ]
    return float(tried[np.argmin(np.sum(left, axis=1))])


def print_trunk(bodies: Bodies) -> None:
    """The steps of all trunks."""
    cells = [trunk(bodies, region, age) for region in TRUNK for age in AGES]
    less = fitted(cells)
    print(f"CTDI_w 16/32 cm: {bodies.in_16_over_32_cm(False):.2f}, wider {bodies.in_16_over_32_cm(True):.2f}")
    print(f"thoracic organs less by {100 * less:.0f} %\n")
    print(
        "| region | age | as shipped | over-ranging | beam 2.08 | lower end | ours, their way | thoracic | left |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for cell in cells:
        organs = 1.0 - less * cell.thoracic_share
        steps = (cell.shipped, cell.over_ranging, cell.beam, cell.lower_end, cell.like_for_like, organs)
        shown = " | ".join(percent(step) for step in (*steps, cell.like_for_like * organs))
        print(f"| {cell.region} | {cell.age} | {shown} |")
    left = [math.log(c.like_for_like * (1.0 - less * c.thoracic_share)) for c in cells]
    print(f"\nroot mean square of what is left: {100 * math.sqrt(np.mean(np.square(left))):.0f} %")


def print_other_steps(bodies: Bodies) -> None:
    """What is not known of the published scans, and what it would do to ours."""
    print("\n| region | age | upper end 30 mm higher | arms lowered |\n| --- | --- | --- | --- |")
    for region in TRUNK:
        for age in AGES:
            wide, down = bodies.both(age, wider=True), bodies.both(age, wider=True, arms="down")
            longer = "chest to kidneys" if region == "chest" else region
            base, higher = (
                mean(wide, lambda b, r=longer, up=up: weighted(b, r, up_mm=up)) for up in (0.0, 30.0)
            )
            arms = mean(down, lambda b, r=longer: weighted(b, r))
            up = "" if region == "abdomen-pelvis" else percent(higher / base)
            print(f"| {region} | {age} | {up} | {percent(arms / base)} |")


def print_head(bodies: Bodies) -> None:
    """Heads: the beam, and how far down the range reaches."""
    print(
        "\n| head | as shipped | beam 2.08 | and 20 mm lower | 30 mm | 40 mm |\n| --- | --- | --- | --- | --- | --- |"
    )
    for age, theirs in zip(AGES, PUBLISHED["head"]):
        ours = mean(bodies.both(age, "head"), lambda b: weighted(b, "head")) / theirs
        wide, ratio = bodies.both(age, wider=True), bodies.in_16_over_32_cm(True)
        lower = [
            mean(wide, lambda b, d=down: weighted(b, "head", down_mm=d)) / ratio / theirs
            for down in (0.0, 20.0, 30.0, 40.0)
        ]
        print(f"| {age} | {' | '.join(percent(value) for value in (ours, *lower))} |")


def print_second_source(bodies: Bodies) -> None:
    """Another table of ratios, from the same group's later phantoms and ranges as radiographers plan them."""
    print("\n| scan | age | CTDI phantom | ours | published | % |\n| --- | --- | --- | --- | --- | --- |")
    for region, age, size, theirs in KOREAN:
        bowtie, beyond = ("head", 0.0) if region == "head" else ("body", OVER_RANGING_MM)
        both = bodies.both(age, bowtie)
        ours = mean(both, lambda b, r=region, d=beyond: weighted(b, r, beyond_mm=d))
        print(f"| {region} | {age} | {size} cm | {ours:.5f} | {theirs:.5f} | {percent(ours / theirs)} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--histories", type=float, default=2e6)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    bodies = Bodies(given.folder, int(given.histories))
    for table in (print_trunk, print_other_steps, print_head, print_second_source):
        table(bodies)


if __name__ == "__main__":
    main()
