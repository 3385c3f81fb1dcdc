"""Analogue and collision kerma: two estimators of one mean, on the very same histories.

Both see the same random numbers, so that the photons fly the same ways; the differences of groups of histories are
paired, and their mean is tested by Student's t.
"""

import numpy as np
import pytest

from ctdose.kernels.tally import COUNT_FLUORESCENCE, COUNT_STEPS
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.open_beams import PointSource

pytestmark = pytest.mark.kernels

GROUPS = 60
WATER = Material("water")


def with_iodine(share):
    fractions = {element: (1.0 - share) * part for element, part in WATER.mass_fractions.items()}
    return Material.from_mass_fractions("contrast", {**fractions, "I": share}, density_g_cm3=1.08)


CONTRAST = with_iodine(0.1)
CASES = [
    ("water", [WATER], 60.0, 1.0, False),
    ("water, Doppler", [WATER], 25.0, 1.0, True),
    ("contrast above the K edge", [CONTRAST], 34.0, 1.0, False),
    ("contrast at 40 keV", [CONTRAST], 40.0, 1.0, False),
    ("contrast, Doppler", [CONTRAST], 40.0, 1.0, True),
    ("contrast, high cut-off", [CONTRAST, WATER], 60.0, 20.0, False),
    ("bone and lung", [Material("cortical-bone"), WATER, Material("lung")], 30.0, 1.0, False),
    ("soft photons in bone", [Material("cortical-bone"), WATER], 6.0, 1.0, True),
]


def layered(materials):
    """A cube of 12 cm, its materials in layers along z: every layer in the beam."""
    index = np.broadcast_to((np.arange(6) % len(materials))[:, None, None], (6, 6, 6))
    return VoxelPhantom(index.astype(np.uint8), materials, (20.0,) * 3, (-50.0,) * 3)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_two_estimators_have_one_mean(build_tables_of, transport, statistics, interpreted, case):
    _, materials, energy, cutoff, doppler = case
    beam = PointSource((0, -20, -400), (0, 0, 0), (0.1, 0.1), energy)
    size = 15 if interpreted else 2048
    means, counters = [], []
    for estimator in ("collision-kerma", "analogue"):
        tables = build_tables_of(
            layered(materials),
            beam,
            estimator=estimator,
            cutoff_kev=cutoff,
            doppler=doppler,
            key=(CASES.index(case), 77),
        )
        groups = [transport(tables, g * size, (g + 1) * size) for g in range(GROUPS)]
        means.append(np.array([g.rows[0, :, 0] for g in groups]) * 2.0**-20 / size)
        counters.append(sum(g.counters for g in groups))
    assert (counters[0][COUNT_STEPS : COUNT_STEPS + 2] == counters[1][COUNT_STEPS : COUNT_STEPS + 2]).all()
    if energy > 33.2 and CONTRAST in materials:
        assert counters[0][COUNT_FLUORESCENCE] > 0
    difference = means[0] - means[1]
    difference = np.column_stack([difference, difference.sum(axis=1)])
    error = difference.std(axis=0, ddof=1) / np.sqrt(GROUPS)
    limit = statistics.t_limit(statistics.level(len(CASES) * difference.shape[1]), GROUPS - 1)
    assert (np.abs(difference.mean(axis=0)) <= limit * error).all()  # 0 in a layer that no photon reached
    if not interpreted:  # and the comparison is sharp
        assert error[-1] < 0.006 * means[1].sum(axis=1).mean()


def test_estimators_follow_the_same_photons(build_tables_of, transport, interpreted):
    """All counters agree: an estimator takes no random number and changes no flight."""
    beam = PointSource((0, -20, -400), (0, 0, 0), (0.1, 0.1), 50.0)
    count = 40 if interpreted else 3000
    counters = [
        transport(build_tables_of(layered([CONTRAST, WATER]), beam, estimator=e), 0, count).counters.tolist()
        for e in ("collision-kerma", "analogue")
    ]
    assert counters[0] == counters[1]
