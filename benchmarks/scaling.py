"""What the cost of a history depends on: voxels, materials, regions, threads.

python benchmarks/scaling.py [--rounds 3] [--output scaling.json]
"""

import cases
from timing import Variant, arguments, interleave, machine, print_table, save

BATCHES = 12


def main() -> None:
    """Measure, print, save."""
    given = arguments(__doc__, rounds=3)
    variants = [Variant(f"{n}^3 voxels", cases.cube(n)) for n in (16, 64, 128, 256, 384)]
    variants += [Variant(f"{n}^3 voxels, map", cases.cube(n, with_voxels=True)) for n in (64, 256)]
    variants += [Variant(f"{n} materials", cases.cube(64, materials=n)) for n in (1, 16, 64)]
    variants += [Variant(f"{n} regions", cases.cube(64, regions=n)) for n in (1, 64, 512)]
    variants += [Variant(f"{n} threads", cases.cube(64), threads=n) for n in (1, 2)]
    found = interleave(variants, given.rounds, lambda v: BATCHES * v.threads)
    print_table(found["variants"])
    save(given.output, found | {"machine": machine()})


if __name__ == "__main__":
    main()
