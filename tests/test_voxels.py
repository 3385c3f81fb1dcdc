"""The packed voxel word, positions, the way into the phantom, and the tables made from a phantom."""

import numpy as np
import pytest

from ctdose.kernels.tables import DENSITY_ONE
from ctdose.kernels.voxels import (
    OUTSIDE,
    density_of,
    distance_to_phantom,
    material_of,
    pack_words,
    region_of,
    voxel_index,
)
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.voxel_tables import build_voxels, largest_density_ratio, to_kernel_frame

pytestmark = pytest.mark.kernels

F = np.float32
WATER, BONE = Material("water"), Material("cortical-bone")


@pytest.fixture(scope="module")
def voxels():
    """4 x 3 x 2 voxels (x, y, z) of 1 x 2 x 3 mm."""
    return build_voxels(
        VoxelPhantom(np.zeros((2, 3, 4), np.uint8), [WATER], (1.0, 2.0, 3.0), (0.5, 1.0, 1.5))
    )


def test_words_keep_what_they_are_given():
    rng = np.random.default_rng(5)
    material = rng.integers(0, 256, 500).astype(np.uint8)
    region = rng.integers(0, 1024, 500)
    steps = rng.integers(0, 16384, 500)
    material[:2], region[:2], steps[:2] = (0, 255), (0, 1023), (0, 16383)
    words = pack_words(material, region, steps / DENSITY_ONE)
    assert words.dtype == np.uint32
    for word, m, r, s in zip(words, material, region, steps):
        assert material_of(word) == m
        assert region_of(word) == r
        assert density_of(word) == F(s / DENSITY_ONE)


def test_density_is_rounded_to_the_nearest_step():
    words = pack_words(np.zeros(3, np.uint8), np.zeros(3, int), np.array([0.4, 0.6, 1.5]) / DENSITY_ONE)
    assert [float(density_of(w)) * DENSITY_ONE for w in words] == [0, 1, 2]


def test_index_of_every_voxel_centre(voxels):
    order = []
    for z in (0.15, 0.45):
        for y in (0.1, 0.3, 0.5):
            order += [voxel_index(voxels, F(x), F(y), F(z)) for x in (0.05, 0.15, 0.25, 0.35)]
    assert order == list(range(24))


@pytest.mark.parametrize(
    ("position", "index"),
    [
        ((0.0, 0.0, 0.0), 0),
        ((-1e-7, 0.1, 0.1), OUTSIDE),
        ((0.05, -1e-7, 0.1), OUTSIDE),
        ((0.05, 0.1, -1e-7), OUTSIDE),
        ((0.4001, 0.1, 0.1), OUTSIDE),
        ((0.05, 0.6001, 0.1), OUTSIDE),
        ((0.05, 0.1, 0.6001), OUTSIDE),
        ((0.3999, 0.5999, 0.5999), 23),
        ((1e12, 0.1, 0.1), OUTSIDE),
        ((0.1, -1e12, 0.1), OUTSIDE),
    ],
)
def test_index_at_the_faces_and_far_away(voxels, position, index):
    assert voxel_index(voxels, *(F(p) for p in position)) == index


@pytest.mark.parametrize(
    ("position", "direction", "distance"),
    [
        ((-5.0, 0.3, 0.3), (1, 0, 0), 5.0),
        ((5.4, 0.3, 0.3), (-1, 0, 0), 5.0),
        ((0.2, -7.0, 0.3), (0, 1, 0), 7.0),
        ((0.2, 0.3, 10.6), (0, 0, -1), 10.0),
        ((0.2, 0.3, 0.3), (0, 0, 1), 0.0),  # inside
        ((0.0, 0.0, 0.0), (0.6, 0.8, 0), 0.0),  # in a corner, inwards
        ((-5.0, 0.3, 0.3), (-1, 0, 0), None),  # away
        ((-5.0, 0.7, 0.3), (1, 0, 0), None),  # beside
        ((-5.0, 0.3, 0.3), (0, 1, 0), None),  # along the face, outside
        ((-3.0, -4.0, 0.3), (0.6, 0.8, 0), 5.0),  # into an edge
        ((-3.0, -4.0, 0.3), (0.8, 0.6, 0), None),
        ((0.2, 0.3, -1.0), (0.0, 0.0, 1.0), 1.0),
    ],
)
def test_distance_to_the_phantom(voxels, position, direction, distance):
    found = distance_to_phantom(voxels, *(F(p) for p in position), *(F(d) for d in direction))
    if distance is None:
        assert found < 0
    else:
        assert found == pytest.approx(distance, abs=1e-5)


def test_rays_from_everywhere_land_on_the_box(voxels):
    rng = np.random.default_rng(8)
    size = voxels.slab[:, 4].astype(float)
    for _ in range(200):
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        target = rng.uniform(0.01, 0.99, 3) * size
        start = (target - 50.0 * direction).astype(np.float32)
        d = distance_to_phantom(voxels, *start, *direction.astype(np.float32))
        entry = start + d * direction
        assert (entry > -2e-5).all()
        assert (entry < size + 2e-5).all()
        assert np.minimum(np.abs(entry), np.abs(entry - size)).min() < 2e-5


def test_tables_of_a_phantom():
    material = np.zeros((2, 1, 3), np.uint8)
    material[1] = 1
    density = np.full((2, 1, 3), 0.5, np.float32)
    density[1] = (1.0, 2.0, 3.0)
    region = np.arange(6).reshape(2, 1, 3)
    phantom = VoxelPhantom(material, [WATER, BONE, WATER], (2.0, 4.0, 5.0), (0, 0, 0), region, density)
    voxels = build_voxels(phantom)
    assert voxels.shape.tolist() == [3, 1, 2]
    np.testing.assert_allclose(voxels.slab[:, 4], (0.6, 0.4, 1.0), rtol=1e-6)
    words = voxels.word[voxels.kind]
    assert [int(region_of(w)) for w in words] == list(range(6))
    assert [int(material_of(w)) for w in words] == [0, 0, 0, 1, 1, 1]
    own = [WATER.density_g_cm3] * 3 + [BONE.density_g_cm3] * 3
    ratio = [float(density_of(w)) for w in words]
    np.testing.assert_allclose(np.multiply(ratio, own), density.ravel(), atol=0.51 * 2 / DENSITY_ONE)
    assert largest_density_ratio(voxels.word, 3).tolist() == [max(ratio[:3]), max(ratio[3:]), 0.0]


def test_the_kernel_measures_from_the_corner():
    phantom = VoxelPhantom(np.zeros((2, 2, 2), np.uint8), [WATER], (10.0, 20.0, 30.0), (5.0, 5.0, 5.0))
    assert to_kernel_frame(phantom, (0.0, -5.0, -10.0)).tolist() == [0.0, 0.0, 0.0]
    assert to_kernel_frame(phantom, (10.0, 5.0, 20.0)).tolist() == [1.0, 1.0, 3.0]
