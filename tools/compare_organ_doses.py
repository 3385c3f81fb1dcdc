"""Compare organ doses of the stylized family, over CTDI_vol or DLP at 120 kV, with published ones.

    python tools/compare_organ_doses.py [--histories 1e6]

Only organs that lie wholly in the range. Published figures, and how they were come by:

- li: X. Li et al., Med. Phys. 39 (2012) 6550-6571, Table 11 (its page of PubMed Central, PMC3482255): lungs of two
  patients in mGy/100 mAs, over the 6.01 mGy/100 mAs of CTDI_vol stated there; fit: exp(3.19 - 0.035 d), d the mean
  diameter of the chest in cm.
- turner: A. C. Turner et al., Med. Phys. 38 (2011) 820-829: A exp(-B P), P the perimeter in cm; stomach second-hand in
  Table 11 of li, liver from memory (unverified).
- pmc7393764: normal-weight adults, Table 4 of that article at PubMed Central (organ dose over DLP; the ranges are not
  stated on its page): brain as it is; breasts and thyroid over the lungs, so that DLP and length cancel.
- lee: C. Lee et al., Med. Phys. 39 (2012) 2129-2146, Table IV (PMC3326072), chest, 120 kV, 16 cm.
- huda: W. Huda et al., Med. Phys. 37 (2010) 842-847, abstract (PMC2826387): ImPACT's stylized adult.
"""

import argparse
import math
from functools import cache

import numpy as np
from compare_e_per_dlp import exam_text, in_16_over_32_cm

from ctdose.api import simulate
from ctdose.exam.parse import exam_from_text
from ctdose.phantoms.library import load_named

TURNER = {"stomach_wall": (3.780, 0.0113), "liver": (3.824, 0.0120)}
LI_MGY_PER_CTDI = 6.01
# region, body, organ, over what (CTDI_vol in 32 or 16 cm, DLP, or the dose of another organ), published, source
PUBLISHED = [
    ("chest", "adult-male", "lungs", "CTDI 32 cm", 8.73 / LI_MGY_PER_CTDI, "li, patient of 26.8 cm"),
    ("chest", "adult-female", "lungs", "CTDI 32 cm", 9.63 / LI_MGY_PER_CTDI, "li, patient of 27.8 cm"),
    ("chest", "adult-male", "lungs", "CTDI 32 cm", None, "li, fit"),
    ("chest", "adult-female", "lungs", "CTDI 32 cm", None, "li, fit"),
    ("abdomen", "adult-male", "liver", "CTDI 32 cm", None, "turner, unverified"),
    ("abdomen", "adult-female", "liver", "CTDI 32 cm", None, "turner, unverified"),
    ("abdomen", "adult-male", "stomach_wall", "CTDI 32 cm", None, "turner, second-hand"),
    ("abdomen", "adult-female", "stomach_wall", "CTDI 32 cm", None, "turner, second-hand"),
    ("chest", "adult-male", "breasts", "lungs", 0.021 / 0.028, "pmc7393764"),
    ("chest", "adult-female", "breasts", "lungs", 0.026 / 0.034, "pmc7393764"),
    ("chest", "adult-male", "thyroid", "lungs", 0.033 / 0.028, "pmc7393764"),
    ("chest", "adult-female", "thyroid", "lungs", 0.041 / 0.034, "pmc7393764"),
    ("chest", "newborn-male", "thyroid", "CTDI 16 cm", 1.193, "lee"),
    ("chest", "1y-male", "thyroid", "CTDI 16 cm", 1.034, "lee"),
    ("chest", "adult-male", "thymus", "CTDI 32 cm", 1.7, "huda"),
    ("head", "adult-male", "brain", "DLP", 0.048, "pmc7393764"),
    ("head", "adult-female", "brain", "DLP", 0.047, "pmc7393764"),
]


@cache
def simulated(region: str, body: str, histories: int):
    """Organ doses of one exam, its CTDI_vol and DLP, mGy and mGy cm."""
    result = simulate(exam_from_text(exam_text(body, region, histories)), dose_map=False)
    [(_, dlp)] = result.dlp_mgy_cm.items()
    (found,) = result.bodies.values()
    return found.dose.organs, result.acquisitions[0].ctdi_vol_mgy, dlp


@cache
def size_cm(region: str, body: str) -> tuple[float, float]:
    """Mean diameter of circles of the sections' area and mean perimeter of ellipses of their width and depth."""
    phantom = load_named(body)
    low, high = phantom.anatomy.scan_ranges_mm[region]
    z = phantom.origin_mm[2] + np.arange(phantom.shape[0]) * phantom.spacing_mm[2]
    sections = phantom.region_index[(z > low) & (z < high)] != 0
    pixel = phantom.spacing_mm[0] / 10.0
    diameter = np.sqrt(4.0 / np.pi * sections.sum(axis=(1, 2))) * pixel
    a, b = (sections.any(axis=axis).sum(axis=1) * pixel / 2.0 for axis in (1, 2))
    return float(diameter.mean()), float((2.0 * np.pi * np.sqrt((a**2 + b**2) / 2.0)).mean())


def published(region: str, body: str, organ: str, value: float | None) -> float:
    """The published figure; where it depends on the body's size, at ours."""
    if value is not None:
        return value
    diameter, perimeter = size_cm(region, body)
    if organ == "lungs":
        return math.exp(3.19 - 0.035 * diameter) / LI_MGY_PER_CTDI
    a, b = TURNER[organ]
    return a * math.exp(-b * perimeter)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--histories", type=float, default=1e6)
    histories = int(parser.parse_args().histories)
    print("| organ | body | range | over | ours | ± | published | difference % | source |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for region, body, organ, over, value, source in PUBLISHED:
        doses, ctdi, dlp = simulated(region, body, histories)
        divisors = {"CTDI 32 cm": ctdi, "DLP": dlp}
        if over == "CTDI 16 cm":
            divisors[over] = ctdi * in_16_over_32_cm()
        divisor = divisors[over] if over in divisors else doses[over].absorbed_dose_mgy
        ours, sigma = (
            doses[organ].absorbed_dose_mgy / divisor,
            doses[organ].standard_error_mgy / divisor,
        )
        theirs = published(region, body, organ, value)
        print(
            f"| {organ} | {body} | {region} | {over} | {ours:.3f} | {sigma:.3f} | {theirs:.3f} | "
            f"{100 * (ours / theirs - 1):+.0f} | {source} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
