"""A collision: scores at it, the three processes, what is left behind.

Estimators of the energy imparted:

- collision kerma: every tentative collision scores E mu_en/mu_maj (its expectation is the energy fluence times
  mu_en: fluence is tentative collisions per volume over mu_maj). What sinks below the cut-off is scored where it is.
- analogue: every real collision scores the energy that it leaves behind.

Response rows (marrow, endosteum, air kerma) fold the fluence of their region with a curve, at every tentative
collision, whichever estimator serves the rest.

At most one photon follows a collision (a K photon after absorption, or the scattered photon), so a history needs no
bank of secondaries.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit
from ctdose.kernels.attenuation import interpolate
from ctdose.kernels.compton import sample_compton, sample_doppler
from ctdose.kernels.photoelectric import sample_k_line
from ctdose.kernels.rayleigh import sample_rayleigh
from ctdose.kernels.rng import STREAM_COLLISION, STREAM_SECONDARY, random_block, uniform
from ctdose.kernels.sampling import isotropic, rotate
from ctdose.kernels.tables import ESTIMATOR_ANALOGUE
from ctdose.kernels.tally import (
    COUNT_COLLISIONS,
    COUNT_COMPTON,
    COUNT_FLUORESCENCE,
    COUNT_PHOTOELECTRIC,
    COUNT_RAYLEIGH,
    SUM_DEPOSITED,
    quanta,
    score_row,
    score_voxel,
)

ZERO = np.float32(0.0)


@inline_jit
def score(tables, scratch, tallies, voxel, region, e):
    """Score e quanta of energy in a region and, if the map is kept, in a voxel."""
    score_row(scratch, region, e)
    if tables.run.with_voxels == 1:
        score_voxel(scratch, tallies, voxel, e)


@inline_jit
def score_responses(responses, scratch, region, i, excess, majorant):
    """Fold the fluence of a tentative collision with the response curves of its region."""
    for k in range(2):
        curve = responses.of_region[region, k, 0]
        if curve < 0:
            break
        value = responses.curve[i, curve, 0] + responses.curve[i, curve, 1] * excess
        score_row(scratch, np.uint32(responses.of_region[region, k, 1]), quanta(value / majorant))


@inline_jit
def absorb(tables, counters, m, i, excess, history, step):
    """Photoelectric absorption: energy (0: none) and direction of the K photon that follows."""
    counters[COUNT_PHOTOELECTRIC] += 1
    w0, w1, w2, w3 = random_block(tables.run, history, step, STREAM_SECONDARY, 0)
    line = sample_k_line(tables.fluorescence, m, i, excess, uniform(w0), uniform(w1))
    if line > ZERO:
        counters[COUNT_FLUORESCENCE] += 1
    u, v, w = isotropic(uniform(w2), uniform(w3))
    return line, u, v, w


@inline_jit
def scatter_compton(tables, counters, m, energy, u, v, w, history, step):
    """Compton scattering: energy and direction of the scattered photon."""
    counters[COUNT_COMPTON] += 1
    cos_theta, turns, ratio, _ = sample_compton(tables.run, tables.scattering, m, energy, history, step)
    if tables.run.doppler == 1:
        ratio = sample_doppler(tables.run, tables.scattering, m, ratio, cos_theta, history, step)
    u, v, w = rotate(u, v, w, cos_theta, turns)
    return energy * ratio, u, v, w


@inline_jit
def scatter_rayleigh(tables, counters, m, energy, u, v, w, history, step):
    """Rayleigh scattering: direction of the scattered photon."""
    counters[COUNT_RAYLEIGH] += 1
    cos_theta, turns, _ = sample_rayleigh(tables.run, tables.scattering, m, energy, history, step)
    return rotate(u, v, w, cos_theta, turns)


@inline_jit
def deposit(tables, scratch, tallies, voxel, region, before, after):
    """Leave behind what a collision took from the photon; returns the energy that flies on, 0 if it ends here."""
    left = quanta(before) - quanta(after)
    if tables.run.estimator == ESTIMATOR_ANALOGUE:
        score(tables, scratch, tallies, voxel, region, left)
    if after > ZERO and after < np.float32(tables.run.cutoff_kev):
        # it stays as well: mu_en knows nothing of it, so both estimators score it as it happens
        score(tables, scratch, tallies, voxel, region, quanta(after))
        left += quanta(after)
        after = ZERO
    tallies.counters[SUM_DEPOSITED] += left
    return after


@inline_jit
def interact(tables, counters, m, i, excess, energy, u, v, w, history, step):
    """A real collision in material m: which process, and what comes of it.

    Returns
    -------
    energy : float32
        Of the photon that follows, keV; 0 if there is none.
    u, v, w : float32
        Its direction.
    """
    counters[COUNT_COLLISIONS] += 1
    _, _, _, w3 = random_block(tables.run, history, step, STREAM_COLLISION, 0)
    xi = uniform(w3)
    attenuation = tables.attenuation
    if xi <= interpolate(attenuation.photoelectric, i, m, excess):
        after, u, v, w = absorb(tables, counters, m, i, excess, history, step)
    elif xi <= interpolate(attenuation.photoelectric_or_compton, i, m, excess):
        after, u, v, w = scatter_compton(tables, counters, m, energy, u, v, w, history, step)
    else:
        after = energy
        u, v, w = scatter_rayleigh(tables, counters, m, energy, u, v, w, history, step)
    return after, u, v, w


@inline_jit
def collide(tables, scratch, tallies, voxel, region, m, i, excess, energy, u, v, w, history, step):
    """A real collision in a voxel, and what it leaves there; energy (0: the photon ends) and direction after it."""
    after, u, v, w = interact(tables, tallies.counters, m, i, excess, energy, u, v, w, history, step)
    return deposit(tables, scratch, tallies, voxel, region, energy, after), u, v, w
