"""Look-up of energy-dependent coefficients: the bin of an energy, the value inside the bin."""

import numpy as np

from ctdose.kernels._jit import inline_jit
from ctdose.kernels.elementary import bits_of

ONE_KEV_BITS = np.int32(0x3F800000)  # bits of 1.0f
ONE = np.uint32(1)
BIN_SHIFT = np.int32(16)  # 2^23 / 2^16 = 128 bins an octave (tables.py)


@inline_jit
def energy_bin(node_kev, energy):
    """The bin i of an energy >= 1 keV: node_kev[i] <= energy < node_kev[i + 1].

    The bit pattern names the bin of the regular grid; a node that was moved onto an absorption edge can put the
    energy into the neighbour.
    """
    i = np.uint32((bits_of(energy) - ONE_KEV_BITS) >> BIN_SHIFT)  # unsigned: an index without a sign to check
    if energy < node_kev[i]:
        return np.uint32(i - ONE)
    if energy >= node_kev[i + ONE]:
        return np.uint32(i + ONE)
    return i


@inline_jit
def interpolate(table, i, m, excess):
    """Value of table [bin, material, (value, slope)] at `excess` keV above the lower node of bin i."""
    return table[i, m, 0] + table[i, m, 1] * excess


@inline_jit
def interpolate_majorant(majorant, i, excess):
    """The majorant mu_maj at `excess` keV above the lower node of bin i, 1/cm."""
    return majorant[i, 0] + majorant[i, 1] * excess
