"""The transport against answers that are known: exp(-mu x), an infinite medium, vacuum, another majorant."""

import numpy as np
import pytest

from ctdose.kernels.tally import COUNT_ENTERED, COUNT_STEPS, SUM_DEPOSITED, SUM_EMITTED, SUM_ESCAPED
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.cross_sections import mass_coefficients
from ctdose.physics.materials import Material
from ctdose.simulation.open_beams import ParallelBeam, PointSource

pytestmark = pytest.mark.kernels

WATER, BONE, LUNG = (Material(n) for n in ("water", "cortical-bone", "lung"))
LAYERS = [(WATER, 1.0), (BONE, 1.2), (LUNG, 0.9), (BONE, 0.3), (WATER, 2.0), (LUNG, 0.0), (WATER, 0.7)]
THICKNESS_CM = 0.5


def mu_of(material, energy):
    """1/cm at the material's own density, by the cross sections themselves."""
    return material.density_g_cm3 * mass_coefficients(material, np.array([energy])).total[0]


def slab():
    """Layers along z, each a region, wide enough for any slanted pencil."""
    index = np.array([[[[WATER, BONE, LUNG].index(m)]] for m, _ in LAYERS], np.uint8).reshape(-1, 1, 1)
    density = np.array([m.density_g_cm3 * ratio for m, ratio in LAYERS]).reshape(-1, 1, 1)
    region = np.arange(len(LAYERS)).reshape(-1, 1, 1)
    return VoxelPhantom(
        index, [WATER, BONE, LUNG], (400.0, 400.0, 10 * THICKNESS_CM), (0, 0, 2.5), region, density
    )


def black(tables):
    """The same tables with photoelectric absorption alone, without fluorescence: the first collision ends a photon."""
    attenuation = tables.attenuation
    always = np.zeros_like(attenuation.photoelectric)
    always[..., 0] = 1.0
    fluorescence = tables.fluorescence._replace(probability=np.zeros_like(tables.fluorescence.probability))
    return tables._replace(
        attenuation=attenuation._replace(
            photoelectric=always, photoelectric_or_compton=always, mu_en=attenuation.mu
        ),
        fluorescence=fluorescence,
    )


@pytest.mark.parametrize("slope", [0.0, 1.0, -2.0])
@pytest.mark.parametrize("energy", [20.0, 60.0, 150.0])
def test_a_slab_transmits_exp_of_minus_mu_x(
    build_tables_of, transport, statistics, interpreted, energy, slope
):
    """Primary photons through layers of unequal density, upright and slanted; where they stop, layer by layer."""
    case = [20.0, 60.0, 150.0].index(energy) * 3 + [0.0, 1.0, -2.0].index(slope)
    beam = ParallelBeam((slope, 0.0, 1.0), (-20.0 * slope, 0.0, -20.0), (1.0, 1.0), energy)
    tables = black(build_tables_of(slab(), beam, estimator="analogue", key=(case, 1)))
    count = 2_000 if interpreted else 60_000
    tallies = transport(tables, 0, count)
    step = THICKNESS_CM * np.sqrt(1.0 + slope**2)
    depth = np.concatenate([[0.0], np.cumsum([ratio * mu_of(m, energy) * step for m, ratio in LAYERS])])
    quantum = energy * 2**20
    stopped = np.rint(tallies.rows[0, :, 0] / quantum)
    transmitted = np.rint(tallies.counters[SUM_ESCAPED] / quantum)
    expected = np.append(np.exp(-depth[:-1]) - np.exp(-depth[1:]), np.exp(-depth[-1])) * count
    assert tallies.counters[COUNT_ENTERED] == count
    assert statistics.chi_square([*stopped, transmitted], expected) > statistics.level(9)


@pytest.mark.parametrize("energy", [20.0, 60.0])
def test_collision_kerma_falls_off_like_the_primary_fluence(
    build_tables_of, transport, statistics, interpreted, energy
):
    """With mu_en = mu and no scatter each layer's kerma is E (exp(-a) - exp(-b)), by expectation."""
    beam = ParallelBeam((0, 0, 1), (0.0, 0.0, -20.0), (1.0, 1.0), energy)
    tables = black(build_tables_of(slab(), beam))
    count = 2_000 if interpreted else 60_000
    rows = transport(tables, 0, count).rows[0].astype(float)
    depth = np.concatenate([[0.0], np.cumsum([r * mu_of(m, energy) * THICKNESS_CM for m, r in LAYERS])])
    expected = energy * (np.exp(-depth[:-1]) - np.exp(-depth[1:]))
    mean, square = rows[:, 0] * 2.0**-20 / count, rows[:, 1] * 2.0**-24 / count
    error = np.sqrt((square - mean**2) / count)
    assert (rows[expected == 0] == 0).all()
    reached = (expected > 0) & (np.exp(-depth[1:]) * count > 300)  # enough for a normal distribution
    z = (mean - expected)[reached] / error[reached]
    assert np.abs(z).max() < statistics.z_limit(statistics.level(2 * z.size))


INFINITE_CASES = [
    ("water", 60.0, False),
    ("water", 5.0, True),
    ("iodine", 40.0, False),
    ("cortical-bone", 20.0, True),
]


@pytest.mark.parametrize(("name", "energy", "doppler"), INFINITE_CASES)
def test_an_infinite_medium_absorbs_all(
    build_tables_of, transport, statistics, interpreted, name, energy, doppler
):
    phantom = VoxelPhantom(np.zeros((1, 1, 1), np.uint8), [Material(name)], (1e5,) * 3, (0, 0, 0))
    beam = PointSource((0, 0, 0), (0, 0, 1), (1.0, 1.0), energy)
    count = 300 if interpreted else 60_000
    analogue = transport(build_tables_of(phantom, beam, estimator="analogue", doppler=doppler), 0, count)
    assert analogue.counters[SUM_ESCAPED] == 0
    assert analogue.rows[0, 0, 0] == analogue.counters[SUM_DEPOSITED] == analogue.counters[SUM_EMITTED]
    rows = transport(build_tables_of(phantom, beam, doppler=doppler), 0, count).rows[0, 0].astype(float)
    mean = rows[0] * 2.0**-20 / count
    error = np.sqrt((rows[1] * 2.0**-24 / count - mean**2) / count)
    assert abs(mean - energy) < statistics.z_limit(statistics.level(len(INFINITE_CASES))) * error


def mixed_cube():
    index = np.indices((6, 6, 6)).sum(axis=0) % 3
    return VoxelPhantom(index.astype(np.uint8), [WATER, BONE, LUNG], (10.0,) * 3, (-25.0,) * 3, index)


@pytest.mark.parametrize("estimator", ["analogue", "collision-kerma"])
def test_a_doubled_majorant_changes_nothing(build_tables_of, transport, statistics, interpreted, estimator):
    beam = PointSource((0, -300, 0), (0, 0, 0), (0.08, 0.08), 50.0)
    count = 300 if interpreted else 60_000
    estimates, steps = [], []
    for factor in (1, 2):
        tables = build_tables_of(mixed_cube(), beam, estimator=estimator, key=(factor, 5))
        majorant = tables.attenuation.majorant * np.float32(factor)
        tallies = transport(
            tables._replace(attenuation=tables.attenuation._replace(majorant=majorant)), 0, count
        )
        rows = tallies.rows[0].astype(float)
        mean = rows[:, 0] * 2.0**-20 / count
        estimates.append((mean, (rows[:, 1] * 2.0**-24 / count - mean**2) / count))
        steps.append(tallies.counters[COUNT_STEPS])
    z = (estimates[0][0] - estimates[1][0]) / np.sqrt(estimates[0][1] + estimates[1][1])
    assert np.abs(z).max() < statistics.z_limit(statistics.level(2 * z.size))
    assert steps[1] > 1.5 * steps[0]


def test_photons_cross_a_vacuum(build_tables_of, transport, interpreted):
    """Voxels of density 0 take nothing from a beam; a phantom of nothing lets all of it through."""
    count = 50 if interpreted else 5000
    index = np.zeros((3, 3, 3), np.uint8)
    beam = ParallelBeam((0, 0, 1), (0, 0, -100), (20.0, 20.0), 30.0)
    density = np.zeros((3, 3, 3))
    nothing = VoxelPhantom(index, [WATER], (10.0,) * 3, (-10.0,) * 3, density_g_cm3=density)
    tallies = transport(build_tables_of(nothing, beam), 0, count)
    assert tallies.counters[SUM_ESCAPED] == tallies.counters[SUM_EMITTED]
    assert not tallies.rows.any()
    density[:, 0, 0] = 4.0 * 0.99 * WATER.density_g_cm3  # a dense column that the beam does not touch
    beside = VoxelPhantom(index, [WATER], (20.0,) * 3, (-20.0,) * 3, density_g_cm3=density)
    tallies = transport(build_tables_of(beside, beam), 0, count)
    assert tallies.counters[COUNT_STEPS] > 2 * count  # null collisions all the way
    assert tallies.counters[SUM_ESCAPED] == tallies.counters[SUM_EMITTED]


@pytest.mark.parametrize("energy", [8.0, 20.0, 60.0])
def test_air_around_the_phantom_attenuates(build_tables_of, transport, statistics, interpreted, energy):
    air, distance_cm = Material("air"), 58.5
    beam = ParallelBeam((0, 0, 1), (0.0, 0.0, -10 * distance_cm - 30.0), (10.0, 10.0), energy)
    tables = build_tables_of(mixed_cube(), beam, surroundings=air)
    count = 500 if interpreted else 60_000
    tallies = transport(tables, 0, count)
    p = np.exp(-mu_of(air, energy) * distance_cm)
    entered = tallies.counters[COUNT_ENTERED]
    assert statistics.chi_square([entered, count - entered], [p * count, (1 - p) * count]) > statistics.level(
        3
    )
    c = tallies.counters
    assert c[SUM_EMITTED] == c[SUM_ESCAPED] + c[SUM_DEPOSITED]
