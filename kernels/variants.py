"""One set of histories for several variants of an exam: what each history counts in each of them.

Variants in tube voltage, filter, bowtie and mAs differ in how many photons they emit at an energy, into a direction,
from a view; not in what becomes of a photon. So the histories are drawn from a mixture of all variants, and count in
a variant as many photons as it would emit there over those that the mixture emits (importance sampling).
"""

import numpy as np

from ctdose.kernels._jit import inline_jit


@inline_jit
def cell_of(beams, fan_bin, cone_bin, line):
    """One number for the bins from which a photon was drawn."""
    cones, lines = beams.heel_alias.shape[1], beams.energy_kev.shape[1]
    return np.uint32((fan_bin * cones + cone_bin) * lines + line)


@inline_jit
def weight_of(weights, views, variant, piece, cell):
    """What a history of a piece and a cell counts in a variant."""
    beam = views.beam[piece]
    cones, lines = np.int64(weights.heel.shape[2]), np.int64(weights.ray.shape[3])
    line = np.int64(cell) % lines
    cone_bin = (np.int64(cell) // lines) % cones
    fan_bin = np.int64(cell) // (lines * cones)
    return (
        np.float64(weights.piece[variant, piece])
        * np.float64(weights.heel[variant, beam, cone_bin])
        * np.float64(weights.ray[variant, beam, fan_bin, line])
    )
