"""The grid of the angular tables in u = x^2, x = sin(theta/2)/lambda (Hubbell's x, not the q of ENDF)."""

import numpy as np

from ctdose.kernels._jit import inline_jit
from ctdose.kernels.elementary import bits_of
from ctdose.kernels.tables import SQUARED_X_BINS, SQUARED_X_BINS_PER_OCTAVE, SQUARED_X_MIN

HC = np.float32(12.398419843)  # keV angstrom; CODATA 2018, exact in the SI of 2019
MIN_BITS = np.float32(SQUARED_X_MIN).view(np.int32)
SHIFT = np.int32(23 - (SQUARED_X_BINS_PER_OCTAVE.bit_length() - 1))
LAST_BIN = np.int64(SQUARED_X_BINS - 1)
ONE = np.int64(1)
MINIMUM = np.float32(SQUARED_X_MIN)


@inline_jit
def squared_x_full(energy):
    """u = x^2 of backward scattering, (E/hc)^2, 1/angstrom^2: u = full * (1 - cos theta)/2."""
    x = energy / HC
    return x * x


@inline_jit
def squared_x_bin(squared_x):
    """The bin of u: 0 below SQUARED_X_MIN, then 32 bins an octave, named by the bit pattern."""
    if squared_x < MINIMUM:
        return np.int64(0)
    j = np.int64((bits_of(squared_x) - MIN_BITS) >> SHIFT) + ONE
    return j if j < LAST_BIN else LAST_BIN
