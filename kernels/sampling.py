"""Sampling that knows no physics: rotate a direction, find a place in a cumulative table."""

import numpy as np

from ctdose.kernels._jit import inline_jit, jit
from ctdose.kernels.elementary import sincos_turns
from ctdose.kernels.rng import MASK, SHIFT

ZERO = np.float32(0.0)
ONE = np.float32(1.0)


@jit
def find_cumulative(cumulative, first, last, value):
    """The index i in [first, last) with cumulative[i] < value <= cumulative[i + 1], by bisection.

    `cumulative` rises from index `first` to index `last`; a value beyond either end gives the end interval.
    """
    low, high = first, last
    while high - low > 1:
        middle = (low + high) >> 1
        if value > cumulative[middle]:
            low = middle
        else:
            high = middle
    return low


@inline_jit
def sample_alias(alias, word):
    """Draw from a discrete distribution by Walker's alias method, in whole numbers: exact to 2^-32.

    The high half of word * n names the column, the low half is a uniform that decides between the column and its
    alias. `alias` is [n, 2]: threshold, alias (simulation/alias.py builds it).
    """
    product = word * np.uint64(alias.shape[0])
    column = np.int64(product >> SHIFT)
    if (product & MASK) < np.uint64(alias[column, 0]):
        return column
    return np.int64(alias[column, 1])


@inline_jit
def rotate(u, v, w, cos_theta, turns):
    """Turn the direction (u, v, w) by the polar angle theta and the azimuth `turns`; float32, |u| = 1.

    The orthonormal basis is that of Duff et al. (JCGT 6(1), 2017), which has no bad direction.
    """
    sign = -ONE if w < ZERO else ONE
    a = -ONE / (sign + w)
    b = u * v * a
    sin_phi, cos_phi = sincos_turns(turns)
    sin_theta = np.sqrt(max(ZERO, ONE - cos_theta * cos_theta))
    p, q = sin_theta * cos_phi, sin_theta * sin_phi
    x = p * (ONE + sign * u * u * a) + q * b + cos_theta * u
    y = p * (sign * b) + q * (sign + v * v * a) + cos_theta * v
    z = p * (-sign * u) - q * v + cos_theta * w
    scale = ONE / np.sqrt(x * x + y * y + z * z)  # rounding would add up over many collisions
    return x * scale, y * scale, z * scale


@jit
def isotropic(xi_cos, turns):
    """A direction uniform on the sphere, from two uniforms."""
    w = ONE - (xi_cos + xi_cos)
    s = np.sqrt(max(ZERO, ONE - w * w))
    sin_phi, cos_phi = sincos_turns(turns)
    return s * cos_phi, s * sin_phi, w
