"""What a cluster of two worker processes gains over one: the same work, the tallies added as a run adds them.

python benchmarks/cluster.py [--rounds 5] [--output cluster.json]

"busy" is the share of the workers' time that they spend in the kernel; the rest goes into messages, adding and waiting.
"""

from __future__ import annotations

import statistics
import time

import cases
from timing import arguments, calibration_ns, machine, print_table, save

from ctdose.simulation.cluster.connection import Connection, start_workers
from ctdose.simulation.cluster.executor import Cluster
from ctdose.simulation.job import Job, tables_sha256
from ctdose.simulation.ledger import Ledger

BATCHES = 240
WORKERS = (1, 2)


def job_of(name: str, *, with_voxels: bool) -> Job:
    """The chest exam on the adult female."""
    tables = cases.chest(with_voxels)
    return Job(name, tables, 1, None, {"tables": tables_sha256(tables)})


class Variant:
    """One job on so many workers: seconds of each round, and the share of it in the kernel."""

    def __init__(self, job: Job, connection: Connection, workers: int) -> None:
        self.job, self.workers = job, workers
        self.executor = Cluster(connection)
        self.seconds: list[float] = []
        self.busy: list[float] = []

    def round(self, batches: int) -> None:
        """Run some batches from the first to the last message."""
        begin = time.perf_counter()
        sums = Ledger(self.job, self.executor).fill(range(batches))
        seconds = time.perf_counter() - begin
        assert sums is not None
        assert sums.batches.size == batches
        self.seconds.append(seconds)
        self.busy.append(sums.transport_seconds / (seconds * self.workers))


def compared(one: Variant, two: Variant) -> dict[str, float]:
    """Rates, and the ratio of the times over the ratio of the workers, round by round."""
    ratios = [a / (2.0 * b) for a, b in zip(one.seconds, two.seconds)]
    return {
        "one_histories_per_s": BATCHES * 65536 / statistics.median(one.seconds),
        "two_histories_per_s": BATCHES * 65536 / statistics.median(two.seconds),
        "efficiency": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
        "one_busy": statistics.median(one.busy),
        "two_busy": statistics.median(two.busy),
    }


def main() -> None:
    """Measure in turn, print, save."""
    given = arguments(__doc__, rounds=5)
    jobs = [job_of("organs", with_voxels=False), job_of("maps", with_voxels=True)]
    with start_workers(WORKERS[0]) as one, start_workers(WORKERS[1]) as two:
        variants = [Variant(job, c, n) for job in jobs for c, n in zip((one, two), WORKERS)]
        for variant in variants:
            variant.round(8 * variant.workers)  # the tables are sent, the kernels loaded; not kept
            variant.seconds.clear()
            variant.busy.clear()
        calibration = []
        for _ in range(given.rounds):
            calibration.append(calibration_ns())
            for variant in variants:
                variant.round(BATCHES)
    figures = {job.body: compared(*(v for v in variants if v.job is job)) for job in jobs}
    print_table(figures)
    save(
        given.output,
        {"calibration_ns": statistics.median(calibration), "variants": figures, "machine": machine()},
    )


if __name__ == "__main__":
    main()
