"""How fast photons are transported: AAPM 195 case 5 and the adult chest.

    python benchmarks/transport.py [--rounds 5] [--output transport.json]

Case 5 needs the report's volume (CTDOSE_REFERENCE). Organs only and with dose maps; one and two threads; the reference
kernel against the lanes; the figure of merit of both estimators, organ by organ.
"""

import os
import subprocess
import sys
import tempfile
import time

import cases
import numpy as np
from timing import Variant, arguments, interleave, machine, peak_memory_mib, print_table, save

BATCHES, BATCHES_REFERENCE = 24, 8
COMPILE = (
    "import ctdose, time; b = time.perf_counter(); from ctdose.simulation.compiled import entry; "
    "import numpy as np; m = ctdose.Material('water'); p = ctdose.VoxelPhantom(np.zeros((4, 4, 4), np.uint8), [m], "
    "spacing_mm=(10, 10, 10), origin_mm=(0, 0, 0)); s = ctdose.PointSource((0, -500, 0), (0, 0, 0), (0.1, 0.1), 60.0); "
    "ctdose.irradiate(p, s, histories=1); print(time.perf_counter() - b)"
)


def compile_seconds() -> dict[str, float]:
    """Time to a first tiny result in a new process: with nothing cached, and with the machine code in the cache."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CTDOSE_CACHE_DIR": folder}
        times = []
        for _ in range(2):
            run = subprocess.run(
                [sys.executable, "-c", COMPILE], env=environment, capture_output=True, text=True, check=True
            )
            times.append(float(run.stdout))
    return {"cold_s": times[0], "cached_s": times[1]}


def figures_of_merit(build, seconds_each: float = 20.0) -> dict[str, float]:
    """Gain of the collision-kerma estimator over the analogue one: 1/(relative error^2 time), median and range."""
    merit = {}
    for estimator in ("collision-kerma", "analogue"):
        variant = Variant(estimator, build(False, estimator))
        variant.round(4)
        begin = time.perf_counter()
        while time.perf_counter() - begin < seconds_each:
            variant.round(16)
        mean, error = variant.sums.row_estimates()
        with np.errstate(all="ignore"):
            merit[estimator] = (mean / error) ** 2 / variant.sums.transport_seconds
    gain = merit["collision-kerma"] / merit["analogue"]
    return {f"row {i}": round(float(g), 2) for i, g in enumerate(gain) if np.isfinite(g)}


def main() -> None:
    """Measure, print, save."""
    given = arguments(__doc__, rounds=5)
    variants = []
    for name, build in (("case 5", cases.torso), ("chest", cases.chest)):
        organs, maps = build(False), build(True)
        variants += [
            Variant(f"{name}, reference", organs, reference=True),
            Variant(f"{name}, lanes", organs),
            Variant(f"{name}, lanes, 2 threads", organs, threads=2),
            Variant(f"{name}, lanes, maps", maps),
            Variant(f"{name}, lanes, maps, 2 threads", maps, threads=2),
        ]
    found = interleave(
        variants,
        given.rounds,
        lambda v: BATCHES_REFERENCE if "reference" in v.name else BATCHES * v.threads,
    )
    print_table(found["variants"])
    found |= {"machine": machine(), "peak_memory_mib": peak_memory_mib(), "compile": compile_seconds()}
    found["gain_of_collision_kerma"] = {
        name: figures_of_merit(build) for name, build in (("case 5", cases.torso), ("chest", cases.chest))
    }
    print({key: value for key, value in found.items() if key not in ("variants", "gain_of_collision_kerma")})
    save(given.output, found)


if __name__ == "__main__":
    main()
