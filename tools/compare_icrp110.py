"""Organ doses of a shipped exam on ICRP's adult voxel phantoms beside the stylized adults, and where their organs lie.

    python tools/compare_icrp110.py MALE.h5 FEMALE.h5 [--exam chest] [--histories 3e6] [--centres]

The two files come from `ctdose phantom import icrp ... --arms out`. `--centres` prints heights instead of doses.
"""

import argparse
from pathlib import Path

import numpy as np

from ctdose.api import simulate
from ctdose.exam.library import exam_text
from ctdose.exam.parse import exam_from_text
from ctdose.phantoms.library import load_named
from ctdose.phantoms.phantom_file import load_phantom

CENTRES = [
    "brain",
    "left_salivary_glands",
    "thyroid",
    "thymus",
    "oesophagus",
    "left_lung",
    "right_lung",
    "heart_wall",
    "left_breast_glandular",
    "spleen",
    "liver",
    "stomach_wall",
    "gall_bladder_contents",
    "pancreas",
    "left_adrenal",
    "right_adrenal",
    "left_kidney",
    "right_kidney",
    "right_colon_wall",
    "left_colon_wall",
    "rectosigmoid_wall",
    "small_intestine_wall",
    "bladder_wall",
    "left_testis",
    "uterus",
    "left_ovary",
    "lymph_nodes",
]
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


def centre_z_mm(phantom, name: str) -> float:
    """Height of an organ's centre above the lower end of the lungs."""
    slices = (phantom.region_index == phantom.organ(name).organ_id).sum(axis=(1, 2))
    z = phantom.origin_mm[2] + phantom.spacing_mm[2] * np.average(np.arange(slices.size), weights=slices)
    return float(z - phantom.anatomy.landmarks_mm["lung_base"][2])


def print_centres(files: tuple[str, str]) -> None:
    """Print the table of heights."""
    pairs = [(load_phantom(Path(f)), load_named(f"adult-{s}")) for f, s in zip(files, ("male", "female"))]
    print("| centre, mm above the lungs' lower end | ICRP male | stylized | ICRP female | stylized |")
    print("| --- | --- | --- | --- | --- |")
    for name in CENTRES:
        cells = []
        for icrp, ours in pairs:
            there = any(organ.name == name for organ in icrp.organs)
            cells += [f"{centre_z_mm(p, name):.0f}" if there else "" for p in (icrp, ours)]
        print(f"| {name} | {' | '.join(cells)} |")


def doses(phantom: str, exam: str, histories: int) -> tuple[dict, float, float]:
    """Organ doses of a shipped exam on one body, its CTDI_vol, and its weighted dose over DLP."""
    text = exam_text(exam).replace("phantom: adult ", f"phantom: {phantom} ")
    result = simulate(exam_from_text(text), histories=histories, dose_map=False)
    (body,) = result.bodies.values()
    [(_, dlp)] = result.dlp_mgy_cm.items()
    weighted = result.effective_dose.weighted_dose_of_one_sex_msv / dlp
    return body.dose.organs, result.acquisitions[0].ctdi_vol_mgy, weighted


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("male")
    parser.add_argument("female")
    parser.add_argument("--histories", type=float, default=3e6)
    parser.add_argument("--exam", default="chest")
    parser.add_argument("--centres", action="store_true")
    given = parser.parse_args()
    if given.centres:
        print_centres((given.male, given.female))
        return
    found = [
        doses(name, given.exam, int(given.histories))
        for name in (given.male, "adult-male", given.female, "adult-female")
    ]
    print("| organ dose / CTDI_vol | ICRP male | stylized | % | ICRP female | stylized | % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in ORGANS:
        cells = []
        for (icrp, ctdi, _), (ours, ours_ctdi, _) in (found[:2], found[2:]):
            if name not in icrp or name not in ours:
                cells += ["", "", ""]
                continue
            a, b = icrp[name].absorbed_dose_mgy / ctdi, ours[name].absorbed_dose_mgy / ours_ctdi
            cells += [f"{a:.3f}", f"{b:.3f}", f"{100 * (b / a - 1):+.0f}"]
        print(f"| {name} | {' | '.join(cells)} |")
    k = [each[2] for each in found]
    shares = [100 * (k[i + 1] / k[i] - 1) for i in (0, 2)]
    print(
        f"| weighted dose / DLP, mSv/(mGy cm) | {k[0]:.4f} | {k[1]:.4f} | {shares[0]:+.0f} | "
        f"{k[2]:.4f} | {k[3]:.4f} | {shares[1]:+.0f} |"
    )


if __name__ == "__main__":
    main()
