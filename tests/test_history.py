"""One history: energy is conserved to the quantum, whatever the energy, the direction and the material."""

import numpy as np
import pytest

from ctdose.kernels.sampling import rotate
from ctdose.kernels.tally import (
    COUNT_COLLISIONS,
    COUNT_COMPTON,
    COUNT_ENTERED,
    COUNT_FLUORESCENCE,
    COUNT_FLUSHES,
    COUNT_MAJORANT_EXCEEDED,
    COUNT_OVERFLOW,
    COUNT_PHOTOELECTRIC,
    COUNT_RAYLEIGH,
    COUNT_STEPS,
    SUM_DEPOSITED,
    SUM_EMITTED,
    SUM_ESCAPED,
    quanta,
)
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.energy_grid import edge_kev
from ctdose.physics.materials import Material
from ctdose.simulation.open_beams import ParallelBeam, PointSource, RotatingSource

pytestmark = pytest.mark.kernels

WATER = Material("water")
CONTRAST = Material.from_mass_fractions(
    "contrast", {"H": 0.1, "O": 0.75, "Ca": 0.05, "I": 0.1}, density_g_cm3=1.1
)
MATERIALS = [WATER, CONTRAST, Material("lung"), Material("cortical-bone")]


def chequered(size=40.0, voxels=8):
    """A cube of four materials in chequered order, with uneven densities, centred on the origin, mm."""
    z, y, x = np.indices((voxels, voxels, voxels))
    index = (x + 2 * y + 3 * z) % 4
    density = np.array([m.density_g_cm3 for m in MATERIALS])[index] * (0.7 + 0.1 * ((x + y) % 4))
    step = size / voxels
    origin = ((step - size) / 2.0,) * 3
    return VoxelPhantom(index.astype(np.uint8), MATERIALS, (step,) * 3, origin, (x + y + z) % 5, density)


def just(energy, above):
    """The float32 next to an edge, above or below it."""
    value = np.float32(energy)
    while float(value) < energy:
        value = np.nextafter(value, np.float32(1e9))
    while not above and float(value) >= energy:
        value = np.nextafter(value, np.float32(0))
    return float(value)


IODINE, CALCIUM = edge_kev(53, "K"), edge_kev(20, "K")
ENERGIES = [1.0, 1.0000001, 4.0, just(CALCIUM, False), just(CALCIUM, True), 20.0]
ENERGIES += [just(IODINE, False), just(IODINE, True), 60.0, 150.0]
DIRECTIONS = [
    (0, 0, 1),
    (0, 0, -1),
    (1, 0, 0),
    (-1, 0, 0),
    (0, 1, 0),
    (0, -1, 0),
    (1, 1, 1),
    (1e-6, 1e-6, -1),
]


def check_counters(tallies, histories):
    c = tallies.counters
    assert c[SUM_EMITTED] == c[SUM_ESCAPED] + c[SUM_DEPOSITED]
    assert c[COUNT_COLLISIONS] == c[COUNT_PHOTOELECTRIC] + c[COUNT_COMPTON] + c[COUNT_RAYLEIGH]
    assert 0 <= c[COUNT_ENTERED] <= histories
    assert c[COUNT_COLLISIONS] <= c[COUNT_STEPS]
    assert c[COUNT_FLUORESCENCE] <= c[COUNT_PHOTOELECTRIC]
    assert c[COUNT_MAJORANT_EXCEEDED] == c[COUNT_OVERFLOW] == c[COUNT_FLUSHES] == 0


@pytest.mark.parametrize("estimator", ["analogue", "collision-kerma"])
@pytest.mark.parametrize(("cutoff_kev", "doppler"), [(1.0, False), (1.0, True), (20.0, False)])
@pytest.mark.parametrize("energy", ENERGIES)
def test_energy_is_conserved_exactly(
    build_tables_of, transport, interpreted, energy, cutoff_kev, doppler, estimator
):
    beam = RotatingSource(200.0, (0.1, 0.1), energy)
    tables = build_tables_of(
        chequered(), beam, estimator=estimator, cutoff_kev=cutoff_kev, doppler=doppler, with_voxels=True
    )
    count = 15 if interpreted else 4000
    tallies = transport(tables, 0, count)
    check_counters(tallies, count)
    rows, c = tallies.rows[0], tallies.counters
    assert c[COUNT_ENTERED] == count
    assert c[SUM_EMITTED] == count * quanta(np.float32(energy))
    assert rows[:, 0].sum() == tallies.voxel_sum.sum()
    if estimator == "analogue":
        assert rows[:, 0].sum() == c[SUM_DEPOSITED]
    if energy < IODINE and cutoff_kev == 20.0:
        assert c[COUNT_FLUORESCENCE] == 0


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("centre", [(0.0, 0.0, 0.0), (-20.0, 5.0, -15.0), (20.0, 20.0, 20.0)])
def test_awkward_directions_and_starts(build_tables_of, transport, interpreted, direction, centre):
    """Along the axes, in the faces between voxels, in the box's own faces and edges; pencils of no width."""
    start = np.array(centre) - 100.0 * np.array(direction, float)
    beam = ParallelBeam(direction, tuple(start), (0.0, 0.0), 60.0)
    count = 20 if interpreted else 2000
    tallies = transport(build_tables_of(chequered(), beam, estimator="analogue"), 0, count)
    check_counters(tallies, count)
    assert tallies.rows[0, :, 0].sum() == tallies.counters[SUM_DEPOSITED]
    if centre == (0.0, 0.0, 0.0):
        assert tallies.counters[COUNT_ENTERED] == count


def test_a_beam_that_misses_leaves_nothing(build_tables_of, transport):
    beam = ParallelBeam((0, 0, 1), (0.0, 100.0, -100.0), (10.0, 10.0), 60.0)
    tallies = transport(build_tables_of(chequered(), beam), 0, 50)
    assert not tallies.rows.any()
    assert tallies.counters[COUNT_ENTERED] == 0
    assert tallies.counters[SUM_ESCAPED] == tallies.counters[SUM_EMITTED] == 50 * 60 * 2**20


def test_a_source_within_the_phantom(build_tables_of, transport, interpreted):
    count = 20 if interpreted else 4000
    tables = build_tables_of(
        chequered(), PointSource((0, 0, 0), (1, 2, 3), (1.5, 1.5), 30.0), estimator="analogue"
    )
    tallies = transport(tables, 0, count)
    check_counters(tallies, count)
    assert tallies.counters[COUNT_ENTERED] == count


def test_what_sinks_below_the_cut_off_stays(build_tables_of, transport, interpreted):
    """With a cut-off above every scattered energy a Compton scattering ends the photon where it happens."""
    beam = ParallelBeam((0, 0, 1), (0, 0, -50), (10.0, 10.0), 20.0)
    count = 30 if interpreted else 4000
    for estimator in ("analogue", "collision-kerma"):
        tables = build_tables_of(chequered(), beam, cutoff_kev=20.0, estimator=estimator)
        c = transport(tables, 0, count).counters
        ended = c[COUNT_PHOTOELECTRIC] + c[COUNT_COMPTON]
        assert c[SUM_DEPOSITED] == ended * 20 * 2**20


def test_the_sentinel_ends_a_photon(build_tables_of, transport):
    """A voxel of the sentinel's region is outside: as if the photon had left the box."""
    from ctdose.kernels.tables import REGION_SENTINEL

    beam = ParallelBeam((0, 0, 1), (0, 0, -50), (10.0, 10.0), 60.0)
    tables = build_tables_of(chequered(), beam)
    word = tables.voxels.word | np.uint32(REGION_SENTINEL)
    tallies = transport(tables._replace(voxels=tables.voxels._replace(word=word)), 0, 50)
    assert not tallies.rows.any()
    assert tallies.counters[SUM_ESCAPED] == tallies.counters[SUM_EMITTED]
    assert tallies.counters[COUNT_ENTERED] == 50


def test_a_direction_keeps_its_length_over_many_scatterings():
    rng = np.random.default_rng(3)
    direction = (np.float32(0.0), np.float32(0.0), np.float32(-1.0))
    for cos_theta, turns in zip(rng.uniform(-1, 1, 3000), rng.uniform(0, 1, 3000)):
        direction = tuple(np.float32(d) for d in rotate(*direction, np.float32(cos_theta), np.float32(turns)))
        assert sum(float(d) ** 2 for d in direction) == pytest.approx(1.0, abs=4e-7)
