"""Organ doses of a chest CT on ICRP's adult voxel phantoms beside the stylized adults.

    python tools/compare_icrp110.py MALE.h5 FEMALE.h5 [--histories 3e6]

The two files come from `ctdose phantom import icrp ... --arms out`.
"""

import argparse

from ctdose.api import simulate
from ctdose.exam.library import exam_text
from ctdose.exam.parse import exam_from_text

ORGANS = [
    "lungs",
    "breasts",
    "oesophagus",
    "heart_wall",
    "thymus",
    "thyroid",
    "liver",
    "stomach_wall",
    "spleen",
    "pancreas",
    "adrenals",
    "kidneys",
    "gall_bladder_wall",
    "colon",
    "small_intestine_wall",
    "salivary_glands",
    "brain",
    "skin",
    "muscle",
    "lymph_nodes",
    "red_bone_marrow",
    "bone_surface",
]


def doses(phantom: str, histories: int) -> tuple[dict, float]:
    """Organ doses of the shipped chest exam on one body, and its CTDI_vol."""
    text = exam_text("chest").replace("phantom: adult ", f"phantom: {phantom} ")
    result = simulate(exam_from_text(text), histories=histories, dose_map=False)
    (body,) = result.bodies.values()
    return body.dose.organs, result.acquisitions[0].ctdi_vol_mgy


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("male")
    parser.add_argument("female")
    parser.add_argument("--histories", type=float, default=3e6)
    given = parser.parse_args()
    found = [
        doses(name, int(given.histories)) for name in (given.male, "adult-male", given.female, "adult-female")
    ]
    print("| organ dose / CTDI_vol | ICRP male | stylized | % | ICRP female | stylized | % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in ORGANS:
        cells = []
        for (icrp, ctdi), (ours, ours_ctdi) in (found[:2], found[2:]):
            if name not in icrp or name not in ours:
                cells += ["", "", ""]
                continue
            a, b = icrp[name].absorbed_dose_mgy / ctdi, ours[name].absorbed_dose_mgy / ours_ctdi
            cells += [f"{a:.3f}", f"{b:.3f}", f"{100 * (b / a - 1):+.0f}"]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
