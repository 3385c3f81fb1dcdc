"""Organ doses of a chest CT beside published ones: the upper end of the range, and what makes the effective dose.

    python tools/explain_organ_doses.py FOLDER [--icrp MALE.h5 FEMALE.h5] [--histories 2e6]

FOLDER as of `explain_e_per_dlp`; the two files come from `ctdose phantom import icrp ... --arms out`. Published:
C. Lee et al., Med. Phys. 39 (2012) 2129-2146, Table IV (PMC3326072), and PMC7393764, Table 4.
"""

import argparse
from pathlib import Path

import numpy as np
from compare_e_per_dlp import AGES
from family_scans import OVER_RANGING_MM, Bodies, Body, mean, percent, weight_of

from ctdose.dosimetry.tissue_weights import load_tissue_weights

# Lee 2012, Table IV, 120 kV, chest, over CTDI_vol in 16 cm; 15 years: mean of both sexes
LEE_CHEST = {
    "thyroid": (1.193, 1.034, 0.991, 0.786, 0.5805),
    "oral_mucosa": (0.327, 0.098, 0.063, 0.058, 0.0515),
    "salivary_glands": (0.693, 0.152, 0.090, 0.090, 0.0495),
    "brain": (0.047, 0.028, 0.021, 0.022, 0.013),
}
# PMC7393764, Table 4, chest, adults of normal weight, male and female, mGy/(mGy cm); effective dose 0.021
PMC_CHEST = {
    "lung": (0.028, 0.034),
    "breast": (0.021, 0.026),
    "stomach": (0.028, 0.031),
    "thyroid": (0.033, 0.041),
    "liver": (0.033, 0.035),
    "heart": (0.025, 0.032),
    "thymus": (0.028, 0.034),
    "spleen": (0.033, 0.036),
    "adrenals": (0.031, 0.034),
    "kidneys": (0.032, 0.033),
}
PMC_EFFECTIVE = 0.021


def print_chest_organs(bodies: Bodies) -> None:
    """Organs at the upper end of a chest, over CTDI_vol in 16 cm, and the upper end at which ours equals theirs."""
    print("\n| chest, over CTDI 16 cm | age | over-ranging | none | published | none, % | equal at, mm |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for organ, published in LEE_CHEST.items():
        for age, theirs in zip(AGES, published):
            wide, ratio = bodies.both(age, wider=True), bodies.in_16_over_32_cm(True)

            def ours(beyond_mm: float, up_mm: float, wide=wide, organ=organ, ratio=ratio) -> float:
                return mean(wide, lambda b: over_ctdi(b, organ, beyond_mm, up_mm)) / ratio

            found, up = (ours(OVER_RANGING_MM, 0.0), ours(0.0, 0.0)), np.arange(-10.0, 61.0)
            equal = 10.0 + float(np.interp(theirs, [ours(0.0, each) for each in up], up))
            cells = " | ".join(f"{value:.3f}" for value in (*found, theirs))
            print(f"| {organ} | {age} | {cells} | {percent(found[1] / theirs)} | {equal:.0f} |")


def over_ctdi(body: Body, organ: str, beyond_mm: float, up_mm: float) -> float:
    """Dose of an organ of a chest over CTDI_vol."""
    low, high = body.range_mm("chest")
    return body.doses.doses(low - beyond_mm, high + beyond_mm + up_mm)[f"organ:{organ}"]


def print_adult_chest(wide: list[Body]) -> None:
    """The chest of adults to below the kidneys, organ by organ; the parts add up to the effective dose's difference."""
    weights = load_tissue_weights("icrp103")
    low_high = [body.range_mm("chest to kidneys") for body in wide]
    doses = [body.doses.per_dlp(*ends) for body, ends in zip(wide, low_high)]
    print(
        "\n| over DLP, 32 cm | ours male | published | % | ours female | published | % | part of E, % |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |"
    )
    total = 0.0
    for name, published in PMC_CHEST.items():
        ours = [each[f"tissue:{name}"] for each in doses]
        part = weight_of(weights, name) * (np.mean(ours) - np.mean(published)) / PMC_EFFECTIVE
        total += part
        cells = " | ".join(f"{a:.4f} | {b:.3f} | {percent(a / b)}" for a, b in zip(ours, published))
        print(f"| {name} | {cells} | {100 * part:+.1f} |")
    whole = np.mean([each["weighted:icrp103"] for each in doses])
    print(
        f"| effective dose | {whole:.4f} | {PMC_EFFECTIVE:.3f} | {percent(whole / PMC_EFFECTIVE)} | "
        f"| | | {100 * total:+.1f} |"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--histories", type=float, default=2e6)
    parser.add_argument("--icrp", nargs=2, metavar=("MALE", "FEMALE"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    bodies = Bodies(given.folder, int(given.histories))
    print_chest_organs(bodies)
    print_adult_chest(bodies.both("adult", wider=True))
    if given.icrp:
        print_adult_chest(bodies.each(given.icrp, wider=True))


if __name__ == "__main__":
    main()
