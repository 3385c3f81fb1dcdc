"""Source sampling: fields uniform in solid angle, gantry angles, fan and heel, stratified views."""

import numba
import numpy as np
import pytest

from ctdose.kernels.sampling import sample_alias
from ctdose.kernels.source import sample_source, sample_view
from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.simulation.alias import build_alias
from ctdose.simulation.beam_tables import BEAM_CT, BeamRow, fan_angles, open_beam_row, opening, pack_beams
from ctdose.simulation.open_beams import ParallelBeam, PointSource, RotatingSource
from ctdose.simulation.views import FIXED_PIECE, PieceRow, build_views

pytestmark = pytest.mark.kernels

F = np.float32
SPECTRUM = ([20.0, 50.0, 90.0], [1.0, 2.0, 5.0])
WORDS = (0, 1, 12345, 2**31, 2**32 - 1)


@numba.njit
def emit(run, views, beams, photon, acquisition):
    for h in range(len(photon)):
        x, y, z, u, v, w, energy, _, block = sample_source(run, views, beams, h)
        photon[h, :] = x, y, z, u, v, w, energy
        acquisition[h] = block


@numba.njit
def look(views, first_word, piece, z, angle):
    for h in range(len(piece)):
        piece[h], _, z[h], angle[h] = sample_view(
            views, h, np.uint64(first_word), np.uint64((h * 40503) % 65536) << 16
        )


def in_cm(position):
    return np.asarray(position, float) / 10.0


@pytest.fixture(scope="module")
def emitted(make_run, interpreted):
    """Photons of a source: array [n, 7] of x, y, z, u, v, w, energy in float64, and their acquisitions."""

    def photons(rows, pieces=(FIXED_PIECE,), count=None, key=1):
        n = count or (3_000 if interpreted else 300_000)
        photon, acquisition = np.zeros((n, 7), np.float32), np.zeros(n, np.int64)
        emit(make_run(key_low=key), build_views(list(pieces)), pack_beams(rows), photon, acquisition)
        return photon.astype(np.float64), acquisition

    return photons


def pyramid_shares(a, b, cells):
    """Solid angle of the cells of |u'| <= tan a, |v'| <= tan b over the whole."""
    u = np.linspace(-np.tan(a), np.tan(a), cells + 1)[:, None]
    v = np.linspace(-np.tan(b), np.tan(b), cells + 1)[None, :]
    corner = np.arctan2(u * v, np.sqrt(1.0 + u**2 + v**2))
    omega = np.diff(np.diff(corner, axis=0), axis=1)
    return omega / omega.sum()


POINT_CASES = [
    ((0.0, -600.0, 0.0), (0.0, 0.0, 0.0), (0.3948, 0.0083)),
    ((0.0, -600.0, 0.0), (0.0, 0.0, 0.0), (0.9, 0.9)),
    ((100.0, 50.0, -300.0), (-20.0, 10.0, 40.0), (0.2, 0.7)),
    ((0.0, 0.0, 400.0), (0.0, 0.0, 0.0), (0.3, 0.5)),
    ((0.0, 0.0, -400.0), (0.0, 0.0, 0.0), (1.3, 0.2)),
]


@pytest.mark.parametrize("case", POINT_CASES)
def test_point_source_is_uniform_in_solid_angle(emitted, statistics, case):
    position, aim, (a, b) = case
    photon, _ = emitted(
        [open_beam_row(PointSource(position, aim, (a, b), 60.0), in_cm)], key=POINT_CASES.index(case)
    )
    np.testing.assert_allclose(photon[:, :3], np.broadcast_to(in_cm(position), (len(photon), 3)), atol=1e-5)
    direction = photon[:, 3:6]
    np.testing.assert_allclose((direction**2).sum(axis=1), 1.0, atol=1e-6)
    forward = np.subtract(aim, position) / np.linalg.norm(np.subtract(aim, position))
    along_z = np.hypot(*forward[:2]) < 1e-9
    across = np.array([1.0, 0, 0]) if along_z else np.cross([0, 0, 1.0], forward)
    across /= np.linalg.norm(across)
    along = np.array([0, 1.0, 0]) if along_z else np.cross(forward, across)
    u, v = (direction @ axis / (direction @ forward) for axis in (across, along))
    assert np.abs(u).max() <= np.tan(a) * (1 + 1e-5)
    assert np.abs(v).max() <= np.tan(b) * (1 + 1e-5)
    counts, _, _ = np.histogram2d(
        u / np.tan(a) * (1 - 1e-6), v / np.tan(b) * (1 - 1e-6), 12, ((-1, 1), (-1, 1))
    )
    shares = pyramid_shares(a, b, 12)
    level = statistics.level(len(POINT_CASES))
    assert statistics.chi_square(counts.ravel(), shares.ravel() * len(photon)) > level


def test_a_field_off_the_axis_is_uniform_in_solid_angle(emitted, statistics):
    limits = ((0.1, 0.5), (-0.7, -0.2))
    source = PointSource((0.0, -500.0, 0.0), (0.0, 0.0, 0.0), None, 60.0, field_limits=limits)
    photon, _ = emitted([open_beam_row(source, in_cm)], key=33)
    u, v = -photon[:, 3] / photon[:, 4], photon[:, 5] / photon[:, 4]  # across is -x of a beam along +y
    edges = [np.linspace(*pair, 11) for pair in limits]
    corner = np.arctan2(edges[0][:, None] * edges[1], np.sqrt(1 + edges[0][:, None] ** 2 + edges[1] ** 2))
    shares = np.diff(np.diff(corner, axis=0), axis=1)
    counts, _, _ = np.histogram2d(u, v, [e + (np.arange(11) - 5) * 1e-7 for e in edges])
    assert counts.sum() == len(photon)
    assert (
        statistics.chi_square(counts.ravel(), (shares / shares.sum()).ravel() * len(photon))
        > statistics.LEVEL
    )


@pytest.mark.parametrize("direction", [(0, 0, 1), (0, 0, -1), (1, 0, 0), (0, 1, 0), (1, -2, 0.5)])
def test_parallel_beam_fills_its_field(emitted, statistics, direction):
    beam = ParallelBeam(direction, (10.0, 20.0, 30.0), (80.0, 40.0), 60.0)
    photon, _ = emitted([open_beam_row(beam, in_cm)])
    forward = np.array(direction, float) / np.linalg.norm(direction)
    np.testing.assert_allclose(photon[:, 3:6], np.broadcast_to(forward, (len(photon), 3)), atol=1e-7)
    offset = photon[:, :3] - (1.0, 2.0, 3.0)
    np.testing.assert_allclose(offset @ forward, 0.0, atol=2e-6)
    along_z = direction[:2] == (0, 0)
    across = np.array([1.0, 0, 0]) if along_z else np.array([-forward[1], forward[0], 0.0])
    across /= np.linalg.norm(across)
    a, b = offset @ across / 4.0, offset @ np.cross(forward, across) / 2.0
    counts, _, _ = np.histogram2d(a, b, 10, ((-1 - 1e-6, 1 + 1e-6), (-1 - 1e-6, 1 + 1e-6)))
    assert counts.sum() == len(photon)
    assert statistics.chi_square(counts.ravel(), np.full(100, len(photon) / 100)) > statistics.level(5)


def test_rotating_source_goes_round_evenly(emitted, statistics):
    beam = RotatingSource(600.0, (0.4, 0.05), 60.0, isocentre_mm=(10.0, -20.0, 5.0))
    piece = PieceRow(1.0, (0.5, 0.5), (0.0, 2.0 * np.pi), True, 0, 0)
    photon, _ = emitted([open_beam_row(beam, in_cm)], [piece])
    x, y = photon[:, 0] - 1.0, photon[:, 1] + 2.0
    np.testing.assert_allclose(np.hypot(x, y), 60.0, rtol=1e-6)
    np.testing.assert_allclose(photon[:, 2], 0.5)
    counts, _ = np.histogram(np.arctan2(y, x), 64, (-np.pi, np.pi))
    assert statistics.chi_square(counts, np.full(64, len(photon) / 64)) > statistics.level(2)
    inward = np.stack([-x, -y, np.zeros_like(x)], axis=1) / 60.0
    fan = np.arccos(
        np.clip((photon[:, 3:5] * inward[:, :2]).sum(axis=1) / np.hypot(*photon[:, 3:5].T), -1, 1)
    )
    assert fan.max() <= 0.4 * (1 + 1e-4)
    edges = np.linspace(0.0, 0.4, 21)
    expected = opening(edges, (-np.tan(0.05), np.tan(0.05)))
    counts, _ = np.histogram(np.minimum(fan, 0.4 * (1 - 1e-9)), edges)
    assert statistics.chi_square(counts, expected / expected.sum() * len(photon)) > statistics.level(2)


@pytest.mark.parametrize(
    ("angle", "place", "forward", "across"),
    [
        (0.0, (0, -60), (0, 1), (1, 0)),
        (np.pi / 2, (60, 0), (-1, 0), (0, 1)),
        (np.pi, (0, 60), (0, -1), (-1, 0)),
        (3 * np.pi / 2, (-60, 0), (1, 0), (0, -1)),
    ],
)
def test_gantry_angle_and_the_sense_of_the_fan(emitted, angle, place, forward, across):
    """Angle 0 is in front of the patient (-y), 90 degrees on the patient's left (+x); positive fan angles."""
    row = ct_row(fan_weight=np.array([0.0, 1.0]))  # positive fan angles only
    photon, _ = emitted([row], [PieceRow(1.0, (0.0, 0.0), (angle, 0.0), False, 0, 0)], count=200)
    np.testing.assert_allclose(photon[:, :2], np.broadcast_to(place, (200, 2)), atol=2e-5)
    assert (photon[:, 3:5] @ forward > 0.9).all()
    assert (photon[:, 3:5] @ across > 0).all()


def ct_row(fan_weight=None, heel=None, energy_weight=None, energies=(60.0,)):
    weight = np.ones(2) if fan_weight is None else fan_weight
    edges = fan_angles(0.4, weight.size)
    line_weight = np.ones((weight.size, len(energies))) if energy_weight is None else energy_weight
    row = BeamRow(
        BEAM_CT,
        (float(edges[0]), float(edges[1] - edges[0])),
        weight,
        (-0.02, 0.05),
        np.array(energies),
        line_weight,
        radius=60.0,
    )
    return row if heel is None else BeamRow(**{**row.__dict__, "heel_weight": heel})


def test_bowtie_heel_and_hardening(emitted, statistics):
    """Photon number by fan bin, spectrum by fan bin, heel by the sine of the cone angle."""
    weight = np.array([1.0, 3.0, 6.0, 2.0])
    spectra = np.array([[1.0, 0, 3], [2.0, 2, 2], [5.0, 0, 0], [0.0, 1, 9]])
    heel = np.linspace(1.0, 3.0, 32)
    photon, _ = emitted([ct_row(weight, heel, spectra, SPECTRUM[0])])
    fan = np.arctan2(photon[:, 3], photon[:, 4])
    fan_bin = np.clip(((fan + 0.4) / 0.2).astype(int), 0, 3)
    line = np.searchsorted(SPECTRUM[0], photon[:, 6])
    counts, _, _ = np.histogram2d(fan_bin, line, (4, 3), ((0, 4), (0, 3)))
    share = weight[:, None] * spectra / spectra.sum(axis=1, keepdims=True)
    assert counts[share == 0].sum() <= 2  # a direction on the edge of two fan bins
    occupied = share > 0
    expected = share[occupied] / share.sum() * counts[occupied].sum()
    assert statistics.chi_square(counts[occupied], expected) > statistics.level(2)
    low, high = (t * np.cos(fan) / np.sqrt(1 + (t * np.cos(fan)) ** 2) for t in (-0.02, 0.05))
    place = (photon[:, 5] - low) / (high - low)
    counts, _ = np.histogram(np.clip(place, 0, 1), 32, (0, 1))
    assert statistics.chi_square(counts, heel / heel.sum() * len(photon)) > statistics.level(2)


@pytest.mark.parametrize("weight", [(0, 1, 0, 3), (1, 1, 2, 0), (1, 0, 0, 0), (5,), (0, 0, 1e-9, 1.0)])
def test_lines_without_weight_are_never_drawn(weight):
    alias = build_alias(np.array(weight, float))
    for word in (0, 1, 2**30 - 1, 2**30, 2**31 - 1, 2**31, 3 * 2**30, 2**32 - 1):
        assert weight[sample_alias(alias, np.uint64(word))] > 0


PIECES = [
    PieceRow(2.0, (0.0, 10.0), (0.0, 6.0), False, 0, 0),
    PieceRow(1.0, (10.0, 10.0), (1.0, 2 * np.pi), True, 0, 1),
    PieceRow(0.0, (90.0, 90.0), (1.0, 2 * np.pi), True, 0, 1),
    PieceRow(4.0, (20.0, 16.0), (0.5, -3.0), False, 0, 2),
    PieceRow(0.001, (30.0, 30.0), (2.0, 0.0), False, 0, 1),
]


@pytest.mark.parametrize("word", WORDS)
def test_every_batch_spans_the_exam_in_its_exact_shares(word):
    """The strata leave no chance: the number of photons before a piece's begin is right to one."""
    views = build_views(PIECES)
    piece = np.zeros(BATCH_HISTORIES, np.int64)
    look(views, word, piece, np.zeros(BATCH_HISTORIES, np.float32), np.zeros(BATCH_HISTORIES, np.float32))
    assert (np.diff(piece) >= 0).all()
    before = np.searchsorted(piece, np.arange(views.cumulative.size))
    assert (np.abs(before - views.cumulative * BATCH_HISTORIES) <= 1.0).all()


def test_views_lie_in_their_pieces():
    views = build_views(PIECES)
    assert views.acquisition.tolist() == [0, 1, 2, 1]  # a piece that emits nothing is left out
    arrays = np.zeros(BATCH_HISTORIES, np.int64), *np.zeros((2, BATCH_HISTORIES), np.float32)
    look(views, 2**31, *arrays)
    piece, z, angle = arrays
    for p, row in enumerate(r for r in PIECES if r.photons):
        own_z, own_angle = z[piece == p].astype(float), angle[piece == p].astype(float)
        assert (own_z >= min(row.z_cm)).all()
        assert (own_z <= max(row.z_cm)).all()
        begin, change = row.angle_rad
        if row.angle_is_random:
            assert own_angle.min() >= begin
            assert own_angle.max() <= begin + change + 1e-6
            assert own_angle.mean() == pytest.approx(begin + change / 2, abs=0.05)
        elif row.z_cm[0] != row.z_cm[1]:  # angle and z move together, in the order of time
            along = (own_z - row.z_cm[0]) / (row.z_cm[1] - row.z_cm[0])
            np.testing.assert_allclose(own_angle, begin + change * along, atol=2e-5)
            np.testing.assert_allclose(along, (np.arange(along.size) + 0.5) / along.size, atol=1e-4)


def test_acquisition_follows_the_piece(emitted):
    photon, acquisition = emitted([ct_row()], PIECES, count=BATCH_HISTORIES // 32)
    assert (acquisition == 0).all()  # the first 32nd of a batch lies in the first piece
    assert photon[:, 2].max() < 10.0 * 7.002 / 2.0 / 32 + 0.01
