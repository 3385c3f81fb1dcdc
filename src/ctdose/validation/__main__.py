"""Remakes the published table: ``python -m ctdose.validation publish [CASE ...]`` from the root of the source tree."""

import argparse
import sys
from pathlib import Path

from ctdose.errors import CtdoseError
from ctdose.validation.case_5 import find_volume
from ctdose.validation.document import write_document
from ctdose.validation.published import load_published, measure_case, save_published
from ctdose.validation.run import CASES


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ctdose.validation", description=__doc__)
    parser.add_argument(
        "command", choices=["publish", "document"], help="measure and write, or write again only"
    )
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; default: all that are possible"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full number of histories")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--volume", type=Path, help="case5world.tar.gz of the report")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    return parser.parse_args()


def _report(name: str, number: int, count: int) -> None:
    print(f"{name} ({number + 1} of {count})", file=sys.stderr, flush=True)


def main() -> int:
    """Run the command; returns the exit code."""
    given = _arguments()
    possible = [case for case in CASES if case != "5" or find_volume(given.volume) is not None]
    options = {
        "scale": given.scale,
        "seed": given.seed,
        "threads": given.threads,
        "volume_path": given.volume,
    }
    try:
        for case in (given.cases or possible) if given.command == "publish" else []:
            save_published(given.docs, [measure_case(case, on_job=_report, **options)])
        write_document(given.docs, list(load_published(given.docs).values()))
    except (CtdoseError, ValueError) as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
