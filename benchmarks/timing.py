"""Timing of the transport: rounds interleaved between the variants, medians, a calibration loop beside them."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numba
import numpy as np

from ctdose.kernels.tables import Tables
from ctdose.kernels.tally import COUNT_STEPS
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.sums import Sums


@numba.njit
def _arithmetic(n):
    x = np.uint64(1)
    for _ in range(n):
        x = x * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        x ^= x >> np.uint64(33)
    return x


def calibration_ns() -> float:
    """Time of one turn of a loop of pure arithmetic, ns: what a rate on another machine is compared by."""
    _arithmetic(10)
    begin = time.perf_counter()
    _arithmetic(50_000_000)
    return (time.perf_counter() - begin) / 50_000_000 * 1e9


def arguments(description: str | None, rounds: int) -> argparse.Namespace:
    """The options that the benchmarks share: rounds and output."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--output", type=Path)
    return parser.parse_args()


class Variant:
    """One thing that is timed.

    Parameters
    ----------
    name : str
    tables : Tables
    threads : int
    reference : bool
        The reference kernel instead of the lanes.
    bins : sequence of int, optional
        As for `BatchRunner`.
    """

    def __init__(
        self,
        name: str,
        tables: Tables,
        *,
        threads: int = 1,
        reference: bool = False,
        bins: Sequence[int] | None = None,
    ) -> None:
        self.name, self.threads = name, threads
        acquisitions = int(max(bins if bins is not None else tables.views.acquisition)) + 1
        self.runner = BatchRunner(tables, acquisitions, reference=reference, bins=bins)
        self.sums: Sums | None = None
        self.rates: list[float] = []

    def round(self, batches: int) -> None:
        """Run more batches; note the histories per second of wall time (the first round warms up and is not kept)."""
        first = 0 if self.sums is None else self.sums.batches.size
        begin = time.perf_counter()
        sums = self.runner.run(range(first, first + batches), self.threads)
        seconds = time.perf_counter() - begin
        if self.sums is not None:
            self.rates.append(batches * 65536 / seconds)
        self.sums = sums

    def figures(self) -> dict[str, float]:
        """Median rate, its spread, time per step, steps per history."""
        assert self.sums is not None
        steps = float(self.sums.counters[:, COUNT_STEPS].sum() / self.sums.histories)
        rate = statistics.median(self.rates)
        return {
            "threads": self.threads,
            "histories_per_s": rate,
            "spread_percent": 50.0 * (max(self.rates) - min(self.rates)) / rate,
            "steps_per_history": steps,
            "ns_per_step": 1e9 * self.threads / rate / steps,
        }


def interleave(variants: list[Variant], rounds: int, batches: Callable[[Variant], int]) -> dict:
    """Run all variants in turn, so that whatever else the machine does hits each of them alike."""
    calibration = []
    for _ in range(rounds + 1):
        calibration.append(calibration_ns())
        for variant in variants:
            variant.round(batches(variant))
    return {
        "calibration_ns": statistics.median(calibration),
        "variants": {v.name: v.figures() for v in variants},
    }


def peak_memory_mib() -> float:
    """Largest resident memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    info = Path("/proc/cpuinfo")
    names = (
        [x.partition(":")[2].strip() for x in info.read_text().splitlines() if "model name" in x]
        if info.is_file()
        else []
    )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        "numba": numba.__version__,
        "numpy": np.__version__,
    }


def print_table(variants: Mapping[str, Mapping[str, float]]) -> None:
    """Tab-separated, to standard output."""
    columns = list(next(iter(variants.values())))
    print("\t".join(["variant", *columns]))
    for name, figures in variants.items():
        print("\t".join([name, *(f"{figures[c]:.4g}" for c in columns)]))


def save(path: Path | None, content: dict) -> None:
    """Write the figures as JSON, if a file was named."""
    if path is not None:
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
