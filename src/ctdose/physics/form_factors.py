"""Angular tables of scattering: incoherent scattering function and form factor on the grid in u = x^2."""

from functools import cache
from typing import NamedTuple

import numpy as np

from ctdose.kernels.tables import F32, F64, SQUARED_X_BINS_PER_OCTAVE, SQUARED_X_MIN, SQUARED_X_OCTAVES
from ctdose.physics.elements import atomic_number
from ctdose.physics.materials import Material


class FormTables(NamedTuple):
    """Angular tables of one material on the nodes of `squared_x_nodes`."""

    incoherent: F32
    """S per electron, 0 at u = 0, at most 1."""
    coherent: F32
    """F^2 per atom."""
    coherent_integral: F32
    """Integral of F^2 over u from 0: exact for F^2 linear between nodes."""


@cache
def squared_x_nodes() -> F32:
    """Nodes of the grid in u = x^2, x = sin(theta/2)/lambda.

    Returns
    -------
    ndarray of float32, shape (SQUARED_X_BINS + 1,)
        1/angstrom^2: 0, then each octave from SQUARED_X_MIN cut into equal parts (bins named by the bit pattern).
    """
    parts = np.arange(SQUARED_X_BINS_PER_OCTAVE * SQUARED_X_OCTAVES + 1)
    octave, part = np.divmod(parts, SQUARED_X_BINS_PER_OCTAVE)
    nodes = SQUARED_X_MIN * 2.0**octave * (1.0 + part / SQUARED_X_BINS_PER_OCTAVE)
    return np.concatenate([[0.0], nodes]).astype(np.float32)


@cache
def _element_forms(number: int) -> tuple[F64, F64]:
    """S (all electrons) and F of an element on the nodes; x is Hubbell's, in 1/angstrom, as xraylib takes it."""
    import xraylib

    x = np.sqrt(squared_x_nodes().astype(np.float64)).tolist()
    s = [0.0] + [xraylib.SF_Compt(number, q) for q in x[1:]]
    f = [xraylib.FF_Rayl(number, q) for q in x]
    return np.clip(s, 0.0, number), np.array(f)


def form_tables(material: Material) -> FormTables:
    """Scattering function and form factor of a material, mixed by atom fraction.

    The atoms scatter independently: S per electron is sum(a S_Z)/sum(a Z), F^2 is sum(a F_Z^2) with a the atom
    fraction. (Mixing by mass fraction would be wrong: it overweights heavy elements.)

    Parameters
    ----------
    material : Material
        What scatters.

    Returns
    -------
    FormTables
        Arrays of shape (SQUARED_X_BINS + 1,).
    """
    u = squared_x_nodes().astype(np.float64)
    electrons, s, f2 = 0.0, np.zeros_like(u), np.zeros_like(u)
    for element, atoms in material.atom_fractions().items():
        number = atomic_number(element)
        s_element, f_element = _element_forms(number)
        electrons += atoms * number
        s += atoms * s_element
        f2 += atoms * f_element**2
    incoherent = np.minimum(s / electrons, 1.0).astype(np.float32)
    coherent = f2.astype(np.float32)
    rounded = coherent.astype(np.float64)  # integrate what the kernel reads
    trapezoids = 0.5 * (rounded[1:] + rounded[:-1]) * np.diff(u)
    integral = np.concatenate([[0.0], np.cumsum(trapezoids)]).astype(np.float32)
    return FormTables(incoherent, coherent, integral)
