"""Results to export, made without a simulation: one that is its own mirror image along no axis, and a patient's."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from ctdose.dosimetry.dose_map import DoseMap
from ctdose.results.assemble import _grid
from ctdose.results.result import Grid
from ctdose.results.result_file import load_result

KEPT = Path(__file__).parent / "data" / "result_1_0.h5"  # two reference persons, coarse
SHAPE = (7, 5, 4)  # z, y, x
SPACING = (2.5, 3.75, 5.125)  # x, y, z
ORIGIN = (-12.3, 40.7, -803.4)
FORMULA = '=HYPERLINK("http://example.invalid","+lung")'


@cache
def adults():
    """The result of a real simulation of both reference persons, as format 1.0 kept it."""
    return load_result(KEPT)


def lopsided(grid=None, name="adult-male"):
    """One body on a grid of unequal, unrelated sides: every voxel has a dose of its own, one has none."""
    base = adults()
    if grid is None:
        grid = lopsided_grid()
    random = np.random.default_rng(11)
    shape = grid.organ_index.shape
    dose = random.permutation(np.arange(np.prod(shape), dtype=np.float32)).reshape(shape) / 7
    error = np.where(dose > 0, random.random(shape), np.nan).astype(np.float32)
    body = replace(base.bodies["adult-male"], name=name, grid=grid, map=DoseMap(dose, error, None))
    acquisitions = tuple(
        replace(each, on_body={name: each.on_body["adult-male"]}) for each in base.acquisitions
    )
    return replace(base, bodies={name: body}, acquisitions=acquisitions)


def lopsided_grid():
    """An L of organ 1 at low x, low y, high z, organ 700 in one corner; the rest is 0."""
    organs = np.zeros(SHAPE, np.uint16)
    organs[3:, 0, 0], organs[6, 0, 0:3], organs[0, 4, 3] = 1, 1, 700
    return Grid(
        organ_index=organs,
        material_index=(organs > 0).astype(np.uint8),
        density_g_cm3=np.array([0.0012, 1.05]),
        material_names=("air", "soft tissue"),
        origin_mm=ORIGIN,
        spacing_mm=SPACING,
        phantom_sha256="cd" * 32,
    )


def of_phantom(phantom):
    """A result on the voxels of a phantom, with its organs and doses that nobody simulated."""
    result = lopsided(_grid(phantom), phantom.name)
    body = result.bodies[phantom.name]
    like = next(iter(body.organs.values()))
    organs = {o.name: replace(like, organ_id=o.organ_id, name=o.name) for o in phantom.organs}
    body = replace(body, dose=replace(body.dose, organs=organs), reference_person=False)
    return replace(result, bodies={phantom.name: body}, effective_dose=None)


def with_formulas(result):
    """The same result with texts that a spreadsheet would run: the exam's title, and the note of every organ."""
    bodies = {}
    for name, body in result.bodies.items():
        organs = {key: replace(organ, note="@SUM(A1)") for key, organ in body.organs.items()}
        bodies[name] = replace(body, dose=replace(body.dose, organs=organs))
    return replace(result, exam=FORMULA, bodies=bodies)


def centres_mm(grid):
    """Centre of every voxel, (x, y, z) in mm LPS, [z, y, x, 3]."""
    place = np.indices(grid.organ_index.shape)[::-1]
    return np.stack([o + s * p for o, s, p in zip(grid.origin_mm, grid.spacing_mm, place)], axis=-1)
