"""How long a stopped run takes to end, from the signal to the end of the process, with result and checkpoint written.

    python benchmarks/stop.py [--rounds 5] [--output stop.json]

The adult, two bodies of together 21 million voxels, stopped in either body at random moments, by SIGINT and SIGTERM in
turn. Columns: body, signal, load of the machine, seconds until checkpoint, result and the end of the process, and
processor seconds meanwhile, which other work on the machine lengthens less.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import arguments, machine, save

import ctdose

BODIES = ("adult-male", "adult-female")
FIRST_HISTORIES, LATER_HISTORIES = "1e9", "1e7"
LATEST_S = 3.0


def processor_seconds(process: int) -> float:
    """Of all threads of a process, user and system."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stop(body: str, after: float, number: int) -> dict[str, float]:
    """Stop a run so long after the begin of a body; seconds until each file and the end are there."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "chest.h5")
        histories = FIRST_HISTORIES if body == BODIES[0] else LATER_HISTORIES
        command = [
            sys.executable,
            "-m",
            "ctdose",
            "run",
            "chest",
            "--histories",
            histories,
            "-o",
            str(result),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith(body))
        time.sleep(after)
        begin, used, seen = time.perf_counter(), processor_seconds(process.pid), {}
        process.send_signal(number)
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            for path in (result.with_name("chest.h5.part"), result):
                if path.name not in seen and path.exists():
                    seen[path.name] = time.perf_counter() - begin
            time.sleep(0.002)
        seen["end"] = time.perf_counter() - begin
        if os.waitstatus_to_exitcode(ended[1]) != 1 or not result.exists():
            return {}  # it had ended before, or not yet begun
        seen["processor"] = ended[2].ru_utime + ended[2].ru_stime - used
        assert not ctdose.load_result(result).complete
    return seen


def main() -> None:
    """Measure and print."""
    given = arguments(__doc__, rounds=5)
    chance, figures = random.Random(1), []
    for turn in range(given.rounds):
        for body in BODIES:
            number = (signal.SIGINT, signal.SIGTERM)[turn % 2]
            load = os.getloadavg()[0]
            found = stop(body, chance.uniform(1.0, LATEST_S), number)
            if found:
                figures.append({"body": body, "signal": number.name, "load": load, **found})
                print("\t".join(f"{v:.2f}" if isinstance(v, float) else v for v in figures[-1].values()))
    ends = [each["end"] for each in figures]
    print(f"median {statistics.median(ends):.2f} s, longest {max(ends):.2f} s of {len(ends)}")
    save(given.output, {"machine": machine(), "stops": figures})


if __name__ == "__main__":
    main()
