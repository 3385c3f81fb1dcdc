"""Histories and time until each weighted organ in range is known to 1 %, from a result of `ctdose run`.

    ctdose run chest --histories 4M --no-dose-map -o chest.h5
    python benchmarks/precision.py chest.h5 [--million-histories-per-second 1.6] [--below-g 30]

The relative error falls with the root of the histories: N (R / 1 %)^2 of them give 1 %. The time is that of one body.
"""

import argparse
import json

import ctdose
from ctdose.results.result import Result

WANTED = 0.01
IN_RANGE = 0.5


def organs(result: Result, rate: float, below_g: float) -> list[dict[str, float | str]]:
    """What each weighted organ with half its mass in range takes; the hardest first."""
    rows = []
    for body in result.bodies.values():
        for organ in body.organs.values():
            known = organ.icrp103_tissue and organ.absorbed_dose_mgy > 0.0
            if known and organ.mass_in_range_fraction >= IN_RANGE and organ.mass_g < below_g:
                millions = body.histories * (organ.relative_standard_error / WANTED) ** 2 / 1e6
                rows.append(
                    {
                        "organ": organ.name,
                        "body": body.name,
                        "mass_g": round(organ.mass_g, 1),
                        "million_histories": round(millions, 1),
                        "seconds": round(millions / rate, 1),
                    }
                )
    return sorted(rows, key=lambda row: -row["million_histories"])


def main() -> None:
    """Print a table, then the same as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("result")
    parser.add_argument("--million-histories-per-second", type=float, default=1.6)
    parser.add_argument("--below-g", type=float, default=float("inf"))
    given = parser.parse_args()
    rows = organs(ctdose.load_result(given.result), given.million_histories_per_second, given.below_g)
    for row in rows:
        print("\t".join(str(value) for value in row.values()))
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
