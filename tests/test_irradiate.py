"""irradiate: what it returns, that its parts fit together, and one line for what cannot be."""

import numpy as np
import pytest

import ctdose
from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.simulation.energy_imparted import EnergyImparted
from ctdose.simulation.scoring import Composite, FoldedResponse

WATER, BONE = ctdose.Material("water"), ctdose.Material("cortical-bone")


def cube(region_index=None, density=None, shape=(4, 5, 6)):
    """Water of 6 x 5 x 4 cm, centred on the origin."""
    nz, ny, nx = shape
    origin = tuple(-10.0 * (n - 1) / 2 for n in (nx, ny, nz))
    return ctdose.VoxelPhantom(np.zeros(shape, np.uint8), [WATER], (10.0,) * 3, origin, region_index, density)


BEAM = ctdose.PointSource((0, -400, 0), (0, 0, 0), (0.05, 0.03), 60.0)


@pytest.fixture(scope="module")
def result():
    halves = np.zeros((4, 5, 6), np.uint16)
    halves[:, :, 3:] = 4  # regions 0 and 4: 1 to 3 are empty
    air = FoldedResponse("air", 4, ctdose.Material("air"))
    both = Composite("both", {0: 1.0, 4: 1.0})
    return ctdose.irradiate(
        cube(halves), BEAM, histories=100_000, dose_map=True, responses=[air], composites=[both]
    )


def test_rows_are_indexed_by_region_then_responses_then_composites(result):
    assert result.imparted_kev_per_history.shape == result.standard_error_kev_per_history.shape == (7,)
    assert (result.imparted_kev_per_history[1:4] == 0).all()
    assert (result.standard_error_kev_per_history[1:4] == 0).all()
    left, right, air, both = result.imparted_kev_per_history[[0, 4, 5, 6]]
    assert both == pytest.approx(left + right, rel=1e-6)
    assert 0 < air < right


def test_histories_are_whole_batches(result):
    assert result.histories == 2 * BATCH_HISTORIES
    assert result.sums.batches.tolist() == [0, 1]


def test_the_map_adds_up_to_the_regions(result):
    of_voxels = result.voxel_kev_per_history
    assert of_voxels.shape == (4, 5, 6)
    assert of_voxels[:, :, :3].sum() == pytest.approx(result.imparted_kev_per_history[0], rel=1e-12)
    assert of_voxels[:, :, 3:].sum() == pytest.approx(result.imparted_kev_per_history[4], rel=1e-12)
    assert (result.voxel_standard_error_kev_per_history > 0).all()


def test_mirror_symmetry(result, statistics):
    """Beam and phantom are symmetric in x and in z; dose falls along the beam (+y)."""
    mean, variance = result.voxel_kev_per_history, result.voxel_standard_error_kev_per_history**2
    limit = statistics.z_limit(statistics.level(2 * mean.size // 2))
    for axis in (0, 2):
        z = (mean - np.flip(mean, axis)) / np.sqrt(variance + np.flip(variance, axis))
        assert np.abs(z).max() < limit
    assert (np.diff(mean.sum(axis=(0, 2))) < 0).all()


def test_energy_imparted_is_less_than_emitted(result):
    assert 0 < result.imparted_kev_per_history[[0, 4]].sum() < 60.0


def test_no_map_unless_asked_for():
    result = ctdose.irradiate(cube(), BEAM, histories=1)
    assert result.voxel_kev_per_history is None
    assert result.voxel_standard_error_kev_per_history is None
    assert result.transport_seconds > 0


def test_patient_coordinates_do_not_matter():
    """Phantom and beam shifted together: the same bits."""
    shifted = ctdose.VoxelPhantom(np.zeros((4, 5, 6), np.uint8), [WATER], (10.0,) * 3, (75.0, 80.0, -415.0))
    beam = ctdose.PointSource((100, -300, -400), (100, 100, -400), (0.05, 0.03), 60.0)
    one, other = (ctdose.irradiate(p, b, histories=1) for p, b in ((cube(), BEAM), (shifted, beam)))
    assert (one.sums.rows == other.sums.rows).all()


def test_half_the_density_on_twice_the_size_is_the_same_medium():
    thin = np.full((4, 5, 6), WATER.density_g_cm3 / 2, np.float32)
    large = ctdose.VoxelPhantom(
        np.zeros((4, 5, 6), np.uint8), [WATER], (20.0,) * 3, (-50.0, -40.0, -30.0), density_g_cm3=thin
    )
    far = ctdose.PointSource((0, -800, 0), (0, 0, 0), (0.05, 0.03), 60.0)
    one, other = (ctdose.irradiate(p, b, histories=1) for p, b in ((cube(), BEAM), (large, far)))
    assert other.imparted_kev_per_history == pytest.approx(one.imparted_kev_per_history, rel=1e-6)


def test_the_phantom_s_name_and_the_seed_choose_the_random_numbers():
    named = ctdose.VoxelPhantom(
        np.zeros((4, 5, 6), np.uint8), [WATER], (10.0,) * 3, (-25.0, -20.0, -15.0), name="other"
    )
    one, two, other = (
        ctdose.irradiate(p, BEAM, histories=1, seed=s).sums.rows
        for p, s in ((cube(), 1), (cube(), 2), (named, 1))
    )
    assert (one != two).all()
    assert (one != other).all()


def test_a_rotating_source_and_one_that_stands():
    """A round field of a point source from all sides gives a symmetric map."""
    phantom = cube(shape=(3, 6, 6))
    beam = ctdose.RotatingSource(400.0, (0.06, 0.02), 60.0)
    of_voxels = ctdose.irradiate(
        phantom, beam, histories=4 * BATCH_HISTORIES, dose_map=True
    ).voxel_kev_per_history
    in_plane = of_voxels.sum(axis=0)
    np.testing.assert_allclose(in_plane, in_plane.T, rtol=0.05)
    np.testing.assert_allclose(in_plane, np.flip(in_plane), rtol=0.05)


def test_air_around_the_phantom_takes_its_share():
    vacuum, air = (
        ctdose.irradiate(cube(), BEAM, histories=1, surroundings=s) for s in (None, ctdose.Material("air"))
    )
    lost = 1.0 - air.imparted_kev_per_history[0] / vacuum.imparted_kev_per_history[0]
    assert lost == pytest.approx(1 - np.exp(-0.1875 * 0.0012 * 37.5), abs=0.003)


def test_an_estimate_can_be_made_from_sums(result):
    again = EnergyImparted.from_sums(result.sums)
    assert (again.imparted_kev_per_history == result.imparted_kev_per_history).all()
    assert (again.voxel_kev_per_history == result.voxel_kev_per_history).all()


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"estimator": "track-length"}, ValueError, r"estimator='track-length' \(unknown\)\. One of "),
        ({"cutoff_kev": 0.5}, ValueError, r"cutoff_kev=0\.5 \(outside 1 to "),
        ({"cutoff_kev": 1000.0}, ValueError, r"cutoff_kev=1000\.0 \(outside 1 to "),
        ({"cutoff_kev": float("nan")}, ValueError, r"cutoff_kev=nan \(outside 1 to "),
        ({"histories": 0}, ValueError, r"histories=0 \(must be positive\)\. "),
        ({"histories": 1e6}, TypeError, r"histories=1000000\.0 \(not a whole number\)\. "),
        ({"histories": True}, TypeError, r"histories=True \(not a whole number\)\. "),
        ({"threads": 0}, ValueError, r"threads=0 \(must be positive\)\. "),
        ({"seed": -1}, ValueError, r"seed=-1 \(out of range\)\. "),
        ({"seed": 1.5}, TypeError, r"seed=1\.5 \(not a whole number\)\. "),
        ({"batches": []}, ValueError, r"batches \(there are none\)\. "),
        ({"batches": [3, 3]}, ValueError, r"batches \(one comes twice"),
        ({"surroundings": "air"}, TypeError, r"material='air' \(not a Material\)\. "),
        ({"responses": [FoldedResponse("a", 1, WATER)]}, ValueError, r"region=1 \(not in the phantom\)\. "),
        ({"composites": [Composite("c", {2: 1.0})]}, ValueError, r"row=2 of c \(there is none\)\. "),
    ],
)
def test_misuse(options, error, text):
    with pytest.raises(error, match=text):
        ctdose.irradiate(cube(), BEAM, **options)


@pytest.mark.parametrize("beam", [None, "ct", 60.0, cube()])
def test_something_that_is_no_beam(beam):
    with pytest.raises(TypeError, match=r"beam is a .* \(not a beam\)\. "):
        ctdose.irradiate(cube(), beam)


def test_something_that_is_no_phantom():
    with pytest.raises(TypeError, match=r"phantom is a ndarray \(not a VoxelPhantom\)\. "):
        ctdose.irradiate(np.zeros((3, 3, 3)), BEAM)


def test_the_example_of_the_docstring():
    import doctest

    from ctdose.simulation import irradiate

    assert doctest.testmod(irradiate).failed == 0
