"""Branches that must be rare are rare: flushes of the voxel list, in a body as it is scanned."""

import numpy as np
import pytest

from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.kernels.tally import (
    COUNT_COLLISIONS,
    COUNT_ENTERED,
    COUNT_FLUSHES,
    COUNT_MAJORANT_EXCEEDED,
    COUNT_OVERFLOW,
    COUNT_STEPS,
)
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.open_beams import RotatingSource

MATERIALS = [Material(n) for n in ("air", "tissue-soft-icrp", "lung", "cortical-bone")]
SPECTRUM = (
    np.arange(30.0, 121.0, 5.0),
    np.array([2, 5, 8, 10, 11, 11, 12, 9, 8, 7, 6, 5, 4, 4, 3, 2, 2, 1, 0.5]),
)


def torso(voxel_mm=3.0):
    """An elliptic trunk of 36 x 24 cm with lungs, a spine and ribs of compact bone (the worst case for flights)."""
    n = np.array([380, 260, 300]) // int(voxel_mm)
    z, y, x = np.ogrid[: n[2], : n[1], : n[0]]
    x, y, z = ((axis + 0.5 - k / 2) * voxel_mm for axis, k in zip((x, y, z), n))
    body = (x / 180) ** 2 + (y / 120) ** 2 + 0 * z <= 1
    ribs = body & ((x / 172) ** 2 + (y / 112) ** 2 + 0 * z > 1) & (z % 30 < 10)
    lungs = ((np.abs(x) - 80) / 65) ** 2 + (y / 85) ** 2 + 0 * z <= 1
    spine = (x / 22) ** 2 + ((y - 75) / 22) ** 2 + 0 * z <= 1
    index = np.select([spine, ribs, lungs, body], [3, 3, 2, 1], 0).astype(np.uint8)
    origin = tuple(-(k - 1) / 2 * voxel_mm for k in n)
    return VoxelPhantom(index, MATERIALS, (voxel_mm,) * 3, origin)


@pytest.fixture(scope="module")
def scanned(build_tables_of, transport):
    beam = RotatingSource(600.0, (0.33, 0.03), SPECTRUM)
    return transport(build_tables_of(torso(), beam, with_voxels=True), 0, BATCH_HISTORIES)


def test_flushes_are_rare(scanned):
    assert scanned.counters[COUNT_FLUSHES] < 1e-4 * BATCH_HISTORIES


def test_the_majorant_is_never_exceeded_and_no_tally_overflows(scanned):
    assert scanned.counters[COUNT_MAJORANT_EXCEEDED] == 0
    assert scanned.counters[COUNT_OVERFLOW] == 0


def test_steps_of_a_history(scanned):
    """Pinned: a rise means that tracking got slower without any error."""
    entered = scanned.counters[COUNT_ENTERED]
    assert entered > 0.8 * BATCH_HISTORIES
    assert scanned.counters[COUNT_STEPS] / entered == pytest.approx(13.8, rel=0.03)
    assert scanned.counters[COUNT_COLLISIONS] / entered == pytest.approx(2.65, rel=0.03)
