"""Mass attenuation coefficients of the three processes, from xraylib.

`CS_Photo` (see `photoelectric`), `CS_Compt` and `CS_Rayl` reproduce NIST's XCOM (to 0.02 % from 10 to 150 keV for
H to W). xraylib's `CS_Energy` (water 30 % low at 20 keV) and its Kissel photoelectric functions (oxygen 43 % low)
are never used.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ctdose.kernels.tables import F64
from ctdose.physics.elements import atomic_number
from ctdose.physics.materials import Material
from ctdose.physics.photoelectric import photoelectric


class MassCoefficients(NamedTuple):
    """Mass attenuation coefficients in cm2/g, one array for each process."""

    photoelectric: F64
    compton: F64
    rayleigh: F64

    @property
    def total(self) -> F64:
        """All three processes together (with coherent scattering)."""
        return self.photoelectric + self.compton + self.rayleigh


def element_coefficients(number: int, energy_kev: ArrayLike) -> MassCoefficients:
    """Mass attenuation coefficients of an element.

    Parameters
    ----------
    number : int
        Atomic number.
    energy_kev : array_like of float, shape (n,)
        Photon energies, 0.1 to 800 keV.

    Returns
    -------
    MassCoefficients
        Arrays of shape (n,), cm2/g.
    """
    return MassCoefficients(*_element_table(number, np.asarray(energy_kev, np.float64).tobytes()))


@lru_cache(maxsize=512)
def _element_table(number: int, energies: bytes) -> F64:
    import xraylib

    energy_kev = np.frombuffer(energies)
    scattering = (
        [process(number, e) for e in energy_kev.tolist()] for process in (xraylib.CS_Compt, xraylib.CS_Rayl)
    )
    table = np.array([photoelectric(number, energy_kev), *scattering])
    table.flags.writeable = False
    return table


def mass_coefficients(material: Material, energy_kev: ArrayLike) -> MassCoefficients:
    """Mass attenuation coefficients of a material: its elements' by mass fraction.

    Parameters
    ----------
    material : Material
        What is crossed.
    energy_kev : array_like of float
        Photon energies, 0.1 to 800 keV.

    Returns
    -------
    MassCoefficients
        Arrays of the shape of `energy_kev`, cm2/g.
    """
    energy = np.asarray(energy_kev, np.float64)
    total = np.zeros((3, energy.size))
    for element, fraction in material.composition:
        total += fraction * np.array(element_coefficients(atomic_number(element), energy.ravel()))
    return MassCoefficients(*total.reshape(3, *energy.shape))


def linear_attenuation(material: Material, energy_kev: ArrayLike) -> F64:
    """Linear attenuation coefficient at the material's own density.

    Parameters
    ----------
    material : Material
        What is crossed.
    energy_kev : array_like of float
        Photon energies, 0.1 to 800 keV.

    Returns
    -------
    ndarray of float64
        Photoelectric + Compton + Rayleigh, 1/cm.
    """
    return material.density_g_cm3 * mass_coefficients(material, energy_kev).total
