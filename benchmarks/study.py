"""A study of eight variants of the adult chest until ratios of effective dose are known to 0.5 %: cold and warm.

Calibrations go into an empty folder first, then they are taken from it. Compiled kernels and built phantoms are those
of the cache in both, so run `ctdose compare chest-voltage` once before. Wall time counts on an idle machine alone.
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

from ctdose._cache import ENVIRONMENT_VARIABLE, cache_dir

TARGET = 0.005


def stages(threads: int) -> dict[str, tuple[float, float]]:
    """Wall and processor time of each stage, s."""
    from ctdose.study.calibrations import calibrate_members
    from ctdose.study.library import load_study
    from ctdose.study.member_noise import noise_of_members
    from ctdose.study.prepared import prepare_study
    from ctdose.study.rounds import simulate_members

    found = {}
    clocks = time.perf_counter(), time.process_time()

    def lap(name: str) -> None:
        nonlocal clocks
        now = time.perf_counter(), time.process_time()
        found[name] = now[0] - clocks[0], now[1] - clocks[1]
        clocks = now

    ready = prepare_study(load_study("chest-voltage"), target_error=TARGET)
    lap("prepare")
    calibrated = calibrate_members(ready.exams, ready.imaged, threads, None)
    lap("calibrate")
    simulate_members(ready, calibrated.emitted, threads, None)
    lap("simulate")
    noise_of_members(ready, calibrated.emitted, None)
    lap("noise")
    return found


def main() -> None:
    """Print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--threads", type=int, default=2)
    threads = options.parse_args().threads
    warm = {name: cache_dir(name) for name in ("kernels", "phantoms")}
    with tempfile.TemporaryDirectory() as folder:
        for name, place in warm.items():
            if place is not None:
                shutil.copytree(place, Path(folder) / name)
        os.environ[ENVIRONMENT_VARIABLE] = folder
        for state in ("cold", "warm"):
            found = stages(threads)
            for name, (wall, processor) in found.items():
                print(f"{state:5} {name:10} {wall:6.1f} s, {processor:6.1f} s of the processor")
            print(f"{state:5} all        {sum(wall for wall, _ in found.values()):6.1f} s")


if __name__ == "__main__":
    main()
