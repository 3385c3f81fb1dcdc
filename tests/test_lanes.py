"""The lanes give the same bits as the reference kernel: over sources, phantoms, estimators, physics options."""

from dataclasses import replace

import numpy as np
import pytest

import ctdose
from ctdose.simulation.beam_tables import Spot, open_beam_row, pack_beams
from ctdose.simulation.compiled import entry
from ctdose.simulation.scoring import Composite, FoldedResponse
from ctdose.simulation.transport_tables import NOWHERE, Physics, build_transport_tables
from ctdose.simulation.views import FIXED_PIECE, PieceRow, build_views
from ctdose.simulation.voxel_tables import to_kernel_frame
from ctdose.simulation.zones import Raised

WATER, AIR = ctdose.Material("water"), ctdose.Material("air")
CONTRAST = ctdose.Material.from_mass_fractions(
    "contrast", {"H": 0.1, "O": 0.8, "Ca": 0.02, "I": 0.08}, density_g_cm3=1.1
)
BEAMS = {
    "point": ctdose.PointSource((0, -400, 50), (0, 0, 0), (0.2, 0.2), ([34.0, 80.0], [1, 1])),
    "parallel": ctdose.ParallelBeam((1, 2, 3), (-60, -120, -180), (90, 90), 33.5),
    "rotating": ctdose.RotatingSource(500.0, (0.2, 0.05), ([20.0, 60.0, 120.0], [1, 3, 2])),
    "spot": ctdose.RotatingSource(500.0, (0.2, 0.05), ([20.0, 60.0, 120.0], [1, 3, 2])),
}
CASES = [
    (beam, estimator, doppler, cutoff, clip, surroundings, voxels)
    for beam in BEAMS
    for estimator in ("collision-kerma", "analogue")
    for doppler, cutoff, clip, surroundings, voxels in (
        (False, 1.0, False, None, True),
        (True, 1.0, True, AIR, True),
        (False, 15.0, True, AIR, False),
    )
]


def phantom(fill, densities=(0.5, 1.0, 1.9)):
    """Water, contrast medium of varying density and air; `fill` is the share of the grid that is not air."""
    rng = np.random.default_rng(5)
    _, y, x = np.indices((12, 14, 16))
    inside = ((x - 7.5) / 8) ** 2 + ((y - 6.5) / 7) ** 2 < fill
    index = np.where(inside, 1 + (rng.uniform(size=inside.shape) < 0.2), 0).astype(np.uint8)
    own = np.array([m.density_g_cm3 for m in (AIR, WATER, CONTRAST)])
    density = (own[index] * rng.choice(densities, index.shape)).astype(np.float32)
    region = index.astype(int) * 20 + rng.integers(0, 19, index.shape)
    region[:2, 5:7, 4:6], region[7:9, 7:9, 9:11] = 19, 59  # one on the grid's end, one in the middle
    return ctdose.VoxelPhantom(
        index, [AIR, WATER, CONTRAST], (12.0, 11.0, 10.0), (-90, -72, -55), region, density
    )


def tables_of(beam, estimator, doppler, cutoff, clip, surroundings, voxels, raised=NOWHERE, body=None):
    body = body or phantom(0.8 if clip else 2.0)
    source = BEAMS[beam]
    rows = [open_beam_row(source, lambda p: to_kernel_frame(body, p))]
    pieces = [
        FIXED_PIECE if beam in ("point", "parallel") else PieceRow(1.0, (2.0, 9.0), (0.0, 40.0), False, 0, 0)
    ]
    if beam == "spot":  # beside the point focus: a tilted beam with a spot, and blades that move over either
        rows.append(replace(rows[0], tilt_rad=-0.3, spot=Spot(0.1, 0.2, 0.1, 0.8, 20.0)))
        pieces += [
            PieceRow(2.0, (9.0, 3.0), (1.0, 6.0), True, 1, 0, (-0.5, 1.0, -1.5, 1.0)),
            PieceRow(1.0, (3.0, 7.0), (1.0, -6.0), False, 0, 0, (-1.0, 1.0, -1.0, -0.75)),
        ]
    return build_transport_tables(
        body,
        pack_beams(rows),
        build_views(pieces),
        key=(11, 12),
        physics=Physics(estimator, cutoff, doppler),
        surroundings=surroundings,
        responses=[
            FoldedResponse("a", 25, AIR),
            FoldedResponse("b", 25, WATER),
            FoldedResponse("c", 30, WATER),
        ],
        composites=[Composite("sum", dict.fromkeys(range(60), 0.3)), Composite("two", {21: 1.0, 60: -0.5})],
        with_voxels=voxels,
        clip=clip,
        raised=raised,
    )


def run(tables, reference, first, last):
    from ctdose.kernels.cpu import make_tallies, make_workspace

    voxels = np.zeros(2 * tables.voxels.kind.size if tables.run.with_voxels else 0, np.int64)
    tallies = make_tallies(1, tables.run.rows + tables.run.composites, voxels)
    workspace = make_workspace(tables.run.rows, tables.run.composites)
    entry(reference)(tables, workspace, tallies, first, last)
    return tallies


def spread(tables, reference, first):
    """Sums of 6000 histories in twelve places of a batch, so in all pieces of the scan."""
    parts = [run(tables, reference, first + k * 5000, first + k * 5000 + 500) for k in range(12)]
    return type(parts[0])(*(np.sum(part, axis=0) for part in zip(*parts, strict=True)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(str(part) for part in case))
def test_every_tally_has_the_same_bits(case):
    tables = tables_of(*case)
    first = 3 * 65536 + 17
    one, other = spread(tables, True, first), spread(tables, False, first)
    for name in one._fields:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert one.rows.any()


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(str(part) for part in case))
def test_zones_have_the_same_bits(case):
    """In and around two small regions."""
    tables = tables_of(*case, raised=Raised((19, 59), 4.0))
    assert (tables.zones.cell > 0).any()
    assert (tables.zones.reach > 0).any()
    one, other = spread(tables, True, 17), spread(tables, False, 17)
    for name in one._fields:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert one.rows.any()


@pytest.mark.slow  # another type of voxels: both kernels are compiled for it
def test_many_kinds_of_voxels_have_the_same_bits():
    tables = tables_of(*CASES[1], body=phantom(0.8, np.linspace(0.5, 1.9, 100)))
    assert tables.voxels.kind.itemsize == 2
    one, other = spread(tables, True, 17), spread(tables, False, 17)
    assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))
    assert one.rows.any()


@pytest.mark.kernels
@pytest.mark.parametrize("histories", [0, 1, 3, 40])
def test_fewer_histories_than_lanes(histories):
    tables = tables_of("point", "collision-kerma", True, 1.0, False, None, True)
    one, other = run(tables, True, 5, 5 + histories), run(tables, False, 5, 5 + histories)
    for name in one._fields:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_lanes_are_left_clean():
    """A second call with the same working memory is not touched by the first."""
    from ctdose.kernels.cpu import make_tallies, make_workspace

    tables = tables_of("point", "analogue", False, 1.0, False, None, False)
    workspace = make_workspace(tables.run.rows, tables.run.composites)
    rows = tables.run.rows + tables.run.composites
    found = []
    for _ in range(2):
        tallies = make_tallies(1, rows, np.zeros(0, np.int64))
        entry()(tables, workspace, tallies, 0, 1000)
        found.append(tallies.rows)
    assert np.array_equal(*found)
