"""Case 2: a box of soft tissue in air under a full field, as in radiography (0 degrees) and tomosynthesis (15).

The box is 39 x 39 x 20 cm, from 155 to 175 cm below the source; nine cubes of 3 cm in it are scored besides the whole.
Voxels of 30 x 30 x 5 mm have all edges exactly. At 15 degrees the source is moved sideways and the field still covers
exactly 39 x 39 cm in the plane at 180 cm: an opening beside the axis. The air is part of the phantom, from above
the source on: it takes 3 % of the photons away and scatters 0.5 % of the energy back into the box.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.open_beams import PointSource
from ctdose.simulation.scoring import Composite
from ctdose.validation.job import Job, Readout
from ctdose.validation.reference import load_reference

CASE = "2"
SPACING_MM = (30.0, 30.0, 5.0)
BOX_MM, HALF_MM = (1550.0, 1750.0), 195.0
PLANE_MM, FIELD_MM = 1800.0, 390.0
CENTRES_MM = (
    (0, -150, 0), (-150, 0, 0), (0, 0, 0), (150, 0, 0), (0, 150, 0), (0, 0, -60), (0, 0, -30), (0, 0, 30), (0, 0, 60),
)  # fmt: skip
CUBE_MM = 30.0
REGIONS, BODY, TOTAL = 11, 10, 11  # region 0 is air, 1 to 9 the cubes, 10 the rest of the box

BEAMS = ("56.4 keV", "120 kVp")
HISTORIES = 80_000_000
X_CELLS, Y_CELLS, Z_MM = (
    (-11, 11),
    (-20, 11),
    (-50.0, 1950.0),
)  # the world: columns beside the axis, layers in mm


def _near(centres: np.ndarray, middle: float, half: float) -> np.ndarray:
    return np.abs(centres - middle) < half


def _block(axes: tuple[np.ndarray, ...], middle: tuple[float, ...], half: tuple[float, ...]) -> np.ndarray:
    """Voxels [z, y, x] whose centres lie in a block given as (x, y, z)."""
    x, y, z = (_near(a, m, h) for a, m, h in zip(axes, middle, half))
    return z[:, None, None] & y[None, :, None] & x[None, None, :]


@cache
def build_phantom() -> VoxelPhantom:
    """The box in air, with the source inside the air."""
    reference = load_reference()
    columns = [SPACING_MM[k] * np.arange(low, high + 1) for k, (low, high) in enumerate((X_CELLS, Y_CELLS))]
    layers = np.arange(Z_MM[0], Z_MM[1], SPACING_MM[2]) + SPACING_MM[2] / 2.0
    axes = (*columns, layers)
    depth = sum(BOX_MM) / 2.0
    region = np.zeros(tuple(a.size for a in reversed(axes)), np.uint16)
    region[_block(axes, (0.0, 0.0, depth), (HALF_MM, HALF_MM, (BOX_MM[1] - BOX_MM[0]) / 2.0))] = BODY
    for number, (x, y, z) in enumerate(CENTRES_MM, 1):
        region[_block(axes, (x, y, depth + z), (CUBE_MM / 2.0,) * 3)] = number
    return VoxelPhantom(
        (region > 0).astype(np.uint8),
        (reference.material("air"), reference.material("soft_tissue")),
        spacing_mm=SPACING_MM,
        origin_mm=tuple(float(a[0]) for a in axes),  # type: ignore[arg-type]
        region_index=region,
    )


def field_source(beam: str, angle_deg: float) -> PointSource:
    """The source at z = 0, moved along -y by the angle; its field is the square in the plane."""
    shift = PLANE_MM * math.tan(math.radians(angle_deg))
    half = FIELD_MM / 2.0
    limits = (
        (-half / PLANE_MM, half / PLANE_MM),
        ((shift - half) / PLANE_MM, (shift + half) / PLANE_MM),
    )
    return PointSource((0.0, -shift, 0.0), (0.0, -shift, 1.0), None, load_reference().spectrum(beam), limits)


def jobs() -> list[Job]:
    """All runs of the case."""
    cubes = [(f"VOI {n}", n) for n in range(1, len(CENTRES_MM) + 1)]
    total = Composite("total", dict.fromkeys(range(1, BODY + 1), 1.0))
    return [
        Job(
            CASE,
            beam,
            angle,
            HISTORIES,
            build_phantom,
            field_source(beam, float(angle)),
            tuple(Readout(angle, volume, row) for volume, row in [("total", TOTAL), *cubes]),
            composites=(total,),
        )
        for beam in BEAMS
        for angle in ("0", "15")
    ]
