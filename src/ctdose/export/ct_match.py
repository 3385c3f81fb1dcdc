"""Whether a CT is the one that a phantom was made of: on the same voxels, tissue where the phantom has tissue."""

from __future__ import annotations

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.coarsen import coarsen
from ctdose.phantoms.patient.image import SAME_POSITION, SAME_SPACING, Image, crop
from ctdose.results.result import BodyResult, Grid

Box = tuple[slice, slice, slice]
RIGHT = "Give the series that the phantom was made of."
TISSUE_HU = -500.0
AIR_BELOW, TISSUE_ABOVE = 0.05, 0.8  # g/cm3; lung lies between, and says nothing
MOST_DIFFERENT = (
    0.03  # of the voxels of tissue; of the same scan it was 0.5 to 1.4 %, of others 10 % and more
)


def check_match(body: BodyResult, image: Image, file: str) -> None:
    """Check that the voxels of a body are those of a CT, or whole blocks of them, and hold the same body.

    The second is a check of plausibility: it finds another patient or another scan, not a forgery.

    Parameters
    ----------
    body : BodyResult
    image : Image
        HU.
    file : str
        The folder, for messages.

    Raises
    ------
    CtdoseError
    """
    factors = _factors(body.grid, image, file)
    first = _first(body.grid, image, factors, file)
    share = _different(body, image, factors, first)
    if share is None:
        raise CtdoseError(f"{file}: not the CT of this result (nothing of the body is in it). {RIGHT}")
    if share > MOST_DIFFERENT:
        why = f"{100 * share:.0f} % of the body is air in it, or air is body"
        raise CtdoseError(f"{file}: not the CT of this result ({why}). {RIGHT}")


def _factors(grid: Grid, image: Image, file: str) -> tuple[int, int, int]:
    """How many voxels of the CT make one of the phantom, along x, y, z."""
    found = []
    for name, ours, theirs in zip("xyz", grid.spacing_mm, image.spacing_mm):
        factor = max(1, round(ours / theirs))
        if abs(ours - factor * theirs) > SAME_SPACING * ours:
            raise CtdoseError(
                f"{file}: voxels of {theirs:.5g} mm along {name} (those of the result have {ours:.5g} mm). {RIGHT}"
            )
        found.append(factor)
    return found[0], found[1], found[2]


def _first(grid: Grid, image: Image, factors: tuple[int, int, int], file: str) -> tuple[int, int, int]:
    """The voxel of the CT at which the phantom begins, along x, y, z; negative where a table was put beside it."""
    found = []
    for name, ours, theirs, size, factor in zip(
        "xyz", grid.origin_mm, image.origin_mm, image.spacing_mm, factors
    ):
        place = (ours - theirs) / size - (factor - 1) / 2.0
        if abs(place - round(place)) > SAME_POSITION:
            raise CtdoseError(
                f"{file}: lies {abs(place - round(place)):.2g} of a voxel beside the result along {name}. {RIGHT}"
            )
        found.append(round(place))
    return found[0], found[1], found[2]


def _different(
    body: BodyResult, image: Image, factors: tuple[int, int, int], first: tuple[int, int, int]
) -> float | None:
    """Voxels that are air in one and tissue in the other, over those of tissue; None if no tissue is in the CT.

    Voxels of the phantom beyond the CT count as different where they hold an organ.
    """
    grid = body.grid
    known = np.isin(grid.organ_index, [0, *_organ_ids(body)])
    tissue = known & (np.asarray(grid.density_g_cm3) > TISSUE_ABOVE)[grid.material_index]
    air = known & (np.asarray(grid.density_g_cm3) < AIR_BELOW)[grid.material_index]
    shared = _shared(tissue.shape, image, factors, first)
    total = np.count_nonzero(tissue)
    if shared is None or total == 0:
        return None
    ours, theirs = shared
    values = coarsen(crop(image, theirs), factors, labels=False).values
    wrong = total - np.count_nonzero(tissue[ours])
    wrong += np.count_nonzero(tissue[ours] & (values < TISSUE_HU))
    wrong += np.count_nonzero(air[ours] & (values >= TISSUE_HU))
    return wrong / total


def _shared(
    shape: tuple[int, ...], image: Image, factors: tuple[int, int, int], first: tuple[int, int, int]
) -> tuple[Box, Box] | None:
    """Voxels of the phantom that lie whole in the CT, and those of the CT that make them; None if there are none."""
    ours, theirs = [], []
    for axis, count, place, factor in zip(range(3), shape, first[::-1], factors[::-1]):
        low = max(0, -(place // factor))
        high = min(count, (image.values.shape[axis] - place) // factor)
        if high <= low:
            return None
        ours.append(slice(low, high))
        theirs.append(slice(place + low * factor, place + high * factor))
    return (ours[0], ours[1], ours[2]), (theirs[0], theirs[1], theirs[2])


def _organ_ids(body: BodyResult) -> list[int]:
    """Regions of the body: neither a couch that was imaged, nor one that was put under it (no organ)."""
    return [organ.organ_id for name, organ in body.organs.items() if organ.organ_id > 0 and name != "couch"]
