"""What a cluster of two worker processes gains over one: the same work, the tallies added as a run adds them.

python benchmarks/cluster.py [--rounds 5] [--batches 240] [--output cluster.json]

"busy" is the share of the workers' time that they spend in the kernel; the rest goes into messages and waiting.
"processor" is the processor's time of the same batches in one process without a cluster, over that of both workers
and the client: what remains comparable where the machine has other work.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import cases
from timing import calibration_ns, machine, print_table, save

from ctdose.simulation.cluster.connection import Connection, start_workers
from ctdose.simulation.cluster.executor import Cluster
from ctdose.simulation.job import Job, tables_sha256
from ctdose.simulation.ledger import Ledger
from ctdose.simulation.local_threads import LocalThreads
from ctdose.simulation.sums import Sums


def job_of(name: str, *, with_voxels: bool) -> Job:
    """The chest exam on the adult female."""
    tables = cases.chest(with_voxels)
    return Job(name, tables, 1, None, {"tables": tables_sha256(tables)})


class Variant:
    """One job on so many workers of a cluster, or (0) without one: wall and processor seconds of each round."""

    def __init__(self, job: Job, workers: int) -> None:
        self.job, self.workers = job, workers
        self.seconds: list[float] = []
        self.processor: list[float] = []
        self.busy: list[float] = []

    def round(self, batches: int) -> None:
        """Run some batches, from the first to the last message, on a cluster that has seen the job before.

        Only one cluster is alive at a time: idle ones take some percent of two cores.
        """
        with start_workers(self.workers) if self.workers else nullcontext() as connection:
            self._fill(connection, range(4 * max(self.workers, 1)))
            before, begin = _processor_seconds(connection), time.perf_counter()
            sums = self._fill(connection, range(batches))
            seconds = time.perf_counter() - begin
            self.processor.append(_processor_seconds(connection) - before)
        assert sums is not None
        assert sums.batches.size == batches
        self.seconds.append(seconds)
        self.busy.append(sums.transport_seconds / (seconds * max(self.workers, 1)))
        print(f"{self.job.body}, {self.workers} workers: {seconds:.1f} s", file=sys.stderr, flush=True)

    def _fill(self, connection: Connection | None, batches: range) -> Sums | None:
        executor = LocalThreads(1) if connection is None else Cluster(connection)
        return Ledger(self.job, executor).fill(batches)


def _processor_seconds(connection: Connection | None) -> float:
    of_workers = connection.client.run(time.process_time).values() if connection else []
    return time.process_time() + sum(of_workers)


def compared(local: Variant, one: Variant, two: Variant, batches: int) -> dict[str, float]:
    """Rates, and the ratio of the times over the ratio of the workers, round by round."""
    ratios = [a / (2.0 * b) for a, b in zip(one.seconds, two.seconds)]
    processor = [a / b for a, b in zip(local.processor, two.processor)]
    return {
        "one_histories_per_s": batches * 65536 / statistics.median(one.seconds),
        "two_histories_per_s": batches * 65536 / statistics.median(two.seconds),
        "efficiency": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
        "one_busy": statistics.median(one.busy),
        "two_busy": statistics.median(two.busy),
        "processor": statistics.median(processor),
    }


def main() -> None:
    """Measure in turn, print, save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=240)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    jobs = [job_of("organs", with_voxels=False), job_of("maps", with_voxels=True)]
    of_job = {job.body: [Variant(job, workers) for workers in (0, 1, 2)] for job in jobs}
    calibration = []
    for _ in range(given.rounds):
        calibration.append(calibration_ns())
        for variant in (variant for each in of_job.values() for variant in each):
            variant.round(given.batches)
    figures = {name: compared(*each, given.batches) for name, each in of_job.items()}
    print_table(figures)
    save(
        given.output,
        {"calibration_ns": statistics.median(calibration), "variants": figures, "machine": machine()},
    )


if __name__ == "__main__":
    main()
