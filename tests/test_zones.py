"""Local majorants: zones of metal and of small organs change no mean, only the steps and the variance."""

import numpy as np
import pytest

import ctdose
from ctdose.dosimetry.small_organs import small_organs
from ctdose.kernels.tally import COUNT_MAJORANT_EXCEEDED, COUNT_STEPS
from ctdose.kernels.zones import march, next_face
from ctdose.phantoms.library import load_bodies
from ctdose.simulation.zones import CELL_CM, Raised, no_zones

WATER, BONE = ctdose.Material("water"), ctdose.Material("cortical-bone")
TITANIUM = ctdose.Material("Ti")
BEAM = ctdose.PointSource((60, -400, 30), (0, 0, 0), (0.12, 0.12), ([40.0, 70.0, 110.0], [1, 2, 1]))


def body(rod=True):
    """20 cm of water and bone in 5 mm voxels, a rod of titanium, a small organ (region 5)."""
    index = np.zeros((40, 40, 40), np.uint8)
    index[:, 28:34, 10:30] = 1
    region = index.astype(np.uint16)
    if rod:
        index[5:35, 19:21, 19:21] = 2
        region[index == 2] = 2
    region[12:15, 8:11, 25:28] = 5
    return ctdose.VoxelPhantom(index, [WATER, BONE, TITANIUM], (5.0,) * 3, (-97.5,) * 3, region)


@pytest.fixture
def estimates(transport, interpreted):
    """Mean and variance of the mean of every region, and the counters."""

    def estimate(tables):
        count = 200 if interpreted else 60_000
        tallies = transport(tables, 0, count)
        rows = tallies.rows[0].astype(float)
        mean = rows[:, 0] * 2.0**-20 / count
        return mean, (rows[:, 1] * 2.0**-24 / count - mean**2) / count, tallies.counters

    return estimate


def whole(tables):
    """The same with one majorant for all, the largest of the zones."""
    majorant = tables.zones.majorant.max(axis=1)
    attenuation = tables.attenuation._replace(majorant=np.ascontiguousarray(majorant))
    return tables._replace(zones=no_zones(), attenuation=attenuation)


@pytest.mark.kernels
@pytest.mark.parametrize("estimator", ["collision-kerma", "analogue"])
@pytest.mark.parametrize("raised", [Raised(), Raised((5,), 8.0)])
def test_zones_change_no_mean(build_tables_of, estimates, statistics, interpreted, estimator, raised):
    tables = [build_tables_of(body(), BEAM, estimator=estimator, key=(k, 3), raised=raised) for k in (1, 2)]
    assert tables[0].zones.majorant.shape[1] == 2 + bool(raised.regions)
    mean, variance, counters = estimates(tables[0])
    mean_of_one, variance_of_one, counters_of_one = estimates(whole(tables[1]))
    assert counters[COUNT_MAJORANT_EXCEEDED] == 0
    assert counters_of_one[COUNT_MAJORANT_EXCEEDED] == 0
    used = mean_of_one > 0
    z = (mean - mean_of_one)[used] / np.sqrt(variance + variance_of_one)[used]
    assert np.abs(z).max() < statistics.z_limit(statistics.level(4 * z.size))
    if not interpreted:
        assert used.sum() == 4
        assert counters[COUNT_STEPS] < 0.5 * counters_of_one[COUNT_STEPS]


def test_a_raised_majorant_halves_the_variance_of_a_small_organ(build_tables_of, estimates, interpreted):
    if interpreted:
        pytest.skip("a variance takes more histories than the interpreter has time for")
    plain, raised = (
        estimates(build_tables_of(body(rod=False), BEAM, raised=r)) for r in (Raised(), Raised((5,), 8.0))
    )
    assert raised[1][5] < 0.6 * plain[1][5]
    assert raised[2][COUNT_STEPS] < 1.15 * plain[2][COUNT_STEPS]


def test_metal_has_a_zone_only_where_that_pays(build_tables_of):
    cells = build_tables_of(body(), BEAM).zones
    assert cells.shape.tolist() == [20, 20, 20]
    assert cells.size.tolist() == [CELL_CM] * 3
    marked = np.argwhere(cells.cell.reshape(20, 20, 20) == 1)
    assert marked.min(axis=0).tolist() == [2, 9, 9]  # the rod's cells and those that it borders on
    assert marked.max(axis=0).tolist() == [17, 10, 10]
    assert build_tables_of(body(rod=False), BEAM).zones.shape.tolist() == [0, 0, 0]
    metal = ctdose.VoxelPhantom(np.full((4, 4, 4), 0, np.uint8), [TITANIUM], (20.0,) * 3, (0.0,) * 3)
    assert build_tables_of(metal, BEAM).zones.shape.tolist() == [0, 0, 0]
    half = np.zeros((4, 4, 4), np.uint8)
    half[:2] = 1
    mixed = ctdose.VoxelPhantom(half, [WATER, TITANIUM], (20.0,) * 3, (0.0,) * 3)
    assert build_tables_of(mixed, BEAM).zones.shape.tolist() == [0, 0, 0]


def test_reach_meets_no_other_zone(build_tables_of):
    zones = build_tables_of(body(), BEAM, raised=Raised((5,), 4.0)).zones
    cells = zones.cell.reshape(zones.shape[::-1])
    other = np.argwhere(cells > 0)
    for place in np.argwhere(cells == 0)[::37]:
        gap = np.maximum(np.abs(other - place) - 1, 0).max(axis=1).min() * CELL_CM
        assert gap * 0.9999 < zones.reach.reshape(cells.shape)[tuple(place)] + 1e-9 <= gap + 1e-6


@pytest.mark.kernels
def test_the_optical_depth_is_used_up(build_tables_of):
    """Along the path the majorants of the cells add up to the depth that was drawn."""
    tables = build_tables_of(body(), BEAM, raised=Raised((5,), 4.0))
    zones, i = tables.zones, np.uint32(760)
    base = tables.attenuation.majorant[i, 0]
    cells = zones.cell.reshape(zones.shape[::-1])
    rng = np.random.default_rng(4)
    for _ in range(60):
        start = rng.uniform(0.0, 20.0, 3).astype(np.float32)
        direction = rng.normal(size=3)
        direction = (direction / np.linalg.norm(direction)).astype(np.float32)
        depth = np.float32(rng.exponential(2.0))
        first = [np.int32(s) for s in start]
        path, here = march(zones, i, np.float32(0), base, depth, *first, *start, *direction)
        along = np.arange(2000)[:, None] + 0.5
        points = start + direction * (along * (path / 2000))
        inside = ((points >= 0) & (points < 20)).all(axis=1)
        x, y, z = np.clip(points.astype(int), 0, 19).T
        local = np.where(inside, zones.majorant[i, cells[z, y, x], 0], base)
        assert local.mean() * path == pytest.approx(depth, rel=0.02, abs=0.01)
        assert here in zones.majorant[i, :, 0]


@pytest.mark.kernels
def test_a_flight_along_a_face_has_no_next_face_there():
    assert next_face(np.float32(3), np.float32(0), np.int32(3), np.float32(1))[0] > 1e29
    assert next_face(np.float32(3.25), np.float32(-0.5), np.int32(3), np.float32(1)) == (0.5, 2.0, -1)


def test_small_organs_of_a_person():
    """The lenses in a head exam; a target below 16 g too; nothing outside of the range."""
    phantom = load_bodies("adult-male", 4.0)[0]
    ids = {organ.name: organ.organ_id for organ in phantom.organs}
    z = phantom.origin_mm[2] + np.arange(phantom.shape[0]) * phantom.spacing_mm[2]
    lens = z[(phantom.region_index == ids["left_eye_lens"]).any(axis=(1, 2))]
    around = (lens.min() - 20.0, lens.max() + 20.0)
    lenses = {ids["left_eye_lens"], ids["right_eye_lens"]}
    assert set(small_organs(phantom, around).regions) == lenses
    assert set(small_organs(phantom, around, {ids["left_eye"], ids["brain"]}).regions) == lenses | {
        ids["left_eye"]
    }
    assert small_organs(phantom, (z[0], z[0] + 50.0)).regions == ()
