"""Energy-absorption coefficients by the physics of the transport itself.

The collision-kerma estimator scores E mu_en, the analogue one what each collision leaves behind: they have the same
mean only if mu_en is built from the same cross sections, the same K fluorescence and the same Compton recoil.
(xraylib's CS_Energy is not used: it is 30 % low for water at 20 keV.)
"""

import numpy as np
from numpy.typing import ArrayLike

from ctdose.kernels.tables import F64
from ctdose.physics.compton_recoil import recoil_fraction
from ctdose.physics.cross_sections import mass_coefficients
from ctdose.physics.fluorescence import emitted_kev
from ctdose.physics.materials import Material


def mass_energy_absorption(
    material: Material, energy_kev: ArrayLike, *, cutoff_kev: float = 1.0, doppler: bool = False
) -> F64:
    """Mass energy-absorption coefficient mu_en/rho.

    mu_en = tau (1 - <K photon>/E) + sigma_Compton (1 - <E'>/E). Rayleigh scattering leaves nothing. The scattered
    photon counts as gone whatever its energy: what falls below the cut-off is for the transport to deposit. L and
    softer X rays stay where they arise, as in the transport.

    Parameters
    ----------
    material : Material
        What absorbs.
    energy_kev : array_like of float
        Photon energies, 1 to 256 keV.
    cutoff_kev : float
        K lines below it are not emitted: their energy stays.
    doppler : bool
        Whether Compton scattering is Doppler broadened.

    Returns
    -------
    ndarray of float64
        cm2/g, of the shape of `energy_kev`.
    """
    energy = np.asarray(energy_kev, np.float64)
    flat = np.ascontiguousarray(energy.ravel())
    recoil = recoil_fraction(material, flat, doppler=doppler)
    return absorption_with_recoil(material, flat, recoil, cutoff_kev).reshape(energy.shape)


def absorption_with_recoil(material: Material, energy_kev: F64, recoil: F64, cutoff_kev: float) -> F64:
    """mu_en/rho in cm2/g from a known mean recoil fraction; arrays of one shape (n,)."""
    coefficients = mass_coefficients(material, energy_kev)
    absorbed = 1.0 - emitted_kev(material, energy_kev, cutoff_kev) / energy_kev
    return coefficients.photoelectric * absorbed + coefficients.compton * recoil
