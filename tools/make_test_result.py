"""Make a small result file with everything a real one has: a chest exam of both reference persons on coarse voxels.

    python tools/make_test_result.py result.h5

tests/data/result_1_0.h5 was made with it at format version 1.0 and stays as it is: it must be readable for ever.
A later minor version gets a file of its own.
"""

import dataclasses
import sys

import numpy as np

import ctdose
from ctdose.api import load_exam, simulate

BLOCK = 4  # voxels of the simulation along each axis that become one of the file


def blocks(array: np.ndarray) -> np.ndarray:
    """View an array as blocks, [z, y, x, voxel of the block]; what does not fill a block is cut off."""
    nz, ny, nx = (n // BLOCK for n in array.shape)
    cut = array[: nz * BLOCK, : ny * BLOCK, : nx * BLOCK]
    split = cut.reshape(nz, BLOCK, ny, BLOCK, nx, BLOCK).transpose(0, 2, 4, 1, 3, 5)
    return split.reshape(nz, ny, nx, BLOCK**3)


def coarser(body):
    """The body on larger voxels: middle voxel of the indices, mean of the dose, sum of the shares of E."""
    grid, maps = body.grid, body.map
    middle = BLOCK**2 * (BLOCK // 2) + BLOCK * (BLOCK // 2) + BLOCK // 2
    share = maps.effective_dose_map_msv
    return dataclasses.replace(
        body,
        grid=dataclasses.replace(
            grid,
            organ_index=np.ascontiguousarray(blocks(grid.organ_index)[..., middle]),
            material_index=np.ascontiguousarray(blocks(grid.material_index)[..., middle]),
            origin_mm=tuple(o + s * (BLOCK - 1) / 2 for o, s in zip(grid.origin_mm, grid.spacing_mm)),
            spacing_mm=tuple(s * BLOCK for s in grid.spacing_mm),
        ),
        map=dataclasses.replace(
            maps,
            absorbed_dose_mgy=blocks(maps.absorbed_dose_mgy).mean(-1),
            relative_standard_error=np.ascontiguousarray(blocks(maps.relative_standard_error)[..., middle]),
            effective_dose_map_msv=blocks(share).sum(-1) if share is not None else None,
        ),
    )


def main() -> None:
    """Simulate and save."""
    exam = load_exam("chest")
    options = exam.simulation.model_copy(update={"voxel_mm": 10.0, "histories": 2 * 65536})
    result = simulate(exam.model_copy(update={"simulation": options}))
    small = {name: coarser(body) for name, body in result.bodies.items()}
    dataclasses.replace(result, bodies=small).save(sys.argv[1])
    print(f"ctdose {ctdose.__version__}: {sys.argv[1]}")


if __name__ == "__main__":
    main()
