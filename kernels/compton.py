"""Compton scattering: Klein-Nishina times the incoherent scattering function; Doppler broadening on request.

Neglected: polarisation, the dependence of binding on the shell (the profile is the atom's total), and the
X rays and Auger electrons that follow the ejection of an inner electron.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit, jit
from ctdose.kernels.form_tables import squared_x_bin, squared_x_full
from ctdose.kernels.rng import STREAM_COLLISION, STREAM_SECONDARY, random_block, uniform
from ctdose.kernels.sampling import find_cumulative
from ctdose.kernels.tables import PROFILE_NODES, PROFILE_PZ_MAX

ELECTRON_REST_KEV = np.float32(510.99895)  # CODATA 2018
FINE_STRUCTURE = np.float32(7.2973525693e-3)  # CODATA 2018: p_z in atomic units to units of m_e c
PZ_SCALE = np.float32(PROFILE_PZ_MAX / (PROFILE_NODES - 1) ** 2)  # node i lies at PZ_SCALE * i^2
ZERO, HALF, ONE, TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
HALF_WORD = np.uint64(1 << 31)


@inline_jit
def interpolate_s(scattering, m, squared_x):
    """S(x) per electron of material m, linear in u = x^2 between nodes."""
    j = squared_x_bin(squared_x)
    low, high = scattering.incoherent[m, j], scattering.incoherent[m, j + 1]
    width = scattering.squared_x[j + 1] - scattering.squared_x[j]
    return low + (high - low) * ((squared_x - scattering.squared_x[j]) / width)


@inline_jit
def klein_nishina(epsilon, cos_theta):
    """Klein-Nishina density in cos(theta), scaled to 1 forwards: e^2 (e + 1/e - sin^2)/2, e = E'/E."""
    sin2 = ONE - cos_theta * cos_theta
    return HALF * epsilon * epsilon * (epsilon + ONE / epsilon - sin2)


@inline_jit
def energy_ratio(energy, cos_theta):
    """E'/E of a photon scattered at an electron at rest."""
    return ONE / (ONE + energy / ELECTRON_REST_KEV * (ONE - cos_theta))


@jit
def pdf_compton(scattering, m, energy, cos_theta):
    """Density of cos(theta), not normalised: Klein-Nishina times S(x)."""
    squared_x = squared_x_full(energy) * HALF * (ONE - cos_theta)
    return klein_nishina(energy_ratio(energy, cos_theta), cos_theta) * interpolate_s(scattering, m, squared_x)


@inline_jit
def try_compton(scattering, m, energy, full, s_max, xi_cos, xi_accept):
    """One draw of a Compton scattering: cos(theta), E'/E at an electron at rest, whether it is accepted."""
    cos_theta = ONE - TWO * xi_cos
    ratio = energy_ratio(energy, cos_theta)
    s = interpolate_s(scattering, m, full * HALF * (ONE - cos_theta))
    return cos_theta, ratio, xi_accept * s_max <= klein_nishina(ratio, cos_theta) * s


@jit
def sample_compton(run, scattering, m, energy, history, step):
    """Polar angle of a Compton scattering, by rejection from a uniform cosine.

    S rises with the angle, so S at 180 degrees bounds it: the efficiency is 0.4 to 0.6 at all energies from 1 to
    150 keV.

    Returns
    -------
    cos_theta, turns, ratio : float32
        Polar angle, azimuth in turns, and E'/E at an electron at rest.
    draws : int
        Blocks of random words used.
    """
    full = squared_x_full(energy)
    s_max = interpolate_s(scattering, m, full)
    call = 0
    while True:
        w0, w1, w2, _ = random_block(run, history, step, STREAM_COLLISION, call)
        call += 1
        cos_theta, ratio, accepted = try_compton(scattering, m, energy, full, s_max, uniform(w0), uniform(w1))
        if accepted:
            return cos_theta, uniform(w2), ratio, call


@jit
def sample_pz(scattering, m, word_size, word_sign):
    """Momentum of the electron along the momentum transfer, atomic units, from the Compton profile."""
    profile = scattering.profile_integral[m]
    xi = uniform(word_size)
    i = find_cumulative(profile, 0, PROFILE_NODES - 1, xi)
    fraction = (xi - profile[i]) / (profile[i + 1] - profile[i])
    low, high = np.float32(i), np.float32(i + 1)
    size = PZ_SCALE * (low * low + (high * high - low * low) * fraction)
    return -size if word_sign < HALF_WORD else size


@jit
def doppler_ratio(ratio, cos_theta, pz):
    """E'/E in the impulse approximation for an electron of momentum p_z (atomic units).

    Solves p_z/(m_e c) = (E' (1 - cos) E/(m_e c^2) - (E - E'))/|k - k'| for E' (Ribberfors, Phys. Rev. B 12, 2067
    (1975)), as EGSnrc's manual (PIRS-701, section 2.2.2) and Geant4 do; p_z > 0 means E' above its value at rest.

    The discriminant is written out and divided by q^2: as b^2 - a c it would cancel in float32 at small angles.
    """
    q = pz * FINE_STRUCTURE
    q2 = q * q
    t = ONE - cos_theta
    inverse = ONE / ratio  # 1 + E/(m_e c^2) t
    gamma = inverse - ONE
    root = gamma * gamma + TWO * t * inverse - q2 * t * (TWO - t)
    return (inverse - q2 * cos_theta + q * np.sqrt(max(ZERO, root))) / (inverse * inverse - q2)


@jit
def sample_doppler(run, scattering, m, ratio, cos_theta, history, step):
    """E'/E with the motion of the electron; a draw that would gain energy is repeated."""
    call = 1  # call 0 of this stream belongs to fluorescence
    while True:
        w0, w1, _, _ = random_block(run, history, step, STREAM_SECONDARY, call)
        call += 1
        shifted = doppler_ratio(ratio, cos_theta, sample_pz(scattering, m, w0, w1))
        if ZERO < shifted <= ONE:
            return shifted
