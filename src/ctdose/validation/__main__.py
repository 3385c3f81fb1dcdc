"""Remakes the published table: ``python -m ctdose.validation publish [CASE ...]`` from the root of the source tree."""

import argparse
import sys
from pathlib import Path

from ctdose.errors import CtdoseError
from ctdose.validation.case_5 import find_volume
from ctdose.validation.displacement import load_gradients, measure_gradients, save_gradients
from ctdose.validation.document import write_document
from ctdose.validation.published import load_published, measure_case, save_published
from ctdose.validation.run import CASES, plan_jobs


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
    return parser.parse_intermixed_args()


def _report(name: str, number: int, count: int) -> None:
    print(f"{name} ({number + 1} of {count})", file=sys.stderr, flush=True)


def _save_gradients(given: argparse.Namespace) -> None:
    print("5, displaced", file=sys.stderr, flush=True)
    jobs = [job for job in plan_jobs(["5"], given.volume) if job.angle != "continuous"]
    gradients = measure_gradients(jobs, scale=given.scale, seed=given.seed, threads=given.threads)
    save_gradients(given.docs, gradients)


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
            if case == "5":
                _save_gradients(given)
        write_document(given.docs, list(load_published(given.docs).values()), load_gradients(given.docs))
    except (CtdoseError, ValueError) as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
