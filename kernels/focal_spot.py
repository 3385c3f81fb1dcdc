"""A focal spot of finite size, and radiation from beside it: where a photon starts.

The field is sampled as from a point (source.py): a direction from the nominal focus, and with it the point where the
photon passes the plane of the collimator. That point stays. The photon starts at a point of the spot, a rectangle
at right angles to the central ray in which every point is alike, and flies from there through the point on the plane:
the penumbra, and what falls outside the nominal beam, follow. A share of the photons starts not in the spot but in a
Gaussian patch around it: off-focal radiation, made by electrons that the target scattered back and that hit it again.

Neglected: that the flux at the edge of the plane depends on where in the spot it comes from (the change is of second
order, spot over distance squared), that the effective length changes with the cone angle, that off-focal radiation is
softer.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit
from ctdose.kernels.elementary import log, sincos_turns
from ctdose.kernels.rng import uniform

ZERO, HALF, ONE, TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)


@inline_jit
def sample_spot(width, length, fraction, sigma, word_across, word_along, word_share):
    """Where a photon starts, from the centre of the focus: across the fan and along the axis of rotation.

    Parameters
    ----------
    width, length : float32, cm
        Of the spot across and along.
    fraction, sigma : float32
        Share of the photons that start beside the spot, and the standard deviation of the patch, cm.
    """
    a, b = uniform(word_across), uniform(word_along)
    if uniform(word_share) > fraction:
        return width * (a - HALF), length * (b - HALF)
    radius = sigma * np.sqrt(-TWO * log(a))  # Box and Muller
    s, c = sincos_turns(b)
    return radius * c, radius * s


@inline_jit
def through_collimator(distance, forward, across, along, shift_across, shift_along):
    """Direction of a photon from beside the nominal focus through its point on the collimator's plane, a unit vector.

    `distance` is that of the plane from the focus; (forward, across, along) is the direction from the focus itself.
    """
    to_plane = distance / forward
    a, b = across * to_plane - shift_across, along * to_plane - shift_along
    scale = ONE / np.sqrt(distance * distance + a * a + b * b)
    return distance * scale, a * scale, b * scale
