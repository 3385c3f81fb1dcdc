"""Mean energy that a Compton scattering leaves behind, by the very distributions that the kernel samples.

The polar angle follows Klein-Nishina times S(u), S linear in u = x^2 between its nodes; u is proportional to
1 - cos. So the integrals over the angle are sums over the nodes of S with weights that no material changes.
Doppler broadening replaces E' at each angle by its mean over the Compton profile, draws that would gain energy
left out (compton.py of the kernels; Ribberfors, Phys. Rev. B 12, 2067 (1975)).
"""

from functools import lru_cache

import numpy as np

from ctdose.kernels.tables import ENERGY_BINS, F64
from ctdose.physics.compton_profile import profile_integral, profile_nodes
from ctdose.physics.form_factors import form_tables, squared_x_nodes
from ctdose.physics.materials import Material

ELECTRON_REST_KEV = 510.99895  # CODATA 2018
FINE_STRUCTURE = 7.2973525693e-3  # CODATA 2018: momentum of one atomic unit over m_e c
HC = 12.398419843  # keV angstrom, CODATA 2018

ROWS_AT_ONCE = 8  # of 706 nodes: early versions of OpenBLAS share out from 9216 elements on

DOPPLER_ENERGIES = 64  # from 1 to 256 keV, spline between: checked against twice as many
DOPPLER_ANGLES = 128


def _klein_nishina(energy: F64, t: F64) -> tuple[F64, F64]:
    """Klein-Nishina density in t = 1 - cos, 1 forwards; and E'/E at an electron at rest."""
    ratio = 1.0 / (1.0 + energy / ELECTRON_REST_KEV * t)
    return 0.5 * ratio**2 * (ratio + 1.0 / ratio - t * (2.0 - t)), ratio


@lru_cache(maxsize=8)
def _weights(energies: bytes) -> tuple[F64, F64]:
    """Matrices W [energy, node]: integrals over the angle of KN S, and of KN S (1 - E'/E), are W @ S."""
    energy = np.frombuffer(energies)[:, None, None]
    u = squared_x_nodes().astype(np.float64)
    u_full = (energy / HC) ** 2
    low, high = u[None, :-1, None], u[None, 1:, None]
    reach = np.where(np.arange(u.size - 1) == u.size - 2, np.inf, np.diff(u))[
        None, :, None
    ]  # the last goes on
    width = np.clip(u_full - low, 0.0, reach)  # the part of the bin that this energy reaches
    points, point_weights = np.polynomial.legendre.leggauss(3)
    inside = 0.5 * (points + 1.0) * width / (high - low)  # position within the whole bin, 0 to 1
    t = 2.0 * (low + inside * (high - low)) / u_full
    density, ratio = _klein_nishina(energy, t)
    density = density * point_weights * width / u_full
    total, recoil = (np.zeros((energy.size, u.size)) for _ in range(2))
    for matrix, integrand in ((total, density), (recoil, density * (1.0 - ratio))):
        matrix[:, :-1] += (integrand * (1.0 - inside)).sum(axis=2)
        matrix[:, 1:] += (integrand * inside).sum(axis=2)
    return total, recoil


def recoil_fraction(material: Material, energy_kev: F64, *, doppler: bool = False) -> F64:
    """Mean share of the photon's energy that a Compton scattering leaves behind.

    Parameters
    ----------
    material : Material
        What scatters.
    energy_kev : ndarray of float64, shape (n,)
        Photon energies, 1 to 256 keV.
    doppler : bool
        With Doppler broadening.

    Returns
    -------
    ndarray of float64, shape (n,)
        1 - <E'>/E.
    """
    energy = np.ascontiguousarray(energy_kev, np.float64)
    if doppler:
        return _doppler_recoil_fraction(material, energy)
    total, recoil = _weights(energy.tobytes())
    s = form_tables(material).incoherent.astype(np.float64)
    return _product(recoil, s) / _product(total, s)


def _product(matrix: F64, vector: F64) -> F64:
    """matrix @ vector in blocks that BLAS does not share out among threads.

    How many there are would show in the last bit, and waking them for each material took a second a body.
    """
    blocks = np.array_split(matrix, max(1, matrix.shape[0] // ROWS_AT_ONCE))
    return np.concatenate([block @ vector for block in blocks])


def _shifted_ratio(ratio: F64, t: F64, pz: F64) -> F64:
    """E'/E in the impulse approximation; pz in units of m_e c, its sign that of the energy shift."""
    a = 1.0 / ratio**2 - pz**2
    b = 1.0 / ratio - pz**2 * (1.0 - t)
    return (b + np.sign(pz) * np.sqrt(np.maximum(0.0, b * b - a * (1.0 - pz**2)))) / a


def _doppler_angles() -> F64:
    """Nodes in sin(theta/2), dense forwards, where the shift rises like the angle."""
    return np.linspace(0.0, 1.0, DOPPLER_ANGLES) ** 2


@lru_cache(maxsize=1)
def _doppler_moments() -> tuple[F64, F64, F64]:
    """Per [energy, angle, bin of |p_z|]: mean of accepted 1 - E'/E over both signs, and accepted share.

    A draw is accepted up to E' = E, that is up to p_z = E sin(theta/2)/(m_e c^2).
    """
    energies = np.geomspace(1.0, 2.0 ** (ENERGY_BINS // 128), DOPPLER_ENERGIES)
    energy = energies[:, None, None]
    sine = _doppler_angles()[None, :, None]
    t = 2.0 * sine**2
    _, ratio = _klein_nishina(energy, t)
    nodes = FINE_STRUCTURE * profile_nodes()
    low, width = nodes[:-1], np.diff(nodes)
    allowed = np.clip((energy / ELECTRON_REST_KEV * sine - low) / width, 0.0, 1.0)
    loss = np.zeros(np.broadcast_shapes(energy.shape, sine.shape, low.shape))
    for point in 0.5 + np.array([-0.5, 0.5]) / np.sqrt(3.0):  # Gauss, two points
        loss += 0.5 * (1.0 - _shifted_ratio(ratio, t, -(low + point * width)))
        loss += 0.5 * allowed * (1.0 - _shifted_ratio(ratio, t, low + point * allowed * width))
    return energies, loss, 1.0 + allowed


def _doppler_recoil_fraction(material: Material, energy: F64) -> F64:
    from scipy.interpolate import CubicSpline

    energies, loss, accepted = _doppler_moments()
    profile = np.diff(profile_integral(material).astype(np.float64))
    mean_loss = (loss @ profile) / (accepted @ profile)  # [energy, angle]
    s = form_tables(material).incoherent.astype(np.float64)
    total, _ = _weights(energies.tobytes())
    u = squared_x_nodes().astype(np.float64)
    fraction = np.empty_like(energies)
    for k, e in enumerate(energies):
        at_nodes = np.interp(np.sqrt(u) * HC / e, _doppler_angles(), mean_loss[k])
        fraction[k] = (total[k] @ (s * at_nodes)) / (total[k] @ s)
    return CubicSpline(np.log(energies), fraction)(np.log(energy))
