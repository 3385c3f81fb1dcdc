"""The state of a block of lanes, as one array for each quantity."""

from typing import Any, NamedTuple

import numpy as np

from ctdose.kernels._jit import inline_jit
from ctdose.kernels.tables import F32, I32, I64, U32
from ctdose.kernels.tally import LIST_SIZE, MARKS, Scratch

LANES = 256
LIST_STRIDE = LIST_SIZE + 8  # an odd number of cache lines, so that the lanes do not share a few sets
FREE = np.int64(-1)  # history of a lane that has none
PARKED_CM = np.float32(1e30)  # a free lane stands outside the phantom


class Lanes(NamedTuple):
    """Photons in flight, [LANES] each."""

    x: F32  # cm
    y: F32
    z: F32
    u: F32
    v: F32
    w: F32
    energy: F32  # keV
    energy_bin: U32
    excess: F32  # keV above the lower node of the bin
    majorant: F32  # 1/cm
    room: F32  # cm that can be flown without meeting another zone; 0: not known
    history: I64  # FREE: the lane is free
    step: I64  # number of the step it takes next
    acquisition: U32


class Step(NamedTuple):
    """What the passes of one step hand on, [LANES] each; the lists hold lanes."""

    path: F32  # cm
    depth: F32  # optical depth of the flight
    here: F32  # majorant where the flight ends, 1/cm
    accept: F32  # uniform
    ix: I32
    iy: I32
    iz: I32
    voxel: I64
    word: U32
    region: U32
    material: U32
    density: F32
    mu: F32  # 1/cm
    mu_en: F32  # 1/cm
    score: I64  # quanta
    real: U32  # lanes with a real collision
    outside: U32  # lanes outside the tracked volume
    ended: U32  # lanes whose history has ended
    near: U32  # lanes that may meet another zone


class Hits(NamedTuple):
    """Collisions of one step side by side, [LANES] each."""

    history: I64
    step: I64
    material: U32
    energy: F32  # keV before
    after: F32  # keV after, 0: none
    shape: F32  # Compton: x^2 of backward scattering
    bound: F32  # Compton: S of backward scattering
    xi_cos: F32  # uniforms of one block
    xi_accept: F32
    turns: F32
    xi_process: F32
    cos_theta: F32
    u: F32
    v: F32
    w: F32
    compton: U32  # hits that scatter so, still to be accepted
    turned: U32  # hits that change direction by (cos_theta, turns)
    other: U32  # hits absorbed or scattered coherently


class Queue(NamedTuple):
    """Photons that wait for a lane, [LANES] each, and what the passes of the source hand on."""

    x: F32  # cm
    y: F32
    z: F32
    u: F32
    v: F32
    w: F32
    energy: F32
    history: I64
    step: I64
    acquisition: U32
    word: U32  # [12, LANES]
    xi_flight: F32
    enter: F32  # cm, distance at which the ray enters the tracked volume
    leave: F32
    place: I64  # [2] the next one, their number


class Bank(NamedTuple):
    """The scratch memory of all lanes (tally.Scratch), one row a lane; composites and marks are shared."""

    row_sum: I64  # [LANES, rows + 1]
    touched: U32  # [LANES, rows + 1]
    composite_sum: I64  # [composites]
    used: I64  # [LANES, 2]
    voxel: I64  # [LANES, LIST_SIZE]
    value: I64  # [LANES, LIST_SIZE]
    seen: I64  # [MARKS + 1]


class Block(NamedTuple):
    """All that the lanes kernel works on."""

    lanes: Lanes
    step: Step
    hits: Hits
    queue: Queue
    bank: Bank


@inline_jit
def lane_scratch(bank, lane):
    """The scratch memory of one lane."""
    return Scratch(
        bank.row_sum[lane],
        bank.touched[lane],
        bank.composite_sum,
        bank.used[lane],
        bank.voxel[lane],
        bank.value[lane],
        bank.seen,
    )


def _make(kind: type[Any], **shapes: tuple[int, ...]) -> Any:
    """Zeros of the types that the fields of a tuple name."""
    types = {F32: np.float32, I32: np.int32, I64: np.int64, U32: np.uint32}
    return kind(
        **{
            name: np.zeros(shapes.get(name, (LANES,)), types[annotation])
            for name, annotation in kind.__annotations__.items()
        }
    )


def make_block(rows: int, composites: int) -> Block:
    """Allocate a block of lanes, all free; a free lane flies too, so its numbers are harmless ones.

    Parameters
    ----------
    rows : int
        Regions and responses.
    composites : int
    """
    lanes = _make(Lanes)
    lanes.x.fill(PARKED_CM)
    lanes.history.fill(FREE)
    for ones in (lanes.energy, lanes.majorant, lanes.step):
        ones.fill(1)
    bank = _make(
        Bank,
        row_sum=(LANES, rows + 1),
        touched=(LANES, rows + 1),
        composite_sum=(max(1, composites),),
        used=(LANES, 2),
        voxel=(LANES, LIST_STRIDE),
        value=(LANES, LIST_STRIDE),
        seen=(MARKS + 1,),
    )
    return Block(lanes, _make(Step), _make(Hits), _make(Queue, word=(12, LANES), place=(2,)), bank)
