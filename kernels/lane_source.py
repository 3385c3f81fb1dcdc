"""The source of the lanes: photons are made 256 at a time and wait in a queue until a lane is free."""

import numpy as np

from ctdose.kernels._jit import inline_jit, jit
from ctdose.kernels.lane_state import FREE, LANES, PARKED_CM
from ctdose.kernels.rng import MASK, SHIFT, STREAM_SOURCE, philox
from ctdose.kernels.source import STOPPED, photon_of_words
from ctdose.kernels.surroundings import arrive
from ctdose.kernels.tally import COUNT_ENTERED, COUNT_STEPS, SUM_EMITTED, SUM_ESCAPED, quanta
from ctdose.kernels.voxels import FAR, narrow

ZERO = np.float32(0.0)
NEXT, NUMBER = 0, 1  # of Queue.place


@jit
def draw_source(key_low, key_high, first, call, w0, w1, w2, w3):
    """One block of the source's words for the histories from `first` on."""
    for k in range(LANES):
        h = np.uint64(first + k)
        a, b, c, d = philox(
            key_low, key_high, h & MASK, h >> SHIFT, np.uint64(0), STREAM_SOURCE * 65536 + call
        )
        w0[k], w1[k], w2[k], w3[k] = np.uint32(a), np.uint32(b), np.uint32(c), np.uint32(d)


@jit
def start_photons(views, beams, first, number, queue):
    """Position, direction and energy of the photons at the source."""
    word = queue.word
    for k in range(number):
        x, y, z, u, v, w, energy, xi, acquisition = photon_of_words(
            views,
            beams,
            first + k,
            (np.uint64(word[0, k]), np.uint64(word[1, k]), np.uint64(word[2, k]), np.uint64(word[3, k])),
            (np.uint64(word[4, k]), np.uint64(word[5, k]), np.uint64(word[6, k]), np.uint64(word[7, k])),
            (np.uint64(word[8, k]), np.uint64(word[9, k]), np.uint64(word[10, k]), np.uint64(word[11, k])),
        )
        queue.x[k], queue.y[k], queue.z[k] = x, y, z
        queue.u[k], queue.v[k], queue.w[k] = u, v, w
        queue.energy[k], queue.xi_flight[k], queue.acquisition[k] = energy, xi, acquisition


@jit
def cut_rays(slab, x, y, z, u, v, w, enter, leave):
    """Cut the rays by one pair of planes, as `distance_to_phantom` does."""
    a, b, c, low, high = slab[0], slab[1], slab[2], slab[3], slab[4]
    for k in range(LANES):
        place = a * x[k] + b * y[k] + c * z[k]
        speed = a * u[k] + b * v[k] + c * w[k]
        enter[k], leave[k] = narrow(place, speed, low, high, enter[k], leave[k])


@jit
def fill_queue(tables, queue, counters, first, last):
    """Make photons of the histories from `first` on and keep those that reach the phantom.

    Returns
    -------
    following : int
        The first history that was not made.
    """
    run, slab = tables.run, tables.voxels.slab
    number = min(np.int64(LANES), last - first)
    for call in range(2 + tables.beams.extended):
        draw_source(
            run.key_low, run.key_high, first, call,
            queue.word[4 * call], queue.word[4 * call + 1], queue.word[4 * call + 2], queue.word[4 * call + 3],
        )  # fmt: skip
    start_photons(tables.views, tables.beams, first, number, queue)
    queue.enter[:] = ZERO
    queue.leave[:] = FAR
    for i in range(slab.shape[0]):
        cut_rays(slab[i], queue.x, queue.y, queue.z, queue.u, queue.v, queue.w, queue.enter, queue.leave)
    kept = np.int64(0)
    for k in range(number):
        kept = keep(tables, queue, counters, first + k, k, kept)
    queue.place[NEXT], queue.place[NUMBER] = 0, kept
    return first + number


@inline_jit
def keep(tables, queue, counters, history, k, kept):
    """Take photon k to the tracked volume; if it gets there, it becomes number `kept` of the queue."""
    energy = queue.energy[k]
    counters[SUM_EMITTED] += quanta(energy)
    if queue.xi_flight[k] == STOPPED:
        counters[SUM_ESCAPED] += quanta(energy)
        return kept
    distance = queue.enter[k] if queue.enter[k] <= queue.leave[k] else -FAR
    energy, step, x, y, z, u, v, w = arrive(
        tables, counters, history, queue.xi_flight[k], distance, energy,
        queue.x[k], queue.y[k], queue.z[k], queue.u[k], queue.v[k], queue.w[k],
    )  # fmt: skip
    if energy == ZERO:
        counters[COUNT_STEPS] += step
        return kept
    counters[COUNT_ENTERED] += 1
    queue.x[kept], queue.y[kept], queue.z[kept] = x, y, z
    queue.u[kept], queue.v[kept], queue.w[kept] = u, v, w
    queue.energy[kept], queue.acquisition[kept] = energy, queue.acquisition[k]
    queue.history[kept], queue.step[kept] = history, step
    return kept + 1


@jit
def refill(lanes, queue, lane):
    """Put the next photon of the queue into a lane."""
    k = queue.place[NEXT]
    queue.place[NEXT] = k + 1
    lanes.x[lane], lanes.y[lane], lanes.z[lane] = queue.x[k], queue.y[k], queue.z[k]
    lanes.u[lane], lanes.v[lane], lanes.w[lane] = queue.u[k], queue.v[k], queue.w[k]
    lanes.history[lane], lanes.step[lane] = queue.history[k], queue.step[k]
    lanes.energy[lane], lanes.acquisition[lane] = queue.energy[k], queue.acquisition[k]
    lanes.room[lane] = ZERO


@jit
def park(lanes, lane):
    """Leave a lane free."""
    lanes.x[lane] = PARKED_CM
    lanes.u[lane] = lanes.v[lane] = lanes.w[lane] = ZERO
    lanes.history[lane] = FREE
    lanes.room[lane] = FAR
