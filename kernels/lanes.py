"""The production kernel: a block of photons advanced together, the same histories as history.py.

One photon at a time waits for memory at every step: the voxel it flies to is anywhere. Here 256 photons take their
step together. Each pass runs over all lanes and does one thing, without branches, so that LLVM vectorises it
and the loads of the gather overlap:

    draw -> fly -> locate -> gather -> look up

then `settle` goes through the lanes one by one: score, collide, and refill the lanes whose history has ended. A lane
owns its history to the end, the arithmetic is that of history.py, the tallies are integers: whatever the order of the
lanes, every sum has the same bits.

The passes are many and short because LLVM vectorises no loop over more than a handful of arrays: it cannot prove
that they do not overlap.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit, jit
from ctdose.kernels.attenuation import energy_bin, interpolate_majorant
from ctdose.kernels.collision import collide, score, score_responses
from ctdose.kernels.elementary import log
from ctdose.kernels.history import emit
from ctdose.kernels.lane_state import LANES, lane_scratch
from ctdose.kernels.rng import MASK, SHIFT, STREAM_STEP, philox, uniform
from ctdose.kernels.surroundings import leave
from ctdose.kernels.tables import ESTIMATOR_COLLISION_KERMA, REGION_SENTINEL
from ctdose.kernels.tally import (
    COUNT_MAJORANT_EXCEEDED,
    COUNT_STEPS,
    finish_history,
    quanta,
)
from ctdose.kernels.voxels import OUTSIDE, OUTSIDE_WORD, density_of, material_of, region_of

ZERO = np.float32(0.0)
FREE = np.int64(-1)  # history of a lane that has none
FIRST_VOXEL = np.int64(0)
MINUS_ONE = np.float32(-1.0)


@jit
def draw(key_low, key_high, history, step, xi_flight, xi_accept):
    """Two uniforms a lane: for the flight, and for accepting the collision."""
    for lane in range(LANES):
        h = np.uint64(history[lane])
        w0, w1, _, _ = philox(key_low, key_high, h & MASK, h >> SHIFT, step[lane], STREAM_STEP * 65536)
        xi_flight[lane] = uniform(w0)
        xi_accept[lane] = uniform(w1)


@jit
def free_path(xi_flight, majorant, path):
    """Distance to the next tentative collision, cm."""
    for lane in range(LANES):
        path[lane] = -log(xi_flight[lane]) / majorant[lane]


@jit
def advance(position, direction, path):
    """Move along one axis."""
    for lane in range(LANES):
        position[lane] = position[lane] + direction[lane] * path[lane]


@jit
def cell(position, inverse_spacing, count, out):
    """Voxel number along one axis; -1 outside. Compared as a float: far outside, no integer could hold it."""
    for lane in range(LANES):
        i = np.floor(position[lane] * inverse_spacing)
        out[lane] = np.int32(i if (i >= ZERO) & (i < count) else MINUS_ONE)


@jit
def flatten(ix, iy, iz, nx, ny, out):
    """Flat index of the voxel; OUTSIDE if it is outside along any axis."""
    for lane in range(LANES):
        inside = (ix[lane] | iy[lane] | iz[lane]) >= 0
        index = (np.int64(iz[lane]) * ny + np.int64(iy[lane])) * nx + np.int64(ix[lane])
        out[lane] = index if inside else OUTSIDE


@jit
def gather(words, voxel, out):
    """The voxel words: 256 loads that do not wait for each other."""
    for lane in range(LANES):
        word = words[max(voxel[lane], FIRST_VOXEL)]
        out[lane] = word if voxel[lane] != OUTSIDE else OUTSIDE_WORD


@jit
def split(word, material, density):
    """Material and density ratio of the voxel words."""
    for lane in range(LANES):
        material[lane] = np.int32(material_of(word[lane]))
        density[lane] = density_of(word[lane])


@jit
def look_up(table, energy_bins, material, excess, density, out):
    """Density times a coefficient of the material at the lane's energy, 1/cm."""
    for lane in range(LANES):
        i, m = np.uint32(energy_bins[lane]), np.uint32(material[lane])
        out[lane] = density[lane] * (table[i, m, 0] + table[i, m, 1] * excess[lane])


@jit
def expected_score(energy, mu_en, majorant, out):
    """Collision kerma: E mu_en / mu_maj in quanta."""
    for lane in range(LANES):
        out[lane] = quanta(energy[lane] * mu_en[lane] / majorant[lane])


@jit
def take_step(tables, lanes, step):
    """All lanes fly to their next tentative collision and look up what is there."""
    run, voxels, attenuation = tables.run, tables.voxels, tables.attenuation
    draw(run.key_low, run.key_high, lanes.history, lanes.step, step.path, step.accept)
    free_path(step.path, lanes.majorant, step.path)
    advance(lanes.x, lanes.u, step.path)
    advance(lanes.y, lanes.v, step.path)
    advance(lanes.z, lanes.w, step.path)
    cell(lanes.x, voxels.inverse_spacing[0], np.float32(voxels.shape[0]), step.ix)
    cell(lanes.y, voxels.inverse_spacing[1], np.float32(voxels.shape[1]), step.iy)
    cell(lanes.z, voxels.inverse_spacing[2], np.float32(voxels.shape[2]), step.iz)
    flatten(step.ix, step.iy, step.iz, np.int64(voxels.shape[0]), np.int64(voxels.shape[1]), step.voxel)
    gather(voxels.word, step.voxel, step.word)
    split(step.word, step.material, step.density)
    look_up(attenuation.mu, lanes.energy_bin, step.material, lanes.excess, step.density, step.mu)
    if run.estimator == ESTIMATOR_COLLISION_KERMA:
        look_up(attenuation.mu_en, lanes.energy_bin, step.material, lanes.excess, step.density, step.mu_en)
        expected_score(lanes.energy, step.mu_en, lanes.majorant, step.score)


@inline_jit
def set_energy(attenuation, lanes, lane, energy):
    """Give a lane an energy and what the tables say of it."""
    i = energy_bin(attenuation.node_kev, energy)
    excess = energy - attenuation.node_kev[i]
    lanes.energy[lane] = energy
    lanes.energy_bin[lane] = i
    lanes.excess[lane] = excess
    lanes.majorant[lane] = interpolate_majorant(attenuation.majorant, i, excess)


@inline_jit
def refill(tables, lanes, tallies, lane, following, last):
    """Start the next history that reaches the phantom in a free lane; returns the number of the one after it."""
    while following < last:
        history = following
        following += 1
        energy, number, x, y, z, u, v, w, acquisition = emit(tables, tallies.counters, history)
        if energy == ZERO:
            tallies.counters[COUNT_STEPS] += number
            continue
        lanes.x[lane], lanes.y[lane], lanes.z[lane] = x, y, z
        lanes.u[lane], lanes.v[lane], lanes.w[lane] = u, v, w
        lanes.history[lane], lanes.step[lane], lanes.acquisition[lane] = history, number + 1, acquisition
        set_energy(tables.attenuation, lanes, lane, energy)
        return following
    lanes.history[lane] = FREE
    return following


@inline_jit
def settle_lane(tables, lanes, step, scratch, tallies, lane):
    """Score and collide where a lane has arrived; whether its history goes on."""
    voxel, word, energy = step.voxel[lane], step.word[lane], lanes.energy[lane]
    region, majorant = region_of(word), lanes.majorant[lane]
    history, number = lanes.history[lane], lanes.step[lane]
    u, v, w = lanes.u[lane], lanes.v[lane], lanes.w[lane]
    if region == REGION_SENTINEL:
        x, y, z = lanes.x[lane], lanes.y[lane], lanes.z[lane]
        after, number, x, y, z, u, v, w = leave(
            tables, tallies.counters, history, number, step.accept[lane], majorant, energy, x, y, z, u, v, w
        )
        lanes.x[lane], lanes.y[lane], lanes.z[lane], lanes.step[lane] = x, y, z, number
    else:
        mu = step.mu[lane]
        if tables.run.estimator == ESTIMATOR_COLLISION_KERMA:
            score(tables, scratch, tallies, voxel, region, step.score[lane])
        i, excess = np.int64(lanes.energy_bin[lane]), lanes.excess[lane]
        score_responses(tables.responses, scratch, region, i, excess, majorant)
        if mu > majorant:
            tallies.counters[COUNT_MAJORANT_EXCEEDED] += 1
        if step.accept[lane] * majorant > mu:
            return True
        m = np.int64(step.material[lane])
        after, u, v, w = collide(
            tables, scratch, tallies, voxel, region, m, i, excess, energy, u, v, w, history, number
        )
    lanes.u[lane], lanes.v[lane], lanes.w[lane] = u, v, w
    if after > ZERO and after != energy:
        set_energy(tables.attenuation, lanes, lane, after)
    return after > ZERO


@jit
def settle(tables, lanes, step, bank, tallies, following, last):
    """Go through the lanes: score, collide, finish histories, start new ones in the lanes that are free.

    Returns
    -------
    following : int
        The history to start next.
    flying : int
        Lanes in flight.
    """
    flying = np.int64(0)
    for lane in range(LANES):
        scratch = lane_scratch(bank, lane)
        if lanes.history[lane] != FREE:
            if settle_lane(tables, lanes, step, scratch, tallies, lane):
                lanes.step[lane] += 1
                flying += 1
                continue
            tallies.counters[COUNT_STEPS] += lanes.step[lane]
            finish_history(tables.run, tables.composites, scratch, tallies, np.int64(lanes.acquisition[lane]))
        following = refill(tables, lanes, tallies, lane, following, last)
        flying += 1 if lanes.history[lane] != FREE else 0
    return following, flying


@jit
def transport_lanes(tables, lanes, step, bank, tallies, first, last):
    """Simulate the histories first <= h < last; all lanes are free before and after."""
    following, flying = settle(tables, lanes, step, bank, tallies, np.int64(first), last)
    while flying > 0:
        take_step(tables, lanes, step)
        following, flying = settle(tables, lanes, step, bank, tallies, following, last)
