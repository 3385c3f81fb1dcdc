"""Photoelectric absorption and the K photon that may follow it.

The photon ends. With the probability of the tables (share of the element in the absorption, times the share
of the K shell, times the fluorescence yield: once, and only there) one K photon is born, isotropically. The
rest of the energy stays: photo-electron, Auger electrons and all softer lines.
"""

import numpy as np

from ctdose.kernels._jit import jit

NO_PHOTON = np.float32(0.0)


@jit
def sample_k_line(fluorescence, m, i, excess, xi_element, xi_line):
    """Energy of the K photon that follows an absorption in material m, keV; 0 if there is none.

    Parameters
    ----------
    fluorescence : Fluorescence
    m, i, excess
        Material, energy bin and keV above the bin's lower node of the absorbed photon.
    xi_element, xi_line : float32
        Uniforms in (0, 1].
    """
    first, last = fluorescence.first[m], fluorescence.first[m + 1]
    probability = fluorescence.probability
    for entry in range(first, last):
        if xi_element <= probability[entry, i, 0] + probability[entry, i, 1] * excess:
            row = fluorescence.element[entry]
            line = 0
            while xi_line > fluorescence.line_cumulative[row, line]:
                line += 1
            return fluorescence.line_kev[row, line]
    return NO_PHOTON
