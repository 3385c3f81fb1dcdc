"""Compton profiles: the electrons' momentum along the momentum transfer, for Doppler broadening."""

from functools import cache

import numpy as np

from ctdose.kernels.tables import F32, F64, PROFILE_NODES, PROFILE_PZ_MAX
from ctdose.physics.elements import atomic_number
from ctdose.physics.materials import Material


def profile_nodes() -> F64:
    """Nodes of the grid in p_z.

    Returns
    -------
    ndarray of float64, shape (PROFILE_NODES,)
        Atomic units; node i lies at PROFILE_PZ_MAX (i/(PROFILE_NODES - 1))^2: a profile is some tenths of a unit
        wide and its tail reaches far.
    """
    return PROFILE_PZ_MAX * np.linspace(0.0, 1.0, PROFILE_NODES) ** 2


@cache
def _element_integral(number: int) -> F64:
    """Integral of the atom's total profile from 0 to each node, by Simpson's rule on half bins."""
    import xraylib

    nodes = profile_nodes()
    quarters = nodes[:-1, None] + np.diff(nodes)[:, None] * np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    values = [
        [xraylib.ComptonProfile(number, p) for p in row] for row in np.minimum(quarters, PROFILE_PZ_MAX)
    ]
    areas = np.diff(nodes) * (np.array(values) @ np.array([1.0, 4.0, 2.0, 4.0, 1.0])) / 12.0
    return np.concatenate([[0.0], np.cumsum(areas)])


def profile_integral(material: Material) -> F32:
    """Cumulative Compton profile of a material, its atoms' total profiles mixed by atom fraction.

    Parameters
    ----------
    material : Material
        What scatters.

    Returns
    -------
    ndarray of float32, shape (PROFILE_NODES,)
        From 0 at p_z = 0 to 1 at PROFILE_PZ_MAX, on `profile_nodes`.
    """
    total = np.zeros(PROFILE_NODES)
    for element, atoms in material.atom_fractions().items():
        total += atoms * _element_integral(atomic_number(element))
    return (total / total[-1]).astype(np.float32)
