"""Focal spot, off-focal radiation, tilt and blades: what the source emits, against geometry."""

from dataclasses import replace

import numba
import numpy as np
import pytest

from ctdose.kernels.focal_spot import sample_spot, through_collimator
from ctdose.kernels.source import sample_source
from ctdose.simulation.beam_tables import BEAM_CT, BeamRow, Spot, fan_angles, opening, pack_beams
from ctdose.simulation.views import FIXED_PIECE, PieceRow, build_views

pytestmark = pytest.mark.kernels

RADIUS, PLANE = 60.0, 15.0
MAGNIFIED = (RADIUS - PLANE) / PLANE  # of the spot, at the isocentre
TAN = 0.02
SPOT = Spot(width=0.1, length=0.3, collimator=PLANE)


@numba.njit
def emit(run, views, beams, photon, xi, stride):
    for k in range(len(photon)):
        x, y, z, u, v, w, energy, xi[k], _, _ = sample_source(run, views, beams, k * stride)
        photon[k, :] = x, y, z, u, v, w, energy


@pytest.fixture(scope="module")
def emitted(make_run, interpreted):
    """Photons of one or more beams, [n, 7] x, y, z, u, v, w, energy, and the uniforms of their first flights."""

    def photons(rows, pieces=(FIXED_PIECE,), count=None, key=5, stride=1):
        n = min(count or 300_000, 3_000) if interpreted else count or 300_000
        photon, xi = np.zeros((n, 7), np.float32), np.zeros(n, np.float32)
        emit(make_run(key_low=key), build_views(list(pieces)), pack_beams(rows), photon, xi, stride)
        return photon.astype(np.float64), xi

    return photons


def row(**changes):
    """A fan of 0.8 rad with a flat field, its focus at (0, -60, 0) at gantry angle 0."""
    edges = fan_angles(0.4, 256)
    weight = opening(edges, (-TAN, TAN))
    start = float(edges[0]), float(edges[1] - edges[0])
    beam = BeamRow(BEAM_CT, start, weight, (-TAN, TAN), np.array([60.0]), np.ones((256, 1)), radius=RADIUS)
    return replace(beam, **changes)


def at_plane(photon, distance):
    """x and z where a photon of gantry angle 0 passes the plane at `distance` from the focus."""
    path = (distance - RADIUS - photon[:, 1]) / photon[:, 4]
    return photon[:, 0] + photon[:, 3] * path, photon[:, 2] + photon[:, 5] * path


def profile(edges, blur):
    """Shares of cells along z at the isocentre: the field of a point focus, blurred; `blur` is a cumulative."""
    z = np.linspace(-RADIUS * TAN, RADIUS * TAN, 801)
    z = (z[1:] + z[:-1]) / 2.0
    field = (1.0 + (z / RADIUS) ** 2) ** -1.5  # photons per length on a plane: the cube of the cosine
    shares = (field[:, None] * np.diff(blur(edges[None, :] - z[:, None]), axis=1)).sum(axis=0) / field.sum()
    return shares


def box(width):
    """Cumulative of a box."""
    return lambda s: np.clip(s / width + 0.5, 0.0, 1.0)


def normal(sigma):
    """Cumulative of a Gaussian."""
    from scipy.special import ndtr

    return lambda s: ndtr(s / sigma)


def test_photons_pass_the_collimator_where_those_of_a_point_do(emitted):
    """Word for word: the spot changes where a photon comes from, nothing else."""
    point, _ = emitted([row()], count=2000)
    spot, _ = emitted([row(spot=replace_spot(off_focal=0.3, sigma=1.0))], count=2000)
    assert np.abs(spot[:, :3] - point[:, :3]).max() > 0.5
    for one, other in zip(at_plane(point, PLANE), at_plane(spot, PLANE)):
        np.testing.assert_allclose(one, other, atol=2e-5)
    np.testing.assert_allclose((spot[:, 3:6] ** 2).sum(axis=1), 1.0, atol=1e-6)


def replace_spot(**changes):
    return SPOT._replace(**changes)


def test_every_point_of_the_spot_is_alike(emitted, statistics):
    photon, _ = emitted([row(spot=SPOT)], key=6)
    np.testing.assert_allclose(photon[:, 1], -RADIUS, atol=1e-5)
    across, along = photon[:, 0] / SPOT.width, photon[:, 2] / SPOT.length
    counts, _, _ = np.histogram2d(across, along, 12, ((-0.5 - 1e-5, 0.5 + 1e-5),) * 2)
    assert counts.sum() == len(photon)
    assert statistics.chi_square(counts.ravel(), np.full(144, len(photon) / 144)) > statistics.LEVEL


def test_the_penumbra_is_the_box_of_the_magnified_spot(emitted, statistics):
    """At the isocentre: a trapezoid, the opening convolved with the spot's length times (R - d)/d."""
    photon, _ = emitted([row(spot=SPOT)], key=7)
    _, z = at_plane(photon, RADIUS)
    blur = SPOT.length * MAGNIFIED
    reach = RADIUS * TAN + blur / 2.0
    edges = np.linspace(-reach, reach, 121)
    shares = profile(edges, box(blur))
    counts, _ = np.histogram(np.clip(z, -reach + 1e-6, reach - 1e-6), edges)
    assert statistics.chi_square(counts, shares / shares.sum() * len(photon)) > statistics.LEVEL
    assert np.abs(z).max() <= reach + 1e-4
    half = shares[:60] / shares[50:70].mean()  # the width at half maximum stays that of the opening
    assert np.interp(0.5, half, edges[:60] + (edges[1] - edges[0]) / 2) == pytest.approx(
        -RADIUS * TAN, abs=0.01
    )


def test_the_fan_has_a_penumbra_of_the_width(emitted):
    photon, _ = emitted([row(spot=SPOT)], key=8)
    x, _ = at_plane(photon, RADIUS)
    edge = RADIUS * np.tan(0.4)
    assert edge < np.abs(x).max() <= edge + SPOT.width * MAGNIFIED / 2.0 + 1e-3
    beyond = np.count_nonzero(np.abs(x) > edge) / len(x)
    # A ramp from 1 to 0 over the penumbra: an eighth of its width is beyond the edge, times the density there. Photons
    # per angle go as its cosine, and dx = R dg/cos^2 g.
    density = np.cos(0.4) ** 3 / (2 * np.sin(0.4) * RADIUS)
    expected = 2 * SPOT.width * MAGNIFIED / 8.0 * density
    assert beyond == pytest.approx(expected, abs=4 * np.sqrt(expected / len(x)))


def test_off_focal_photons_have_their_share_and_their_tail(emitted, statistics):
    share, sigma = 0.12, 0.8
    photon, _ = emitted([row(spot=replace_spot(off_focal=share, sigma=sigma))], key=9)
    n = len(photon)
    inside = (np.abs(photon[:, 0]) <= SPOT.width / 2) & (np.abs(photon[:, 2]) <= SPOT.length / 2)
    over_spot = float(np.prod([2 * normal(sigma)(s / 2) - 1 for s in (SPOT.width, SPOT.length)]))
    expected = share * (1 - over_spot)
    assert abs(np.count_nonzero(~inside) / n - expected) < 4 * np.sqrt(expected * (1 - expected) / n)
    _, z = at_plane(photon, RADIUS)
    edges = np.linspace(-10.0, 10.0, 201)
    shares = (1 - share) * profile(edges, box(SPOT.length * MAGNIFIED)) + share * profile(
        edges, normal(sigma * MAGNIFIED)
    )
    counts, _ = np.histogram(z, edges)
    expected_counts = np.append(shares, 1 - shares.sum()) * n
    assert statistics.chi_square(np.append(counts, n - counts.sum()), expected_counts) > statistics.LEVEL
    tail = np.abs(z) > RADIUS * TAN + SPOT.length * MAGNIFIED / 2
    assert np.count_nonzero(tail) > 0.02 * n  # what no focal spot reaches


def test_the_patch_is_round_and_gaussian(statistics, interpreted):
    n = 3_000 if interpreted else 100_000
    words = np.random.default_rng(3).integers(0, 2**32, (n, 3), dtype=np.uint64)
    places = np.array([sample_spot(*map(np.float32, (0.1, 0.1, 1.0, 0.5)), *w) for w in words], float)
    squared = (places**2).sum(axis=1) / 0.5**2
    cells = np.linspace(0, 1, 41)
    counts, _ = np.histogram(1 - np.exp(-squared / 2), cells)
    assert statistics.chi_square(counts, np.full(40, n / 40)) > statistics.level(2)
    counts, _ = np.histogram(np.arctan2(places[:, 1], places[:, 0]), np.linspace(-np.pi, np.pi, 41))
    assert statistics.chi_square(counts, np.full(40, n / 40)) > statistics.level(2)


@pytest.mark.parametrize("word", [0, 1, 2**31, 2**32 - 1])
def test_the_ends_of_the_words_give_finite_places(word):
    for other in (0, 2**32 - 1):
        w = np.uint64(word), np.uint64(other), np.uint64(0)
        for share in (0.0, 1.0):
            assert np.isfinite(sample_spot(*map(np.float32, (0.1, 0.1, share, 1.0)), *w)).all()


def test_a_photon_from_the_middle_keeps_its_direction():
    direction = np.array([0.9, -0.4, 0.02])
    direction /= np.linalg.norm(direction)
    f = np.float32
    kept = through_collimator(f(15.0), *map(f, direction), f(0.0), f(0.0))
    np.testing.assert_allclose(kept, direction, atol=1e-7)


def test_a_point_beside_a_spot_keeps_its_bits(emitted):
    """The third block of words is drawn for all beams of an exam or for none."""
    alone, _ = emitted([row()], count=2000, stride=31)
    piece = FIXED_PIECE
    both, _ = emitted([row(), row(spot=SPOT)], [piece, replace(piece, beam=1)], count=2000, stride=31)
    first = np.arange(2000) * 31 % 65536 < 32768
    assert first.any()
    np.testing.assert_array_equal(both[first], alone[first])
    assert (both[~first, :3] != alone[~first, :3]).any(axis=1).all()


@pytest.mark.parametrize("tilt_deg", [-30.0, 12.5])
def test_a_tilt_turns_positions_and_directions_about_the_isocentre(emitted, tilt_deg):
    spot = replace_spot(off_focal=0.2, sigma=1.0)
    piece = PieceRow(1.0, (-4.0, 9.0), (0.3, 30.0), False, 0, 0)
    given = {"isocentre": (3.0, -5.0), "spot": spot}
    plain, _ = emitted([row(**given)], [piece], count=2000, stride=31)
    tilted, _ = emitted([row(**given, tilt_rad=np.deg2rad(tilt_deg))], [piece], count=2000, stride=31)
    s, c = np.sin(np.deg2rad(tilt_deg)), np.cos(np.deg2rad(tilt_deg))
    turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    along = (np.arange(2000) * 31 % 65536 + 0.5) / 65536
    centre = np.stack([np.full(2000, 3.0), np.full(2000, -5.0), -4.0 + 13.0 * along], axis=1)
    np.testing.assert_allclose(tilted[:, :3], (plain[:, :3] - centre) @ turn.T + centre, atol=3e-4)
    np.testing.assert_allclose(tilted[:, 3:6], plain[:, 3:6] @ turn.T, atol=1e-6)


def test_a_positive_tilt_brings_the_tube_in_front_towards_the_feet(emitted):
    """DICOM (0018,1120): negative is the top of the gantry away from where the table enters; here head first."""
    photon, _ = emitted([row(tilt_rad=0.5)], count=10)
    np.testing.assert_allclose(photon[:, 1], -RADIUS * np.cos(0.5), rtol=1e-6)
    np.testing.assert_allclose(photon[:, 2], -RADIUS * np.sin(0.5), rtol=1e-6)


BLADES = [(-0.5, 1.0, -0.5, 1.0), (-1.0, 0.2, -1.0, -0.6), (0.9, 1.0, -1.0, 1.0), (-2.0, 1.5, 0.0, 0.0)]


@pytest.mark.parametrize("blades", BLADES)
@pytest.mark.parametrize("spot", [Spot(), SPOT])
def test_what_meets_a_blade_is_stopped(emitted, blades, spot):
    """A photon that passes the collimator's plane beyond a blade, and no other."""
    piece = PieceRow(1.0, (0.0, 0.0), (0.0, 0.0), False, 0, 0, blades)
    photon, xi = emitted([row(spot=spot)], [piece], count=20_000, stride=19)
    _, z = at_plane(photon, PLANE)
    place = z / (PLANE * TAN)
    along = (np.arange(len(xi)) * 19 % 65536 + 0.5) / 65536
    low, high = (blades[k] + (blades[k + 2] - blades[k]) * along for k in (0, 1))
    sure = np.minimum(abs(place - low), abs(place - high)) > 1e-3
    stopped = (place < low) | (place > high)
    np.testing.assert_array_equal((xi == 0.0)[sure], stopped[sure])
    assert stopped.any()


def test_blades_out_of_the_beam_stop_nothing(emitted):
    for blades in ((-1.0, 1.0, -1.0, 1.0), (-3.0, 1.0, -1.0, 2.0)):
        _, xi = emitted([row()], [replace(FIXED_PIECE, blades=blades)])
        assert (xi > 0).all()


def test_the_open_share_of_the_photons_passes(emitted):
    """The heel effect aside, the share is that of the opening: what DLP is reduced by."""
    piece = PieceRow(1.0, (0.0, 5.0), (0.0, 6.0), True, 0, 0, (-0.5, 1.0, 1.0, 1.0))
    _, xi = emitted([row()], [piece], count=65536, stride=40503)
    n = len(xi)
    share = np.count_nonzero(xi) / n
    assert share == pytest.approx(0.375, abs=4 * np.sqrt(0.375 * 0.625 / n) + 3e-4)
