"""The real collisions of one step, side by side: the arithmetic of collision.py in passes over the hits."""

import numpy as np

from ctdose.kernels._jit import inline_jit, jit
from ctdose.kernels.attenuation import energy_bin, interpolate, interpolate_majorant
from ctdose.kernels.collision import absorb, deposit
from ctdose.kernels.compton import interpolate_s, sample_doppler, try_compton
from ctdose.kernels.form_tables import squared_x_full
from ctdose.kernels.lane_state import lane_scratch
from ctdose.kernels.rayleigh import sample_rayleigh
from ctdose.kernels.rng import MASK, SHIFT, STREAM_COLLISION, philox, uniform
from ctdose.kernels.sampling import rotate
from ctdose.kernels.tally import COUNT_COLLISIONS, COUNT_COMPTON, COUNT_RAYLEIGH

ZERO = np.float32(0.0)


@inline_jit
def set_energy(node_kev, majorant, lanes, lane, energy):
    """Give a lane an energy and what the tables say of it."""
    i = energy_bin(node_kev, energy)
    excess = energy - node_kev[i]
    lanes.energy[lane] = energy
    lanes.energy_bin[lane] = i
    lanes.excess[lane] = excess
    lanes.majorant[lane] = interpolate_majorant(majorant, i, excess)


@inline_jit
def load_hits(lanes, step, hits, number):
    """Copy what the collisions need from the lanes."""
    for k in range(number):
        lane = step.real[k]
        hits.history[k], hits.step[k] = lanes.history[lane], lanes.step[lane]
        hits.energy[k], hits.material[k] = lanes.energy[lane], step.material[lane]
        hits.u[k], hits.v[k], hits.w[k] = lanes.u[lane], lanes.v[lane], lanes.w[lane]


@jit
def draw_hits(key_low, key_high, history, step, call, number, xi_cos, xi_accept, turns, xi_process):
    """One block of uniforms for each hit."""
    for k in range(number):
        h = np.uint64(history[k])
        w0, w1, w2, w3 = philox(
            key_low, key_high, h & MASK, h >> SHIFT, step[k], STREAM_COLLISION * 65536 + call
        )
        xi_cos[k], xi_accept[k], turns[k], xi_process[k] = uniform(w0), uniform(w1), uniform(w2), uniform(w3)


@inline_jit
def choose_process(photoelectric, photoelectric_or_compton, lanes, step, hits, number):
    """Sort the hits into those that scatter after Compton and the others.

    Returns
    -------
    compton, other : int
        Lengths of the lists.
    """
    compton, other = np.int64(0), np.int64(0)
    for k in range(number):
        lane = step.real[k]
        i, m, excess = lanes.energy_bin[lane], hits.material[k], lanes.excess[lane]
        absorbed = hits.xi_process[k] <= interpolate(photoelectric, i, m, excess)
        scattered = hits.xi_process[k] <= interpolate(photoelectric_or_compton, i, m, excess)
        is_compton = scattered & (not absorbed)
        hits.compton[compton], hits.other[other] = k, k
        compton += is_compton
        other += not is_compton
        hits.cos_theta[k] = ZERO if absorbed else np.float32(1.0)  # tells the others apart
    return compton, other


@jit
def bound_compton(scattering, hits, number):
    """S of backward scattering, which bounds the rejection."""
    for j in range(number):
        k = hits.compton[j]
        full = squared_x_full(hits.energy[k])
        hits.shape[k] = full
        hits.bound[k] = interpolate_s(scattering, hits.material[k], full)


@jit
def try_hits(scattering, hits, number, turned):
    """One draw for every Compton scattering still open; the accepted ones move to the list `turned`.

    Returns
    -------
    number, turned : int
        Lengths of the two lists.
    """
    still_open = np.int64(0)
    for j in range(number):
        k = hits.compton[j]
        energy = hits.energy[k]
        cos_theta, ratio, accepted = try_compton(
            scattering, hits.material[k], energy, hits.shape[k], hits.bound[k],
            hits.xi_cos[k], hits.xi_accept[k],
        )  # fmt: skip
        hits.cos_theta[k], hits.after[k] = cos_theta, ratio
        hits.turned[turned], hits.compton[still_open] = k, k
        turned += accepted
        still_open += not accepted
    return still_open, turned


@jit
def redraw_hits(key_low, key_high, hits, call, number):
    """Another block for the Compton scatterings that were rejected."""
    for j in range(number):
        k = hits.compton[j]
        h = np.uint64(hits.history[k])
        w0, w1, w2, _ = philox(
            key_low, key_high, h & MASK, h >> SHIFT, hits.step[k], STREAM_COLLISION * 65536 + call
        )
        hits.xi_cos[k], hits.xi_accept[k], hits.turns[k] = uniform(w0), uniform(w1), uniform(w2)


@inline_jit
def scatter_hits(run, scattering, hits, number):
    """Sample the Compton scatterings of the list; returns the length of the list `turned`."""
    bound_compton(scattering, hits, number)
    turned, call = np.int64(0), 0
    while number > 0:
        if call > 0:
            redraw_hits(run.key_low, run.key_high, hits, call, number)
        number, turned = try_hits(scattering, hits, number, turned)
        call += 1
    return turned


@inline_jit
def shift_energies(run, scattering, hits, number):
    """Energy after the Compton scatterings of the list `turned`, broadened if that is asked for."""
    for j in range(number):
        k = hits.turned[j]
        ratio = hits.after[k]
        if run.doppler == 1:
            ratio = sample_doppler(
                run, scattering, hits.material[k], ratio, hits.cos_theta[k], hits.history[k], hits.step[k]
            )
        hits.after[k] = hits.energy[k] * ratio


@inline_jit
def finish_others(tables, lanes, step, hits, counters, number, turned):
    """Absorption and Rayleigh scattering; returns the length of the list `turned`."""
    for j in range(number):
        k = hits.other[j]
        lane = step.real[k]
        i, m, excess = lanes.energy_bin[lane], hits.material[k], lanes.excess[lane]
        if hits.cos_theta[k] == ZERO:
            hits.after[k], hits.u[k], hits.v[k], hits.w[k] = absorb(
                tables, counters, m, i, excess, hits.history[k], hits.step[k]
            )
        else:
            hits.cos_theta[k], hits.turns[k], _ = sample_rayleigh(
                tables.run, tables.scattering, m, hits.energy[k], hits.history[k], hits.step[k]
            )
            hits.after[k] = hits.energy[k]
            hits.turned[turned] = k
            turned += 1
    return turned


@jit
def turn_hits(hits, number):
    """New directions of what was scattered."""
    for j in range(number):
        k = hits.turned[j]
        hits.u[k], hits.v[k], hits.w[k] = rotate(
            hits.u[k], hits.v[k], hits.w[k], hits.cos_theta[k], hits.turns[k]
        )


@inline_jit
def store_hits(tables, lanes, step, hits, bank, tallies, number):
    """Leave behind what the collisions took, and give the lanes their photons back; returns how many ended."""
    ended = np.int64(0)
    for k in range(number):
        lane = step.real[k]
        region = step.region[lane]
        scratch = lane_scratch(bank, lane)
        energy = deposit(tables, scratch, tallies, step.voxel[lane], region, hits.energy[k], hits.after[k])
        lanes.u[lane], lanes.v[lane], lanes.w[lane] = hits.u[k], hits.v[k], hits.w[k]
        step.ended[ended] = lane
        ended += energy == ZERO
        if energy > ZERO and energy != hits.energy[k]:
            set_energy(tables.attenuation.node_kev, tables.attenuation.majorant, lanes, lane, energy)
    return ended


@inline_jit
def collide_lanes(tables, lanes, step, hits, bank, tallies, number):
    """All real collisions of the step; returns how many histories ended."""
    run, attenuation, counters = tables.run, tables.attenuation, tallies.counters
    load_hits(lanes, step, hits, number)
    draw_hits(
        run.key_low, run.key_high, hits.history, hits.step, 0, number,
        hits.xi_cos, hits.xi_accept, hits.turns, hits.xi_process,
    )  # fmt: skip
    compton, other = choose_process(
        attenuation.photoelectric, attenuation.photoelectric_or_compton, lanes, step, hits, number
    )
    turned = scatter_hits(run, tables.scattering, hits, compton)
    shift_energies(run, tables.scattering, hits, turned)
    turned = finish_others(tables, lanes, step, hits, counters, other, turned)
    turn_hits(hits, turned)
    counters[COUNT_COLLISIONS] += number
    counters[COUNT_COMPTON] += compton
    counters[COUNT_RAYLEIGH] += turned - compton
    return store_hits(tables, lanes, step, hits, bank, tallies, number)
