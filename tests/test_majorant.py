"""The majorant: above every voxel's attenuation at every energy, and no higher than it must be."""

import numpy as np
import pytest

from ctdose.physics.materials import Material
from ctdose.physics.tables import build_tables
from ctdose.simulation.majorant import MARGIN, with_majorant

MATERIALS = [Material(n) for n in ("water", "air", "cortical-bone", "iodine", "tin")]
RATIOS = (
    [1.0, 1.0, 1.0, 1.0, 1.0],
    [3.99, 0.5, 0.01, 0.001, 0.0],
    [0.3, 1.0, 0.0, 0.0, 0.0],
    [0, 1 / 4096, 0, 0, 0],
)


@pytest.fixture(scope="module")
def attenuation():
    return build_tables(MATERIALS).attenuation


def kernel_values(table, i, excess):
    """As the kernel computes it: float32, no fused operation."""
    return table[i, ..., 0] + table[i, ..., 1] * excess.reshape(-1, *[1] * (table.ndim - 2))


def energies(nodes):
    """Both ends of every bin and places between, float32, with their bins."""
    inside = [nodes[:-1] + (nodes[1:] - nodes[:-1]) * np.float32(part) for part in (0.0, 0.21, 0.5, 0.83)]
    energy = np.concatenate([*inside, np.nextafter(nodes[1:], np.float32(0))])
    return energy, np.searchsorted(nodes, energy, side="right") - 1


@pytest.mark.parametrize("ratio", RATIOS)
def test_no_voxel_exceeds_the_majorant(attenuation, ratio):
    tables = with_majorant(attenuation, np.array(ratio))
    energy, i = energies(tables.node_kev)
    excess = energy - tables.node_kev[i]
    majorant = kernel_values(tables.majorant, i, excess)
    mu = np.array(ratio, np.float32) * kernel_values(tables.mu, i, excess)
    assert majorant.dtype == mu.dtype == np.float32
    assert (mu <= majorant[:, None]).all()


@pytest.mark.parametrize("ratio", RATIOS[:3])
def test_the_majorant_touches_the_densest_voxel(attenuation, ratio):
    tables = with_majorant(attenuation, np.array(ratio))
    i = np.arange(len(tables.node_kev) - 1)
    zero = np.zeros(i.size, np.float32)
    mu = np.array(ratio, np.float32) * kernel_values(tables.mu, i, zero)
    np.testing.assert_allclose(kernel_values(tables.majorant, i, zero), mu.max(axis=1) * MARGIN, rtol=1e-6)


def test_absent_materials_do_not_raise_it(attenuation):
    with_iodine = with_majorant(attenuation, np.array([1.0, 0, 0, 1.0, 0])).majorant[:, 0]
    without = with_majorant(attenuation, np.array([1.0, 0, 0, 0, 0])).majorant[:, 0]
    assert (without < 0.2 * with_iodine).all()


def test_a_phantom_of_nothing_has_a_majorant(attenuation):
    """Flights of finite length: no division by zero in the kernel."""
    majorant = with_majorant(attenuation, np.zeros(5)).majorant
    assert (majorant[:, 0] > 0).all()
    assert (majorant[:, 0] < 1e-9).all()


def test_it_leaves_the_other_tables_alone(attenuation):
    tables = with_majorant(attenuation, np.ones(5))
    assert all(a is b for a, b in zip(tables._replace(majorant=attenuation.majorant), attenuation))
