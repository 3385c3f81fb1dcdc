"""Rayleigh scattering: F^2(x) times the Thomson cross section; the energy stays.

Neglected: anomalous scattering factors near absorption edges.
"""

import numpy as np

from ctdose.kernels._jit import jit
from ctdose.kernels.form_tables import squared_x_bin, squared_x_full
from ctdose.kernels.rng import STREAM_COLLISION, random_block, uniform
from ctdose.kernels.sampling import find_cumulative

HALF = np.float32(0.5)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
ZERO = np.float32(0.0)


@jit
def integral_of_f2(scattering, m, squared_x):
    """Integral of F^2 over u = x^2 from 0 to `squared_x`; F^2 is linear in u between nodes."""
    j = squared_x_bin(squared_x)
    du = squared_x - scattering.squared_x[j]
    width = scattering.squared_x[j + 1] - scattering.squared_x[j]
    f_low, f_high = scattering.coherent[m, j], scattering.coherent[m, j + 1]
    slope = (f_high - f_low) / width
    return scattering.coherent_integral[m, j] + du * (f_low + HALF * slope * du)


@jit
def invert_f2(scattering, m, last, integral):
    """The u = x^2 at which the integral of F^2 reaches `integral`; searched in the bins 0 to last."""
    j = find_cumulative(scattering.coherent_integral[m], 0, last + 1, integral)
    rest = integral - scattering.coherent_integral[m, j]
    width = scattering.squared_x[j + 1] - scattering.squared_x[j]
    f_low, f_high = scattering.coherent[m, j], scattering.coherent[m, j + 1]
    slope = (f_high - f_low) / width
    # the root of f_low*d + slope*d^2/2 = rest, in the form that does not cancel
    root = np.sqrt(max(ZERO, f_low * f_low + TWO * slope * rest))
    return scattering.squared_x[j] + TWO * rest / (f_low + root)


@jit
def sample_rayleigh(run, scattering, m, energy, history, step):
    """Polar angle of a Rayleigh scattering: u from F^2 by inversion, then rejection with (1 + cos^2)/2.

    Returns
    -------
    cos_theta : float32
    turns : float32
        Azimuth in turns.
    draws : int
        Blocks of random words used.
    """
    full = squared_x_full(energy)
    last = squared_x_bin(full)
    total = integral_of_f2(scattering, m, full)
    call = 0
    while True:
        w0, w1, w2, _ = random_block(run, history, step, STREAM_COLLISION, call)
        call += 1
        squared_x = invert_f2(scattering, m, last, uniform(w0) * total)
        cos_theta = max(-ONE, ONE - TWO * squared_x / full)
        if TWO * uniform(w1) <= ONE + cos_theta * cos_theta:
            return cos_theta, uniform(w2), call


@jit
def pdf_rayleigh(scattering, m, energy, cos_theta):
    """Density of cos(theta) of Rayleigh scattering, not normalised: F^2(x) (1 + cos^2 theta)."""
    squared_x = squared_x_full(energy) * HALF * (ONE - cos_theta)
    j = squared_x_bin(squared_x)
    width = scattering.squared_x[j + 1] - scattering.squared_x[j]
    slope = (scattering.coherent[m, j + 1] - scattering.coherent[m, j]) / width
    f2 = scattering.coherent[m, j] + slope * (squared_x - scattering.squared_x[j])
    return f2 * (ONE + cos_theta * cos_theta)
