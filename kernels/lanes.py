"""The production kernel: a block of photons advanced together, the same histories as history.py.

One photon at a time waits for memory at every step: the voxel it flies to is anywhere. Here 256 photons take their
step together. Each pass runs over all lanes, or over those that it concerns, and does one thing:

    fly (lane_flight.py) -> score -> sort -> collide (lane_collisions.py) -> leave -> finish, refill (lane_source.py)

Most passes are without branches, so that LLVM vectorises them, or the processor at least never guesses wrong. A lane
owns its history to the end, the arithmetic is that of history.py, the tallies are integers: whatever the order of the
lanes, every sum has the same bits.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit, jit
from ctdose.kernels.atomic import prefetch
from ctdose.kernels.collision import score_responses
from ctdose.kernels.lane_collisions import collide_lanes, set_energy
from ctdose.kernels.lane_flight import take_step
from ctdose.kernels.lane_source import NEXT, NUMBER, fill_queue, park, refill
from ctdose.kernels.lane_state import FREE, LANES, lane_scratch
from ctdose.kernels.surroundings import leave
from ctdose.kernels.tables import ESTIMATOR_COLLISION_KERMA, REGION_SENTINEL
from ctdose.kernels.tally import COUNT_MAJORANT_EXCEEDED, COUNT_STEPS, finish_history, score_voxel

ZERO, FIRST = np.float32(0.0), np.int64(0)
SENTINEL = np.uint32(REGION_SENTINEL)


@jit
def score_rows(region, score, row_sum, touched, used):
    """Add every lane's score to the row of its region; what is outside scores 0 in the row behind the last."""
    last = np.uint32(row_sum.shape[1] - 1)
    for lane in range(LANES):
        row, e, n = min(region[lane], last), score[lane], np.uint64(used[lane, 0])
        before = row_sum[lane, row]
        touched[lane, n] = row
        used[lane, 0] = np.int64(n) + ((before == 0) & (e != 0))
        row_sum[lane, row] = before + e


@inline_jit
def score_voxels(step, bank, tallies):
    """Add every lane's score to its list of voxels."""
    for lane in range(LANES):
        prefetch(tallies.voxels, max(2 * step.voxel[lane], FIRST))
        score_voxel(lane_scratch(bank, lane), tallies, step.voxel[lane], step.score[lane])


@inline_jit
def score_curves(responses, lanes, step, bank):
    """Fold the fluence with the response curves of the lanes' regions."""
    for lane in range(LANES):
        if step.region[lane] != SENTINEL:
            score_responses(
                responses, lane_scratch(bank, lane), step.region[lane],
                lanes.energy_bin[lane], lanes.excess[lane], step.here[lane],
            )  # fmt: skip


@jit
def sort_lanes(region, accept, majorant, mu, real, outside):
    """List the lanes with a real collision and those outside.

    Returns
    -------
    hits, out, exceeded : int
        Lengths of the lists, and how often mu exceeded the majorant.
    """
    hits, out, exceeded = np.uint32(0), np.uint32(0), np.uint32(0)
    for lane in range(LANES):
        is_out = region[lane] == SENTINEL
        real[hits], outside[out] = lane, lane
        hits += np.uint32((not is_out) & (accept[lane] * majorant[lane] <= mu[lane]))
        out += np.uint32(is_out)
        exceeded += np.uint32((not is_out) & (mu[lane] > majorant[lane]))
    return np.int64(hits), np.int64(out), np.int64(exceeded)


@inline_jit
def leave_lanes(tables, lanes, step, counters, number, ended):
    """The lanes outside fly on in the surroundings; returns how many histories ended so far."""
    for k in range(number):
        lane = step.outside[k]
        if lanes.history[lane] == FREE:
            continue
        energy, taken, x, y, z, u, v, w = leave(
            tables, counters, lanes.history[lane], lanes.step[lane], step.accept[lane], step.here[lane],
            lanes.energy[lane], lanes.x[lane], lanes.y[lane], lanes.z[lane],
            lanes.u[lane], lanes.v[lane], lanes.w[lane],
        )  # fmt: skip
        lanes.step[lane] = taken
        if energy == ZERO:
            step.ended[ended] = lane
            ended += 1
            continue
        lanes.x[lane], lanes.y[lane], lanes.z[lane] = x, y, z
        lanes.u[lane], lanes.v[lane], lanes.w[lane] = u, v, w
        lanes.room[lane] = ZERO
        set_energy(tables.attenuation.node_kev, tables.attenuation.majorant, lanes, lane, energy)
    return ended


@inline_jit
def replace_ended(tables, block, tallies, number, following, last):
    """Finish the histories that ended and put new photons into their lanes.

    Returns
    -------
    following : int
        The first history that was not begun.
    """
    lanes, queue, attenuation = block.lanes, block.queue, tables.attenuation
    for k in range(number):
        lane = block.step.ended[k]
        if lanes.history[lane] != FREE:
            tallies.counters[COUNT_STEPS] += lanes.step[lane]
            finish_history(
                tables, lane_scratch(block.bank, lane), tallies, lanes.piece[lane], lanes.cell[lane]
            )
        while queue.place[NEXT] == queue.place[NUMBER] and following < last:
            following = fill_queue(tables, queue, tallies.counters, following, last)
        if queue.place[NEXT] == queue.place[NUMBER]:
            park(lanes, lane)
            continue
        refill(lanes, queue, lane)
        set_energy(attenuation.node_kev, attenuation.majorant, lanes, lane, lanes.energy[lane])
    return following


@jit
def count_step(history, step):
    """Count the step of every lane; returns how many are in flight."""
    flying = np.int64(0)
    for lane in range(LANES):
        step[lane] += 1
        flying += history[lane] != FREE
    return flying


@inline_jit
def settle(tables, block, tallies):
    """What happens where the lanes have arrived; returns how many histories ended."""
    run, lanes, step, bank, counters = tables.run, block.lanes, block.step, block.bank, tallies.counters
    if run.estimator == ESTIMATOR_COLLISION_KERMA:
        score_rows(step.region, step.score, bank.row_sum, bank.touched, bank.used)
        if run.with_voxels == 1:
            score_voxels(step, bank, tallies)
    if run.rows > run.regions:
        score_curves(tables.responses, lanes, step, bank)
    hits, out, exceeded = sort_lanes(step.region, step.accept, step.here, step.mu, step.real, step.outside)
    counters[COUNT_MAJORANT_EXCEEDED] += exceeded
    ended = collide_lanes(tables, lanes, step, block.hits, bank, tallies, hits)
    return leave_lanes(tables, lanes, step, counters, out, ended)


@jit
def transport_lanes(tables, block, tallies, first, last):
    """Simulate the histories first <= h < last; all lanes are free before and after."""
    lanes, step, attenuation = block.lanes, block.step, tables.attenuation
    for lane in range(LANES):
        step.ended[lane] = lane
    following = replace_ended(tables, block, tallies, LANES, np.int64(first), np.int64(last))
    while count_step(lanes.history, lanes.step) > 0:
        take_step(tables.run, tables.voxels, tables.zones, attenuation.mu, attenuation.mu_en, lanes, step)
        ended = settle(tables, block, tallies)
        following = replace_ended(tables, block, tallies, ended, following, np.int64(last))
