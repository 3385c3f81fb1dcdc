"""The reference kernel: one photon from birth to death, to be read like the textbook.

Delta tracking (Woodcock): free flights are sampled with the majorant mu_maj, the largest mu of any voxel at this
energy; a tentative collision is real with probability mu/mu_maj.

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
from ctdose.kernels.attenuation import energy_bin, interpolate, interpolate_majorant
from ctdose.kernels.compton import sample_compton, sample_doppler
from ctdose.kernels.elementary import log
from ctdose.kernels.photoelectric import sample_k_line
from ctdose.kernels.rayleigh import sample_rayleigh
from ctdose.kernels.rng import (
    STREAM_COLLISION,
    STREAM_SECONDARY,
    STREAM_SOURCE,
    STREAM_STEP,
    random_block,
    uniform,
)
from ctdose.kernels.sampling import isotropic, rotate
from ctdose.kernels.source import sample_source
from ctdose.kernels.tables import ESTIMATOR_ANALOGUE, ESTIMATOR_COLLISION_KERMA, REGION_SENTINEL
from ctdose.kernels.tally import (
    COUNT_COLLISIONS,
    COUNT_COMPTON,
    COUNT_ENTERED,
    COUNT_FLUORESCENCE,
    COUNT_MAJORANT_EXCEEDED,
    COUNT_PHOTOELECTRIC,
    COUNT_RAYLEIGH,
    COUNT_STEPS,
    SUM_DEPOSITED,
    SUM_EMITTED,
    SUM_ESCAPED,
    finish_history,
    quanta,
    score_row,
    score_voxel,
)
from ctdose.kernels.voxels import (
    OUTSIDE,
    density_of,
    distance_to_phantom,
    material_of,
    region_of,
    voxel_index,
)

ZERO = np.float32(0.0)
ONE = np.float32(1.0)


@inline_jit
def survives_surroundings(tables, history, energy, distance):
    """Whether the photon crosses the air between source and phantom; a photon that collides there is lost."""
    if tables.run.surroundings < 0:
        return True
    attenuation = tables.attenuation
    i = energy_bin(attenuation.node_kev, energy)
    mu = interpolate(attenuation.mu, i, tables.run.surroundings, energy - attenuation.node_kev[i])
    _, _, _, w7 = random_block(tables.run, history, 0, STREAM_SOURCE, 1)
    return -log(uniform(w7)) >= mu * distance  # also at distance 0, inside the phantom


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
        if curve >= 0:
            value = responses.curve[i, curve, 0] + responses.curve[i, curve, 1] * excess
            score_row(scratch, np.int64(responses.of_region[region, k, 1]), quanta(value / majorant))


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
def collide(tables, scratch, tallies, voxel, region, m, i, excess, energy, u, v, w, history, step):
    """A real collision: which process, and what comes of it.

    Returns
    -------
    energy : float32
        That flies on, keV; 0 if the photon ends here.
    u, v, w : float32
        Its direction.
    """
    counters = tallies.counters
    counters[COUNT_COLLISIONS] += 1
    _, _, _, w3 = random_block(tables.run, history, step, STREAM_COLLISION, 0)
    xi = uniform(w3)
    attenuation = tables.attenuation
    if xi <= interpolate(attenuation.photoelectric, i, m, excess):
        after, u, v, w = absorb(tables, counters, m, i, excess, history, step)
    elif xi <= interpolate(attenuation.photoelectric_or_compton, i, m, excess):
        after, u, v, w = scatter_compton(tables, counters, m, energy, u, v, w, history, step)
    else:
        u, v, w = scatter_rayleigh(tables, counters, m, energy, u, v, w, history, step)
        return energy, u, v, w
    return deposit(tables, scratch, tallies, voxel, region, energy, after), u, v, w


@inline_jit
def transport_history(tables, scratch, tallies, history):
    """Follow one history and add what it leaves to the tallies."""
    run, voxels, attenuation = tables.run, tables.voxels, tables.attenuation
    counters = tallies.counters
    x, y, z, u, v, w, energy, acquisition = sample_source(run, tables.views, tables.beams, history)
    counters[SUM_EMITTED] += quanta(energy)

    # 1. From the source to the phantom's box
    distance = distance_to_phantom(voxels, x, y, z, u, v, w)
    if distance < ZERO or not survives_surroundings(tables, history, energy, distance):
        counters[SUM_ESCAPED] += quanta(energy)
        return
    x, y, z = x + u * distance, y + v * distance, z + w * distance
    counters[COUNT_ENTERED] += 1

    step = np.int64(0)
    i = energy_bin(attenuation.node_kev, energy)
    excess = energy - attenuation.node_kev[i]
    majorant = interpolate_majorant(attenuation.majorant, i, excess)
    while energy > ZERO:
        # 2. A flight to the next tentative collision
        step += 1
        w0, w1, _, _ = random_block(run, history, step, STREAM_STEP, 0)
        s = -log(uniform(w0)) / majorant
        x, y, z = x + u * s, y + v * s, z + w * s
        voxel = voxel_index(voxels, x, y, z)
        if voxel == OUTSIDE:
            counters[SUM_ESCAPED] += quanta(energy)
            break
        word = voxels.word[voxel]
        region, m, density = region_of(word), material_of(word), density_of(word)
        if region == REGION_SENTINEL:
            counters[SUM_ESCAPED] += quanta(energy)
            break

        # 3. Score by expectation
        if run.estimator == ESTIMATOR_COLLISION_KERMA:
            mu_en = density * interpolate(attenuation.mu_en, i, m, excess)
            score(tables, scratch, tallies, voxel, region, quanta(energy * mu_en / majorant))
        score_responses(tables.responses, scratch, region, i, excess, majorant)

        # 4. Real or null?
        mu = density * interpolate(attenuation.mu, i, m, excess)
        if mu > majorant:
            counters[COUNT_MAJORANT_EXCEEDED] += 1
        if uniform(w1) * majorant > mu:
            continue

        # 5. A real collision
        energy, u, v, w = collide(
            tables, scratch, tallies, voxel, region, m, i, excess, energy, u, v, w, history, step
        )
        if energy > ZERO:
            i = energy_bin(attenuation.node_kev, energy)
            excess = energy - attenuation.node_kev[i]
            majorant = interpolate_majorant(attenuation.majorant, i, excess)

    counters[COUNT_STEPS] += step
    finish_history(run, tables.composites, scratch, tallies, np.int64(acquisition))
