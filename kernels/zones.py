"""Flights under local majorants: a coarse grid of cells, each of which belongs to a zone with its own majorant.

A metal implant would raise the majorant of the whole body; a small organ wants more tentative collisions than the
body around it. Zone 0 is the body at large. The optical depth that a flight draws is used up cell by cell with each
cell's own majorant; so the collisions are those of delta tracking with a majorant that varies in space (Woodcock's
game needs no more than an upper bound at every point), and no extra random number is drawn.

Most flights end long before they meet another zone: `Zones.reach` says how far that is from each cell, and what of
it is left (`room`) is known until it has been flown.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit
from ctdose.kernels.attenuation import interpolate
from ctdose.kernels.voxels import FAR, TINY

ZERO, ONE = np.float32(0.0), np.float32(1.0)


@inline_jit
def clamped_cell(position, inverse_size, count):
    """Number of the cell along one axis; a position beyond the grid counts to the outermost cell."""
    return np.int32(min(max(np.floor(position * inverse_size), ZERO), count - ONE))


@inline_jit
def flat_cell(zones, ix, iy, iz):
    """Flat index of a cell, x fastest."""
    return (np.int64(iz) * zones.shape[1] + iy) * zones.shape[0] + ix


@inline_jit
def next_face(position, direction, cell, size):
    """Along one axis: distance to the next face between cells, distance between faces, step of the cell number."""
    if abs(direction) < TINY:
        return FAR, FAR, 0
    forward = direction > ZERO
    face = size * np.float32(cell + 1 if forward else cell)
    return (face - position) / direction, size / abs(direction), 1 if forward else -1


@inline_jit
def march(zones, i, excess, majorant, depth, ix, iy, iz, x, y, z, u, v, w):
    """Fly through the cells until the optical depth is used up.

    Parameters
    ----------
    zones : Zones
    i, excess
        Energy bin, and keV above its lower node.
    majorant : float32
        Of zone 0, which holds beyond the grid too, 1/cm.
    depth : float32
        Optical depth of the flight: minus the logarithm of its uniform.
    ix, iy, iz : int
        Cell of the start.
    x, y, z, u, v, w : float32

    Returns
    -------
    path, here : float32
        Length of the flight, cm, and the majorant where it ends.
    """
    to_x, every_x, step_x = next_face(x, u, ix, zones.size[0])
    to_y, every_y, step_y = next_face(y, v, iy, zones.size[1])
    to_z, every_z, step_z = next_face(z, w, iz, zones.size[2])
    path = ZERO
    here = interpolate(zones.majorant, i, zones.cell[flat_cell(zones, ix, iy, iz)], excess)
    while True:
        face = max(path, min(to_x, min(to_y, to_z)))
        used = (face - path) * here
        if depth <= used:
            break
        depth -= used
        path = face
        if to_x <= face:
            ix, to_x = ix + step_x, to_x + every_x
        elif to_y <= face:
            iy, to_y = iy + step_y, to_y + every_y
        else:
            iz, to_z = iz + step_z, to_z + every_z
        if not (0 <= ix < zones.shape[0] and 0 <= iy < zones.shape[1] and 0 <= iz < zones.shape[2]):
            here = majorant
            break
        here = interpolate(zones.majorant, i, zones.cell[flat_cell(zones, ix, iy, iz)], excess)
    return path + depth / here, here


@inline_jit
def fly_from_cell(zones, i, excess, majorant, depth, x, y, z, u, v, w):
    """A flight that may meet another zone; parameters as `march`.

    Returns
    -------
    path, here, room : float32
        Length of the flight, cm, the majorant where it ends, and how far it is from there to another zone at least.
    """
    ix = clamped_cell(x, zones.inverse_size[0], np.float32(zones.shape[0]))
    iy = clamped_cell(y, zones.inverse_size[1], np.float32(zones.shape[1]))
    iz = clamped_cell(z, zones.inverse_size[2], np.float32(zones.shape[2]))
    path, reach = depth / majorant, zones.reach[flat_cell(zones, ix, iy, iz)]
    if path <= reach:
        return path, majorant, reach - path
    path, here = march(zones, i, excess, majorant, depth, ix, iy, iz, x, y, z, u, v, w)
    return path, here, ZERO
