"""The reference kernel: one photon from birth to death, to be read like the textbook.

Delta tracking (Woodcock): free flights are sampled with the majorant mu_maj, the largest mu of any voxel at this
energy (with zones.py: of any voxel near by); a tentative collision is real with probability mu/mu_maj. What a
collision scores and does: collision.py.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit
from ctdose.kernels.attenuation import energy_bin, interpolate, interpolate_majorant
from ctdose.kernels.collision import collide, score, score_responses
from ctdose.kernels.elementary import log
from ctdose.kernels.rng import STREAM_STEP, random_block, uniform
from ctdose.kernels.source import STOPPED, sample_source
from ctdose.kernels.surroundings import arrive, leave
from ctdose.kernels.tables import ESTIMATOR_COLLISION_KERMA, REGION_SENTINEL
from ctdose.kernels.tally import (
    COUNT_ENTERED,
    COUNT_MAJORANT_EXCEEDED,
    COUNT_STEPS,
    SUM_EMITTED,
    SUM_ESCAPED,
    finish_history,
    quanta,
)
from ctdose.kernels.voxels import (
    FAR,
    OUTSIDE,
    OUTSIDE_WORD,
    density_of,
    distance_to_phantom,
    material_of,
    region_of,
    voxel_index,
)
from ctdose.kernels.zones import fly_from_cell

ZERO = np.float32(0.0)


@inline_jit
def emit(tables, counters, history):
    """A photon from the source to the tracked volume.

    Returns
    -------
    energy : float32
        keV; 0 if it does not get there.
    step : int
        Flights so far, after the first.
    x, y, z, u, v, w : float32
        Where it enters.
    acquisition : int
    """
    x, y, z, u, v, w, energy, xi, acquisition = sample_source(tables.run, tables.views, tables.beams, history)
    counters[SUM_EMITTED] += quanta(energy)
    if xi == STOPPED:
        counters[SUM_ESCAPED] += quanta(energy)
        return ZERO, np.int64(0), x, y, z, u, v, w, acquisition
    distance = distance_to_phantom(tables.voxels, x, y, z, u, v, w)
    energy, step, x, y, z, u, v, w = arrive(tables, counters, history, xi, distance, energy, x, y, z, u, v, w)
    if energy > ZERO:
        counters[COUNT_ENTERED] += 1
    return energy, step, x, y, z, u, v, w, acquisition


@inline_jit
def transport_history(tables, scratch, tallies, history):
    """Follow one history and add what it leaves to the tallies."""
    run, voxels, attenuation = tables.run, tables.voxels, tables.attenuation
    counters = tallies.counters

    # 1. From the source to the tracked volume
    energy, step, x, y, z, u, v, w, acquisition = emit(tables, counters, history)
    if energy == ZERO:
        counters[COUNT_STEPS] += step
        return
    i = energy_bin(attenuation.node_kev, energy)
    excess = energy - attenuation.node_kev[i]
    majorant = interpolate_majorant(attenuation.majorant, i, excess)
    room = unknown = (
        ZERO if tables.zones.shape[0] > 0 else FAR
    )  # cm to the nearest other zone; FAR: there is none
    while energy > ZERO:
        # 2. A flight to the next tentative collision
        step += 1
        w0, w1, _, _ = random_block(run, history, step, STREAM_STEP, 0)
        depth = -log(uniform(w0))
        s, here = depth / majorant, majorant
        room -= s
        if room < ZERO:
            s, here, room = fly_from_cell(tables.zones, i, excess, majorant, depth, x, y, z, u, v, w)
        x, y, z = x + u * s, y + v * s, z + w * s
        voxel = voxel_index(voxels, x, y, z)
        word = voxels.word[voxels.kind[voxel]] if voxel != OUTSIDE else OUTSIDE_WORD
        region, m, density = region_of(word), material_of(word), density_of(word)
        if region == REGION_SENTINEL:
            energy, step, x, y, z, u, v, w = leave(
                tables, counters, history, step, uniform(w1), here, energy, x, y, z, u, v, w
            )
            room = unknown
        else:
            # 3. Score by expectation
            if run.estimator == ESTIMATOR_COLLISION_KERMA:
                mu_en = density * interpolate(attenuation.mu_en, i, m, excess)
                score(tables, scratch, tallies, voxel, region, quanta(energy * mu_en / here))
            score_responses(tables.responses, scratch, region, i, excess, here)

            # 4. Real or null?
            mu = density * interpolate(attenuation.mu, i, m, excess)
            if mu > here:
                counters[COUNT_MAJORANT_EXCEEDED] += 1
            if uniform(w1) * here > mu:
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
    finish_history(run, tables.composites, scratch, tallies, np.uint32(acquisition))
