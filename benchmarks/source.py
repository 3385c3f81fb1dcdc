"""What the source costs: a focal spot, off-focal radiation and a scan in many pieces, against a point.

    python benchmarks/source.py [--rounds 15] [--output source.json]

The chest exam on the adult female, organs only, one thread; all variants in turn in one process. The pieces are those
of a modulated scan: 36 angles in each 5 mm, each with blades of its own. The bowtie is in all of them. Compared is the
processor's time, not the wall's: other programs take less of it.
"""

import time

import cases
import numpy as np
from timing import Variant, arguments, interleave, machine, print_table, save

from ctdose.kernels.tables import Tables
from ctdose.simulation.beam_tables import Spot

SPOT = Spot(width=0.09, length=0.09, collimator=20.0)
OFF_FOCAL = SPOT._replace(off_focal=0.05, sigma=1.0)
Z_STEPS, ANGLES = 70, 36


def with_spot(tables: Tables, spot: Spot) -> Tables:
    """The same tables with an extended focus."""
    beams = tables.beams._replace(spot=np.array([spot] * tables.beams.kind.size, np.float32), extended=1)
    return tables._replace(beams=beams)


def in_pieces(tables: Tables) -> Tables:
    """The same tables with their one piece cut in bins of z and angle, of unequal current."""
    views = tables.views
    random = np.random.default_rng(1)
    photons = random.uniform(0.5, 1.5, Z_STEPS * ANGLES)
    z = np.repeat(np.linspace(*views.z[0], Z_STEPS + 1), ANGLES)
    begin, end = z[: photons.size], z[ANGLES:]
    angle = np.tile(np.arange(ANGLES) * 2 * np.pi / ANGLES, Z_STEPS)
    count = photons.size
    cumulative = np.concatenate([[0.0], np.cumsum(photons) / photons.sum()])
    cumulative[-1] = 1.0
    blades = np.tile(np.array([-0.99, 0.99, -0.98, 0.98], np.float32), (count, 1))
    cut = views._replace(
        cumulative=cumulative,
        z=np.stack([begin, end], axis=1).astype(np.float32),
        angle=np.stack([angle, np.full(count, 2 * np.pi / ANGLES)], axis=1).astype(np.float32),
        angle_is_random=np.ones(count, np.int32),
        beam=np.zeros(count, np.int32),
        acquisition=np.zeros(count, np.int32),
        blades=blades,
    )
    return tables._replace(views=cut)


class Timed(Variant):
    """A variant that notes the processor's time of each round too."""

    def __init__(self, name: str, tables: Tables) -> None:
        super().__init__(name, tables)
        self.seconds: list[float] = []

    def round(self, batches: int) -> None:
        """Run more batches; the first round warms up."""
        begin = time.process_time()
        super().round(batches)
        self.seconds.append(time.process_time() - begin)


def main() -> None:
    """Measure, print, save; a ratio is the median of those of the rounds."""
    given = arguments(__doc__, rounds=15)
    chest = cases.chest(False)
    point = with_spot(chest, Spot())
    point = point._replace(beams=point.beams._replace(extended=0))
    variants = [
        Timed("point", point),
        Timed("point again", point),
        Timed("spot", with_spot(chest, SPOT)),
        Timed("spot, off-focal", with_spot(chest, OFF_FOCAL)),
        Timed("point, 2520 pieces, blades", in_pieces(point)),
        Timed("spot, off-focal, 2520 pieces, blades", in_pieces(with_spot(chest, OFF_FOCAL))),
    ]
    found = interleave(variants, given.rounds, lambda v: 4)
    print_table(found["variants"])
    base = np.array(variants[0].seconds[1:])
    for variant in variants[1:]:
        ratios = base / np.array(variant.seconds[1:])
        found["variants"][variant.name]["rate_over_point"] = float(np.median(ratios))
        low, high = np.quantile(ratios, (0.25, 0.75))
        print(
            f"{variant.name}: {np.median(ratios):.3f} of the point's rate (quartiles {low:.3f} to {high:.3f})"
        )
    save(given.output, found | {"machine": machine()})


if __name__ == "__main__":
    main()
