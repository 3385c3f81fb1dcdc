"""Make src/ctdose/validation/data/tg195.json from a transcription of the figures of AAPM Report 195.

    python tools/make_tg195_data.py PATH/TO/tg195.json

The transcription holds each figure twice: per code, and as the mean over the codes. The data file keeps the codes'
results; this script compares the two and prints where they differ by more than 0.05 %.
"""

import json
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "src/ctdose/validation/data/tg195.json"
CODES = {"EGSnrc": "EGSnrc", "Geant4": "Geant4", "MCNP": "MCNP", "Penelope": "PENELOPE"}
CITATION = (
    "I. Sechopoulos, E. S. M. Ali, A. Badal, A. Badano, J. M. Boone, I. S. Kyprianou, E. Mainegra-Hing, "
    "K. L. McMillan, M. F. McNitt-Gray, D. W. O. Rogers, E. Samei, A. C. Turner: Monte Carlo reference data sets for "
    "imaging research: Executive summary of the report of AAPM Research Committee Task Group 195, Med. Phys. 42, "
    "5679 (2015), doi:10.1118/1.4928676 (AAPM Report 195)"
)
SPECTRA = {"100 kVp": "RQR-8 100 kVp W/Al", "120 kVp": "RQR-9 120 kVp W/Al", "30 kVp": "RQR-M3 30 kVp Mo/Mo"}
CASE_1 = {"NoneFilter": "none", "HVLFilter": "HVL", "QVLFilter": "QVL"}
TOLERANCE = 5e-4


def key_of(record):
    """(case, beam, angle, volume) of a record of per_code_results; None for what follows from other rows."""
    case, volume, beam, mode = (record[k] for k in ("Case", "Volume", "Specter", "Mode"))
    if case == "Case 1":
        return "1", beam, "", CASE_1[volume]
    if case == "Case 2":
        return (
            "2",
            beam,
            {"radiography": "0", "tomosynthesis": "15"}[mode],
            volume.replace("Total body", "total"),
        )
    if case == "Case 4.1":
        return "4.1", f"{beam} {mode[:2]} mm", "", volume
    if case == "Case 4.2":
        place, width = mode.split()[:2]
        place = {"Center": "centre", "Pherifery": "periphery"}[place]
        return "4.2", f"{beam} {width[:2]} mm", volume.lower(), place
    if case == "Case 5":
        return "5", beam, mode.lower(), volume
    return None  # "Case 1 HVL": quotients of case 1


def rows_by_code(source):
    rows = {}
    for record in source["per_code_results"]:
        key = key_of(record)
        if key is None:
            continue
        if key in rows:
            raise SystemExit(f"{key}: twice")
        rows[key] = {
            name: record[f"{code}_Result"] for code, name in CODES.items() if record[f"{code}_Result"] != ""
        }
    return rows


def stated_means(source):
    """The means over the codes as the transcription states them, by the same keys."""
    means = {}
    for beam, values in source["case1"].items():
        if beam not in ("unit", "Al_mm"):
            means.update({("1", beam, "", volume): value for volume, value in values.items()})
    for name, values in source["case2"].items():
        if name != "unit":
            beam, angle = name.replace("deg", "").rsplit(" ", 1)
            means["2", beam, angle, "total"] = values["total"]
            means.update({("2", beam, angle, f"VOI {n}"): v for n, v in enumerate(values["voi"], 1)})
    for name, values in source["case4_1"].items():
        if name not in ("unit", "voi"):
            beam = name.replace("mm", " mm")
            means.update({("4.1", beam, "", f"VOI {n}"): v for n, v in enumerate(values, 1)})
    for name, values in source["case4_2"]["results"].items():
        beam = name.replace("mm", " mm")
        for ours, theirs in (("centre", "center"), ("periphery", "periphery")):
            for angle, value in zip(source["case4_2"]["angles_deg"], values[theirs], strict=True):
                means["4.2", beam, str(angle), ours] = value
            means["4.2", beam, "continuous", ours] = values[f"continuous_{theirs}"]
    organs = source["case5"]["organs"]
    by_angle = dict(source["case5"]["120 kVp"], continuous=source["case5"]["continuous 120 kVp"])
    for angle, values in by_angle.items():
        means.update({("5", "120 kVp", angle, o): v for o, v in zip(organs, values, strict=True)})
    return means


def compare(rows, means):
    for key in sorted(set(rows) ^ set(means)):
        print(key, "only", "per code" if key in rows else "as a mean")
    worst = 0.0
    for key in sorted(set(rows) & set(means)):
        mean = sum(rows[key].values()) / len(rows[key])
        worst = max(worst, abs(mean / means[key] - 1))
        if abs(mean / means[key] - 1) > TOLERANCE:
            print(
                f"{key}: mean of the codes {mean:.6g}, stated {means[key]:.6g} ({100 * (means[key] / mean - 1):+.2f} %)"
            )
    print(
        f"{len(rows)} rows, largest difference between stated mean and mean of the codes {100 * worst:.3f} %"
    )


def material(record):
    return {"density_g_cm3": record["density_g_cm3"], "weight_percent": record["weight_percent"]}


def build(source):
    air = source["mu_en_rho_air_cm2_per_g"]
    return {
        "citation": CITATION,
        "verified": False,
        "verified_note": "transcribed second-hand from the report's tables; means and codes agree with each other",
        "units": "case 1: keV cm2/g per mm2 and history; cases 2, 4, 5: eV per history; energies keV (bin centres)",
        "spectra": {
            beam: {"energy_kev": source["spectra"][name]["energy_keV_bin_centre"],
                   "weight": source["spectra"][name]["probability"]}
            for beam, name in SPECTRA.items()
        },
        "aluminium_mm": source["case1"]["Al_mm"],
        "air_mu_en_cm2_g": {"energy_kev": air["energy_keV"], "value": air["value"]},
        "materials": {n: material(source["materials"][n]) for n in ("air", "aluminium", "soft_tissue", "PMMA")},
        "case5_materials": [
            {"name": m["name"], **material(m)}
            for m in sorted(source["case5_materials"], key=lambda m: m["index"])
        ],
        "rows": [],
    }  # fmt: skip


def write(data, rows):
    """One row a line, so that a change is seen."""
    lines = [json.dumps([*key, codes]) for key, codes in rows.items()]
    text = json.dumps(data, indent=1)
    compact = []
    for line in text.splitlines():
        bare = line.strip()
        number = bare.rstrip(",").replace(".", "").replace("e-", "").isdigit()
        compact.append(f" {bare}" if number else f"\n{line}")
    text = "".join(compact).lstrip()
    TARGET.write_text(text.replace('"rows": []', '"rows": [\n  ' + ",\n  ".join(lines) + "\n ]") + "\n")


def main():
    source = json.loads(Path(sys.argv[1]).read_text())
    rows = rows_by_code(source)
    compare(rows, stated_means(source))
    write(build(source), rows)
    json.loads(TARGET.read_text())
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
