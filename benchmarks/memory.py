"""Memory of a run: resident memory per voxel while photons fly, and the largest until the result is saved.

    python benchmarks/memory.py [--voxel-mm 1.4]

1.4 mm makes 58 million voxels of the adult female. The limits: 24 bytes a voxel while photons fly, 4 GiB in all.
"""

import argparse
import tempfile
from pathlib import Path

from timing import machine, peak_memory_mib

import ctdose
from ctdose.api import prepare

EXAM = """exam: memory
phantom: {phantom}
scanner: generic-64
acquisitions:
  - {{name: chest, mode: helical, tube_voltage_kv: 120, bowtie: body, collimation_mm: 40, pitch: 1.0,
     rotation_time_s: 0.5, scan_range: {scan_range}, tube_current_ma: 200}}
simulation: {{histories: 1_000_000{voxel_mm}}}
"""


def resident_bytes() -> int:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voxel-mm", type=float, default=1.4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "memory.yaml")
        path.write_text(EXAM.format(phantom="water-cylinder", scan_range="[-50, 50]", voxel_mm=""))
        ctdose.simulate(path)  # loads all that is loaded, whatever the phantom
        interpreter = resident_bytes()
        path.write_text(
            EXAM.format(phantom="adult-female", scan_range="chest", voxel_mm=f", voxel_mm: {given.voxel_mm}")
        )
        ready = prepare(path)
        voxels = ready.phantoms[0].material_index.size
        flying: list[int] = []
        result = ctdose.simulate(
            ready, progress=lambda stage, done, _: flying.append(resident_bytes() if done else 0)
        )
        result.save(Path(folder, "memory.h5"))
    print(f"voxels\t{voxels}")
    print(f"bytes a voxel while photons fly\t{max(flying) / voxels:.1f}\t(the interpreter included)")
    print(
        f"without the interpreter, its libraries and compiled code\t{(max(flying) - interpreter) / voxels:.1f}"
    )
    print(f"peak MiB\t{peak_memory_mib():.0f}")
    print(machine())


if __name__ == "__main__":
    main()
