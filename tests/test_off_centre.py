"""A patient off the axis: nothing but the axis matters, and the surface dose follows the bowtie as rays say."""

from dataclasses import replace

import numpy as np
import pytest

import ctdose
from ctdose.physics.cross_sections import linear_attenuation
from ctdose.physics.energy_absorption import mass_energy_absorption
from ctdose.scanner.library import load_scanner
from ctdose.simulation.beam_tables import FLAT_HEEL, pack_beams
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.views import PieceRow, build_views
from ctdose.simulation.voxel_tables import to_kernel_frame
from ctdose.simulation.zones import Raised

SCANNER = load_scanner("generic-64")
RADIUS, SHIFT, STEP = 541.0, 30.0, 1.0
WATER, AIR = ctdose.Material("water"), ctdose.Material("air")
PLACES = {"front": (17, 2), "right": (2, 17), "left": (31, 17), "back": (17, 31)}  # x, y of the voxel


def body(water: bool, shift_mm: float = 0.0):
    """A cylinder of water (or four small pieces of it in air), 30 cm wide, with four regions of 1 cm at its surface."""
    y, x = np.indices((34, 34))
    inside = np.hypot(x - 16.5, y - 16.5) < 15.6
    index = (inside if water else np.zeros_like(inside)).astype(np.uint8)
    region = np.zeros((34, 34), int)
    for number, (i, j) in enumerate(PLACES.values()):
        index[j, i], region[j, i] = 1, 1 + number
    origin = (-165.0 + shift_mm, -165.0 - 2 * shift_mm, 0.0)
    return ctdose.VoxelPhantom(index[None], [AIR, WATER], (10.0, 10.0, 20.0), origin, region[None])


def simulated(phantom, axis_mm, batches=24):
    """Energy imparted to the four regions, keV per history, and its error: bowtie body, 120 kV, heel left out."""
    x, y, z = to_kernel_frame(phantom, (*axis_mm, 0.0))
    row = replace(beam().row, isocentre=(float(x), float(y)), heel_weight=FLAT_HEEL)
    tables = build_transport_tables(
        phantom,
        pack_beams([row]),
        build_views([PieceRow(1.0, (float(z), float(z)), (0.0, 2 * np.pi), True, 0, 0)]),
        key=(5, 6),
        physics=Physics(),
        raised=Raised((1, 2, 3, 4), 16.0),
    )
    sums = BatchRunner(tables).run(range(batches), 2)
    mean, error = sums.row_estimates()
    return mean[1:5], error[1:5], sums


def beam():
    return build_ct_beam(SCANNER, 120, "body", 40)


def by_rays(phantom, axis_mm):
    """Collision kerma of the primary photons in the four regions, relative: line integrals through the voxels.

    Photons per fan angle g at the distance s spread over s dg across and over a height that grows as s cos g.
    """
    row = beam().row
    energies = row.energy_kev
    photons = row.fan_weight[:, None] * row.energy_weight / row.energy_weight.sum(axis=1, keepdims=True)
    mu = np.stack([linear_attenuation(m, energies) for m in (AIR, WATER)]) / 10.0  # 1/mm
    per_photon = energies * mass_energy_absorption(WATER, energies)
    angle = (np.arange(180) + 0.5) / 180 * 2 * np.pi
    sub = (np.arange(4) + 0.5) / 4 * 10.0
    kerma = []
    for i, j in PLACES.values():
        dx, dy = np.meshgrid(sub, sub)
        point = np.stack(
            [phantom.corner_mm[0] + 10 * i + dx, phantom.corner_mm[1] + 10 * j + dy], -1
        ).reshape(-1, 1, 2)
        source = np.asarray(axis_mm) + RADIUS * np.stack([np.sin(angle), -np.cos(angle)], -1)[None]
        way = point - source
        distance = np.hypot(way[..., 0], way[..., 1])
        inward = (np.asarray(axis_mm) - source) / RADIUS
        fan = np.arctan2(
            inward[..., 0] * way[..., 1] - inward[..., 1] * way[..., 0], (inward * way).sum(axis=-1)
        )
        fan_bin = np.floor((fan - row.fan[0]) / row.fan[1]).astype(int)
        lit = (fan_bin >= 0) & (fan_bin < photons.shape[0])
        length = lengths_mm(phantom, point, way / distance[..., None])
        there = photons[np.clip(fan_bin, 0, len(photons) - 1)] * np.exp(-length @ mu)
        fluence = np.where(lit, 1.0 / (distance**2 * np.cos(fan)), 0.0)
        kerma.append((fluence * (there @ per_photon)).mean())
    return np.array(kerma)


def lengths_mm(phantom, point, direction):
    """Length in air and in water of the last 480 mm before a point, within the grid, [..., 2]."""
    back = (np.arange(480) + 0.5) * STEP
    place = point[..., None, :] - direction[..., None, :] * back[:, None]
    cell = np.floor((place - np.asarray(phantom.corner_mm[:2])) / 10.0).astype(int)
    within = ((cell >= 0) & (cell < 34)).all(axis=-1)
    cell = np.clip(cell, 0, 33)
    material = phantom.material_index[0][cell[..., 1], cell[..., 0]]
    return np.stack([(within & (material == m)).sum(axis=-1) * STEP for m in (0, 1)], axis=-1)


@pytest.mark.parametrize("water", [True, False])
def test_phantom_and_axis_moved_together_give_the_same_bits(water):
    _, _, here = simulated(body(water), (30.0, -10.0), 2)
    _, _, there = simulated(body(water, 64.0), (94.0, -138.0), 2)
    assert np.array_equal(here.rows, there.rows)
    assert np.array_equal(here.counters, there.counters)


def test_surface_dose_in_air_follows_rays(statistics):
    """3 cm off the axis: what is nearer to the axis is lit through the thin middle of the bowtie, from all sides."""
    phantom = body(False)
    found = [simulated(phantom, axis) for axis in ((0.0, 0.0), (0.0, SHIFT))]
    rays = [by_rays(phantom, axis) for axis in ((0.0, 0.0), (0.0, SHIFT))]
    (centred, error, _), (moved, other, _) = found
    ratio, expected = moved / centred, rays[1] / rays[0]
    sigma = ratio * np.hypot(error / centred, other / moved)
    assert (sigma < 0.02).all()
    assert (abs(ratio - expected) / np.hypot(sigma, 0.003) < statistics.z_limit(statistics.level(4))).all()
    assert expected[0] < 0.92  # front: 18 cm from the axis
    assert expected[3] > 1.1  # back: 12 cm from it
    assert expected[1] == pytest.approx(expected[2], rel=2e-2)


def test_surface_dose_of_a_cylinder_of_water_follows_rays(statistics):
    """With attenuation and scatter: the same sense, and of the size that primary photons alone have."""
    phantom = body(True)
    (centred, error, _), (moved, other, _) = (simulated(phantom, (0.0, y)) for y in (0.0, SHIFT))
    expected = by_rays(phantom, (0.0, SHIFT)) / by_rays(phantom, (0.0, 0.0))
    ratio = moved / centred
    sigma = ratio * np.hypot(error / centred, other / moved)
    assert (sigma < 0.02).all()
    assert ((ratio - 1.0) * (expected - 1.0) > 0)[[0, 3]].all()
    np.testing.assert_allclose(ratio, expected, atol=0.06)
