"""Compare effective dose over DLP of the stylized family with published ratios, at 120 kV.

    python tools/compare_e_per_dlp.py [--histories 1.5e6] [--head-below-mm 0 20 40]

C. Lee, K. P. Kim, D. J. Long and W. E. Bolch, Med. Phys. 39 (2012) 2129-2146, Table XII, effective dose of ICRP 103
(read on the table's page of PubMed Central, PMC3326072): head and children in the 16 cm CTDI phantom, trunks of adults
in the 32 cm one (that is inferred from the step between 15 years and the adult). A ratio of ours that is stated for
the 32 cm phantom becomes one for 16 cm by the simulated CTDI_w of the same beam in both. The adults' trunks are shown
in 16 cm too, theirs by the ratio of the coefficients of AAPM Report 204 (2011) at a diameter of 25 cm.

`--head-below-mm` adds heads whose range begins that much lower, one sex at a time.
"""

import argparse
import math
from functools import cache
from pathlib import Path

from ctdose.api import available_threads, simulate
from ctdose.exam.parse import exam_from_text
from ctdose.phantoms.library import load_named
from ctdose.scanner.library import load_scanner

AGES = ("newborn", "1y", "5y", "10y", "15y", "adult")
PUBLISHED = {  # mSv/(mGy cm)
    "head": (0.0086, 0.0058, 0.0043, 0.0029, 0.0022, 0.0017),
    "chest": (0.0508, 0.0330, 0.0240, 0.0168, 0.0121, 0.0210),
    "abdomen-pelvis": (0.0475, 0.0309, 0.0221, 0.0142, 0.0114, 0.0179),
    "chest-abdomen-pelvis": (0.0440, 0.0288, 0.0207, 0.0144, 0.0108, 0.0180),
}
# AAPM Report 204, f = a exp(-b D): of the 32 cm and the 16 cm phantom; their ratio is CTDI_16 over CTDI_32 of one beam
AAPM_204 = {32: (3.704369, 0.03671937), 16: (1.874799, 0.03871313)}
ADULT_DIAMETER_CM = 25.0
EXAM = """\
exam: {age} {region}
phantom: {age}
scanner: generic-64
acquisitions:
  - name: {region}
    mode: {mode}
    tube_voltage_kv: 120
    bowtie: {bowtie}
    collimation_mm: 20
    {travel}
    rotation_time_s: 0.5
    scan_range: {scan_range}
    tube_current_ma: 100
    modulation: []
simulation: {{histories: {histories}, seed: 1}}
"""


def exam_text(age: str, region: str, histories: int, scan_range: str = "") -> str:
    """An exam of one region; the head axially, so that nothing is irradiated beyond it."""
    head = region == "head"
    mode, travel = ("axial", "table_increment_mm: 20") if head else ("helical", "pitch: 1.0")
    return EXAM.format(
        age=age,
        region=region,
        mode=mode,
        travel=travel,
        bowtie="head" if head else "body",
        scan_range=scan_range or region,
        histories=histories,
    )


@cache
def in_16_over_32_cm() -> float:
    """CTDI_w of the body's beam in the 16 cm phantom over that in the 32 cm one."""
    from ctdose.calibration.ctdi import ctdi_tables, simulate_ctdi
    from ctdose.simulation.ct_beam import build_ct_beam

    scanner = load_scanner("generic-64", Path())
    beam = build_ct_beam(scanner, 120.0, "body", 40.0)
    found = []
    for size in (16, 32):
        tables, composites = ctdi_tables(beam, size)
        run = simulate_ctdi(
            tables, composites, 40.0, relative_standard_error=2e-3, threads=available_threads()
        )
        found.append(run.weighted)
    return found[0] / found[1]


def typical_16_over_32_cm() -> float:
    """The same of the scanners behind AAPM Report 204."""
    f32, f16 = (a * math.exp(-b * ADULT_DIAMETER_CM) for a, b in (AAPM_204[32], AAPM_204[16]))
    return f32 / f16


def run(age: str, region: str, histories: int):
    """Simulate one exam."""
    return simulate(exam_from_text(exam_text(age, region, histories)), dose_map=False)


def row(region: str, age: str, size: int, ours: float, sigma: float, theirs: float) -> str:
    """One row of the table."""
    return (
        f"| {region} | {age} | {size} cm | {ours:.4f} | {sigma:.4f} | {theirs:.4f} | "
        f"{100 * (ours / theirs - 1):+.0f} |"
    )


def rows(region: str, age: str, histories: int) -> list[str]:
    """Rows of one region of one age."""
    result = run(age, region, histories)
    [(size, dlp)] = result.dlp_mgy_cm.items()
    dose = result.effective_dose
    ratio, sigma = dose.icrp103_msv / dlp, dose.icrp103_standard_error_msv / dlp
    theirs, narrow = PUBLISHED[region][AGES.index(age)], 1.0 / in_16_over_32_cm()
    if region == "head":
        return [row(region, age, size, ratio, sigma, theirs)]
    in_16_cm = row(
        region,
        age,
        16,
        ratio * narrow,
        sigma * narrow,
        theirs / (typical_16_over_32_cm() if age == "adult" else 1.0),
    )
    return [row(region, age, size, ratio, sigma, theirs), in_16_cm] if age == "adult" else [in_16_cm]


def lower_head(age: str, below_mm: float, histories: int) -> str:
    """A row of a head whose range begins lower: the mean of both sexes, each scanned by itself."""
    ratios, sigmas = [], []
    for sex in ("male", "female"):
        body = f"{age}-{sex}"
        low, high = load_named(body).anatomy.scan_ranges_mm["head"]
        text = exam_text(body, "head", histories // 2, f"[{low - below_mm:.1f}, {high:.1f}]")
        result = simulate(exam_from_text(text), dose_map=False)
        [(_, dlp)] = result.dlp_mgy_cm.items()
        ratios.append(result.effective_dose.weighted_dose_of_one_sex_msv / dlp)
        sigmas.append(result.effective_dose.weighted_dose_of_one_sex_standard_error_msv / dlp)
    name, theirs = f"head, {below_mm:g} mm lower", PUBLISHED["head"][AGES.index(age)]
    return row(name, age, 16, sum(ratios) / 2, math.hypot(*sigmas) / 2, theirs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--histories", type=float, default=1.5e6)
    parser.add_argument("--ages", nargs="*", default=AGES)
    parser.add_argument("--regions", nargs="*", default=tuple(PUBLISHED))
    parser.add_argument("--head-below-mm", nargs="*", type=float, default=[])
    given = parser.parse_args()
    print("| region | age | CTDI phantom | E/DLP | ± | published | difference % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for region in given.regions:
        for age in given.ages:
            print("\n".join(rows(region, age, int(given.histories))), flush=True)
    for below_mm in given.head_below_mm:
        for age in given.ages:
            print(lower_head(age, below_mm, int(given.histories)), flush=True)


if __name__ == "__main__":
    main()
