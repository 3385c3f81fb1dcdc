"""Photons outside the tracked volume: a gas that fills the space around the phantom, or vacuum.

A photon that leaves the tracked volume, or that comes from the source, may collide in the air and be scattered into
the phantom. That is rare (1 % of the photons), but it is up to 2 % of the dose of an organ that lies
beside the beam. Flights outside are sampled with the gas's own mu. The volume is convex: after it has left, a photon
comes back only by a collision. What collides in the gas scores nothing there.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit, jit
from ctdose.kernels.attenuation import energy_bin, interpolate
from ctdose.kernels.collision import interact
from ctdose.kernels.elementary import log
from ctdose.kernels.rng import STREAM_STEP, random_block, uniform
from ctdose.kernels.tally import SUM_ESCAPED, quanta
from ctdose.kernels.voxels import FAR, distance_to_phantom

ZERO = np.float32(0.0)
REACH_CM = np.float32(200.0)  # a photon that flies farther in the gas is given up


@inline_jit
def mu_outside(tables, energy):
    """Attenuation coefficient of the gas, 1/cm."""
    attenuation = tables.attenuation
    i = energy_bin(attenuation.node_kev, energy)
    return interpolate(attenuation.mu, i, tables.run.surroundings, energy - attenuation.node_kev[i])


@inline_jit
def moved(x, y, z, u, v, w, path):
    """A position and direction after a flight."""
    return x + u * path, y + v * path, z + w * path, u, v, w


@jit
def wander(tables, counters, history, step, energy, x, y, z, u, v, w, path):
    """Follow a photon that collides in the gas after `path`, until it reaches the phantom or is gone.

    Returns
    -------
    energy : float32
        keV; 0 if it is gone.
    step : int
        Number of its last flight.
    x, y, z, u, v, w : float32
        Where it enters.
    """
    run = tables.run
    while True:
        x, y, z, u, v, w = moved(x, y, z, u, v, w, path)
        i = energy_bin(tables.attenuation.node_kev, energy)
        excess = energy - tables.attenuation.node_kev[i]
        before = quanta(energy)
        energy, u, v, w = interact(
            tables, counters, run.surroundings, i, excess, energy, u, v, w, history, step
        )
        if energy < np.float32(run.cutoff_kev):
            energy = ZERO
        counters[SUM_ESCAPED] += before - quanta(energy)
        if energy == ZERO:
            break
        step += 1
        w0, _, _, _ = random_block(run, history, step, STREAM_STEP, 0)
        path = -log(uniform(w0)) / mu_outside(tables, energy)
        distance = distance_to_phantom(tables.voxels, x, y, z, u, v, w)
        if distance >= ZERO and distance <= path:
            x, y, z, u, v, w = moved(x, y, z, u, v, w, distance)
            break
        if path > REACH_CM:
            counters[SUM_ESCAPED] += quanta(energy)
            energy = ZERO
            break
    return energy, step, x, y, z, u, v, w


@inline_jit
def fly_on(tables, counters, history, step, energy, x, y, z, u, v, w, path):
    """As `wander`, but that a photon which would collide beyond reach is gone."""
    if path > REACH_CM:
        counters[SUM_ESCAPED] += quanta(energy)
        return ZERO, step, x, y, z, u, v, w
    return wander(tables, counters, history, step, energy, x, y, z, u, v, w, path)


@inline_jit
def arrive(tables, counters, history, xi, distance, energy, x, y, z, u, v, w):
    """From the source to the tracked volume, which the ray meets at `distance` (negative: never); as `wander`."""
    path = FAR
    if tables.run.surroundings >= 0:
        path = -log(xi) / mu_outside(tables, energy)
    if distance >= ZERO and distance <= path:
        x, y, z, u, v, w = moved(x, y, z, u, v, w, distance)
        return energy, np.int64(0), x, y, z, u, v, w
    return fly_on(tables, counters, history, np.int64(0), energy, x, y, z, u, v, w, path)


@inline_jit
def leave(tables, counters, history, step, xi, majorant, energy, x, y, z, u, v, w):
    """A tentative collision outside the tracked volume: delta tracking ends there; as `wander`.

    With probability mu/mu_maj it is real; else the photon flies on in the gas alone.
    """
    path = FAR
    if tables.run.surroundings >= 0:
        path = ZERO
        mu = mu_outside(tables, energy)
        if xi * majorant > mu:
            step += 1
            w0, _, _, _ = random_block(tables.run, history, step, STREAM_STEP, 0)
            path = -log(uniform(w0)) / mu
    return fly_on(tables, counters, history, step, energy, x, y, z, u, v, w, path)
