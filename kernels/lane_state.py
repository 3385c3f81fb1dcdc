"""The state of a block of lanes, as one array for each quantity."""

from typing import NamedTuple

import numpy as np

from ctdose.kernels._jit import inline_jit
from ctdose.kernels.tables import F32, I32, I64, U32
from ctdose.kernels.tally import LIST_SIZE, Scratch

LANES = 256


class Lanes(NamedTuple):
    """Photons in flight, [LANES] each."""

    x: F32  # cm
    y: F32
    z: F32
    u: F32
    v: F32
    w: F32
    energy: F32  # keV
    energy_bin: I32
    excess: F32  # keV above the lower node of the bin
    majorant: F32  # 1/cm
    history: I64  # -1: the lane is free
    step: I64  # number of the step it takes next
    acquisition: I32


class Step(NamedTuple):
    """What the passes of one step hand on, [LANES] each."""

    path: F32  # cm
    accept: F32  # uniform
    ix: I32
    iy: I32
    iz: I32
    voxel: I64
    word: U32
    material: I32
    density: F32
    mu: F32  # 1/cm
    mu_en: F32  # 1/cm
    score: I64  # quanta


class Bank(NamedTuple):
    """The scratch memory of all lanes (tally.Scratch), one row a lane; composites are shared."""

    row_sum: I64  # [LANES, rows]
    touched: I64  # [LANES, rows]
    composite_sum: I64  # [composites]
    used: I64  # [LANES, 2]
    voxel: I64  # [LANES, LIST_SIZE]
    value: I64  # [LANES, LIST_SIZE]


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
    )


def make_lanes() -> Lanes:
    """Allocate lanes, all free; a free lane flies too, so its numbers are harmless ones."""

    def f32(value: float) -> F32:
        return np.full(LANES, value, np.float32)

    return Lanes(
        x=f32(0), y=f32(0), z=f32(0), u=f32(0), v=f32(0), w=f32(1),
        energy=f32(1), energy_bin=np.zeros(LANES, np.int32), excess=f32(0), majorant=f32(1),
        history=np.full(LANES, -1, np.int64), step=np.ones(LANES, np.int64),
        acquisition=np.zeros(LANES, np.int32),
    )  # fmt: skip


def make_step() -> Step:
    """Allocate what the passes hand on."""
    types: dict[str, type] = {"path": np.float32, "accept": np.float32, "density": np.float32}
    types |= {"mu": np.float32, "mu_en": np.float32, "word": np.uint32}
    types |= dict.fromkeys(("ix", "iy", "iz", "material"), np.int32)
    return Step(**{name: np.zeros(LANES, types.get(name, np.int64)) for name in Step._fields})


def make_bank(rows: int, composites: int) -> Bank:
    """Allocate the scratch memory of a block of lanes.

    Parameters
    ----------
    rows : int
        Regions and responses.
    composites : int
    """
    return Bank(
        row_sum=np.zeros((LANES, rows), np.int64),
        touched=np.zeros((LANES, rows), np.int64),
        composite_sum=np.zeros(max(1, composites), np.int64),
        used=np.zeros((LANES, 2), np.int64),
        voxel=np.zeros((LANES, LIST_SIZE), np.int64),
        value=np.zeros((LANES, LIST_SIZE), np.int64),
    )
