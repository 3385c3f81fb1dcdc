"""The flight of a block of lanes to its next tentative collisions, in passes without branches.

The passes are many and short because LLVM vectorises no loop over more than a handful of arrays: it cannot prove
that they do not overlap.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit, jit
from ctdose.kernels.elementary import log
from ctdose.kernels.lane_state import LANES
from ctdose.kernels.rng import MASK, SHIFT, STREAM_STEP, philox, uniform
from ctdose.kernels.tables import ESTIMATOR_COLLISION_KERMA, REGION_SENTINEL
from ctdose.kernels.tally import quanta
from ctdose.kernels.voxels import OUTSIDE, OUTSIDE_WORD, density_of, material_of, region_of
from ctdose.kernels.zones import fly_from_cell

ZERO = np.float32(0.0)
FIRST_VOXEL = NOTHING = np.int64(0)
SENTINEL = np.uint32(REGION_SENTINEL)
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
def free_path(path, majorant, depth, here, room):
    """Distance to the next tentative collision, cm, in the place of its uniform, and the majorant there."""
    for lane in range(LANES):
        depth[lane] = -log(path[lane])
        path[lane] = depth[lane] / majorant[lane]
        here[lane] = majorant[lane]
        room[lane] = room[lane] - path[lane]


@jit
def without_room(room, near):
    """List the lanes that may meet another zone; returns their number."""
    number = np.uint32(0)
    for lane in range(LANES):
        near[number] = lane
        number += np.uint32(room[lane] < ZERO)
    return np.int64(number)


@inline_jit
def fly_near_zones(zones, lanes, step):
    """The flights that may meet another zone."""
    for k in range(without_room(lanes.room, step.near)):
        lane = step.near[k]
        step.path[lane], step.here[lane], lanes.room[lane] = fly_from_cell(
            zones, lanes.energy_bin[lane], lanes.excess[lane], lanes.majorant[lane], step.depth[lane],
            lanes.x[lane], lanes.y[lane], lanes.z[lane], lanes.u[lane], lanes.v[lane], lanes.w[lane],
        )  # fmt: skip


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
def gather(kinds, words, voxel, out):
    """The words of the voxels' kinds: 256 loads that do not wait for each other."""
    for lane in range(LANES):
        word = words[kinds[max(voxel[lane], FIRST_VOXEL)]]
        out[lane] = word if voxel[lane] != OUTSIDE else OUTSIDE_WORD


@jit
def split(word, region, material, density):
    """Region, material and density ratio of the voxel words."""
    for lane in range(LANES):
        region[lane] = np.uint32(region_of(word[lane]))
        material[lane] = np.uint32(material_of(word[lane]))
        density[lane] = density_of(word[lane])


@jit
def look_up(table, energy_bins, material, excess, density, out):
    """Density times a coefficient of the material at the lane's energy, 1/cm."""
    for lane in range(LANES):
        i, m = energy_bins[lane], material[lane]
        out[lane] = density[lane] * (table[i, m, 0] + table[i, m, 1] * excess[lane])


@jit
def expected_score(energy, mu_en, majorant, region, out):
    """Collision kerma: E mu_en / mu_maj in quanta; nothing outside the tracked volume."""
    for lane in range(LANES):
        score = quanta(energy[lane] * mu_en[lane] / majorant[lane])
        out[lane] = score if region[lane] != SENTINEL else NOTHING


@jit
def take_step(run, voxels, zones, mu, mu_en, lanes, step):
    """All lanes fly to their next tentative collision and look up what is there."""
    draw(run.key_low, run.key_high, lanes.history, lanes.step, step.path, step.accept)
    free_path(step.path, lanes.majorant, step.depth, step.here, lanes.room)
    if zones.shape[0] > 0:
        fly_near_zones(zones, lanes, step)
    advance(lanes.x, lanes.u, step.path)
    advance(lanes.y, lanes.v, step.path)
    advance(lanes.z, lanes.w, step.path)
    cell(lanes.x, voxels.inverse_spacing[0], np.float32(voxels.shape[0]), step.ix)
    cell(lanes.y, voxels.inverse_spacing[1], np.float32(voxels.shape[1]), step.iy)
    cell(lanes.z, voxels.inverse_spacing[2], np.float32(voxels.shape[2]), step.iz)
    flatten(step.ix, step.iy, step.iz, np.int64(voxels.shape[0]), np.int64(voxels.shape[1]), step.voxel)
    gather(voxels.kind, voxels.word, step.voxel, step.word)
    split(step.word, step.region, step.material, step.density)
    look_up(mu, lanes.energy_bin, step.material, lanes.excess, step.density, step.mu)
    if run.estimator == ESTIMATOR_COLLISION_KERMA:
        look_up(mu_en, lanes.energy_bin, step.material, lanes.excess, step.density, step.mu_en)
        expected_score(lanes.energy, step.mu_en, step.here, step.region, step.score)
