"""Kernel tables of some materials: attenuation, scattering, fluorescence (the shapes: kernels/tables.py)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ctdose.kernels.tables import ENERGY_BINS, F32, F64, MAX_MATERIALS, Attenuation, Fluorescence, Scattering
from ctdose.physics.compton_profile import profile_integral
from ctdose.physics.compton_recoil import recoil_fraction
from ctdose.physics.cross_sections import mass_coefficients
from ctdose.physics.energy_absorption import absorption_with_recoil
from ctdose.physics.energy_grid import bin_ends, build_energy_grid
from ctdose.physics.fluorescence import fluorescent_elements, k_lines, k_photon_probability
from ctdose.physics.form_factors import form_tables, squared_x_nodes
from ctdose.physics.materials import Material


class PhysicsTables(NamedTuple):
    """What `build_tables` returns; unpacks as (attenuation, scattering, fluorescence)."""

    attenuation: Attenuation
    scattering: Scattering
    fluorescence: Fluorescence


def build_tables(
    materials: Sequence[Material],
    *,
    cutoff_kev: float = 1.0,
    doppler: bool = False,
    edges_of: Sequence[Material] = (),
) -> PhysicsTables:
    """Build the tables that the transport reads.

    Parameters
    ----------
    materials : sequence of Material
        In the order of their index in the voxels; linear coefficients are at each one's own density.
    cutoff_kev : float
        Photons end below it; K lines below it are not emitted.
    doppler : bool
        Whether mu_en counts the recoil of Doppler broadened Compton scattering.
    edges_of : sequence of Material
        Further materials whose absorption edges come onto nodes, for `response_curve`.

    Returns
    -------
    PhysicsTables
        float32, C-contiguous. `Attenuation.majorant` is zero: it depends on the voxels.

    Raises
    ------
    ValueError
        If there are no or too many materials, or the cut-off lies outside 1 to 100 keV.
    TypeError
        If something is not a Material.
    """
    _check(materials, cutoff_kev)
    node_kev = build_energy_grid([*materials, *edges_of])
    attenuation = _attenuation(materials, node_kev, cutoff_kev, doppler)
    return PhysicsTables(attenuation, _scattering(materials), _fluorescence(materials, node_kev, cutoff_kev))


def response_curve(
    node_kev: F32, material: Material, *, cutoff_kev: float = 1.0, doppler: bool = False
) -> F32:
    """E mu_en of a material: what a track of 1 cm scores as its collision kerma (times density).

    Parameters
    ----------
    node_kev : ndarray of float32, shape (ENERGY_BINS + 1,)
        Nodes of the tables in use.
    material : Material
        For example air, for air kerma; its edges should be among the nodes (`edges_of` of `build_tables`).
    cutoff_kev, doppler
        As in `build_tables`.

    Returns
    -------
    ndarray of float32, shape (ENERGY_BINS, 2)
        (value at the lower node, slope per keV), keV/cm, for a curve of `Responses`.
    """
    ends = _mu_en_ends(material, node_kev, cutoff_kev, doppler)
    energies = bin_ends(node_kev)
    return value_and_slope(node_kev, ends[0] * energies[0], ends[1] * energies[1])


def value_and_slope(node_kev: F32, at_lower: F64, at_upper: F64) -> F32:
    """Pack a quantity that is linear within each bin.

    Parameters
    ----------
    node_kev : ndarray of float32, shape (ENERGY_BINS + 1,)
        Nodes.
    at_lower, at_upper : ndarray of float64, shape (ENERGY_BINS,)
        Values at the two ends of each bin.

    Returns
    -------
    ndarray of float32, shape (ENERGY_BINS, 2)
        Value at the lower node, slope per keV.
    """
    value = at_lower.astype(np.float32)
    slope = (at_upper - value) / np.diff(node_kev.astype(np.float64))
    return np.stack([value, slope.astype(np.float32)], axis=-1)


def _check(materials: Sequence[Material], cutoff_kev: float) -> None:
    if not 0 < len(materials) <= MAX_MATERIALS:
        raise ValueError(f"materials={len(materials)} (how many). Give 1 to {MAX_MATERIALS}.")
    for material in materials:
        if not isinstance(material, Material):
            raise TypeError(f"material={material!r} (not a Material). Write Material('water').")
    if not 1.0 <= cutoff_kev <= 100.0:
        raise ValueError(f"cutoff_kev={cutoff_kev:g} (outside the tables). Give 1 to 100 keV.")


def _mu_en_ends(material: Material, node_kev: F32, cutoff_kev: float, doppler: bool) -> tuple[F64, F64]:
    """Linear mu_en in 1/cm at both ends of each bin."""
    recoil = recoil_fraction(
        material, node_kev.astype(np.float64), doppler=doppler
    )  # continuous across edges
    lower, upper = bin_ends(node_kev)
    at_lower = absorption_with_recoil(material, lower, recoil[:-1], cutoff_kev)
    at_upper = absorption_with_recoil(material, upper, recoil[1:], cutoff_kev)
    return material.density_g_cm3 * at_lower, material.density_g_cm3 * at_upper


def _attenuation(
    materials: Sequence[Material], node_kev: F32, cutoff_kev: float, doppler: bool
) -> Attenuation:
    mu, mu_en, photoelectric, both = (
        np.zeros((ENERGY_BINS, len(materials), 2), np.float32) for _ in range(4)
    )
    for m, material in enumerate(materials):
        ends = [mass_coefficients(material, energy) for energy in bin_ends(node_kev)]
        mu[:, m] = value_and_slope(node_kev, *(material.density_g_cm3 * c.total for c in ends))
        mu_en[:, m] = value_and_slope(node_kev, *_mu_en_ends(material, node_kev, cutoff_kev, doppler))
        photoelectric[:, m] = value_and_slope(node_kev, *(c.photoelectric / c.total for c in ends))
        both[:, m] = value_and_slope(node_kev, *((c.photoelectric + c.compton) / c.total for c in ends))
    majorant = np.zeros((ENERGY_BINS, 2), np.float32)
    return Attenuation(node_kev, majorant, mu, mu_en, photoelectric, both)


def _scattering(materials: Sequence[Material]) -> Scattering:
    forms = [form_tables(material) for material in materials]
    return Scattering(
        squared_x_nodes().copy(),
        np.stack([f.incoherent for f in forms]),
        np.stack([f.coherent for f in forms]),
        np.stack([f.coherent_integral for f in forms]),
        np.stack([profile_integral(material) for material in materials]),
    )


def _fluorescence(materials: Sequence[Material], node_kev: F32, cutoff_kev: float) -> Fluorescence:
    entries = [fluorescent_elements(material, cutoff_kev) for material in materials]
    rows = sorted({z for numbers in entries for z in numbers})
    probability = []
    for material, numbers in zip(materials, entries):
        cumulative = np.zeros((2, ENERGY_BINS))
        for z in numbers:
            cumulative += [k_photon_probability(material, z, e, cutoff_kev) for e in bin_ends(node_kev)]
            probability.append(value_and_slope(node_kev, *cumulative))
    line_kev, line_cumulative = _line_tables(rows, cutoff_kev)
    return Fluorescence(
        np.cumsum([0, *map(len, entries)], dtype=np.int32),
        np.stack(probability) if probability else np.zeros((0, ENERGY_BINS, 2), np.float32),
        np.array([rows.index(z) for numbers in entries for z in numbers], np.int32),
        line_kev,
        line_cumulative,
    )


def _line_tables(rows: Sequence[int], cutoff_kev: float) -> tuple[F32, F32]:
    lines = [k_lines(z).above(cutoff_kev) for z in rows]
    width = max((line.energy_kev.size for line in lines), default=1)
    line_kev = np.zeros((len(rows), width), np.float32)
    line_cumulative = np.ones((len(rows), width), np.float32)
    for row, line in enumerate(lines):
        count = line.energy_kev.size
        line_kev[row] = np.pad(line.energy_kev, (0, width - count), mode="edge")
        line_cumulative[row, : count - 1] = np.cumsum(line.strength)[:-1] / line.strength.sum()
    return line_kev, line_cumulative
