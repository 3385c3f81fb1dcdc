"""Whether left and right, head and feet, front and back are exchanged, by the names of the organs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.voxel_phantom import VoxelPhantom

ABOVE = (("brain", "liver"), ("brain", "heart"), ("thyroid", "bladder"), ("heart", "bladder"))
IN_FRONT = (("sternum", "thoracic_spine"), ("heart", "thoracic_spine"), ("heart", "spinal_cord"))
"""Words that begin names of organs: the first lies above, or in front of, the second in everybody who lies straight."""


def check_sides(phantom: VoxelPhantom, file: str, right: str) -> None:
    """Check that what is called left lies at the larger x (LPS), the brain above the liver, the sternum in front.

    Parameters
    ----------
    phantom : VoxelPhantom
    file, right : str
        For the message: what was read, and what would be right.

    Raises
    ------
    CtdoseError
        More pairs of an axis are exchanged than are not.
    """
    centres = _centres(phantom)
    sides = [(n, "right_" + n[5:]) for n in centres if n.startswith("left_") and "right_" + n[5:] in centres]
    _check(centres, 0, [(one, other) for other, one in sides], "{1} (lies on the right of {0})", file, right)
    _check(centres, 2, _pairs(centres, ABOVE, below=True), "{1} (lies below {0})", file, right)
    _check(centres, 1, _pairs(centres, IN_FRONT, below=False), "{0} (lies behind {1})", file, right)


def _check(
    centres: dict[str, NDArray[np.float64]],
    axis: int,
    ascending: list[tuple[str, str]],
    text: str,
    file: str,
    right: str,
) -> None:
    """Refuse if of most pairs the first has the larger coordinate."""
    exchanged = [pair for pair in ascending if centres[pair[0]][axis] > centres[pair[1]][axis]]
    if 2 * len(exchanged) > len(ascending):
        raise CtdoseError(f"{file}: {text.format(*exchanged[0])}. {right}")


def _pairs(
    centres: dict[str, NDArray[np.float64]], words: tuple[tuple[str, str], ...], *, below: bool
) -> list[tuple[str, str]]:
    pairs = []
    for one, other in words:
        ones, others = ([name for name in centres if name.startswith(word)] for word in (one, other))
        pairs += [(b, a) if below else (a, b) for a in ones[:1] for b in others[:1]]
    return pairs


def _centres(phantom: VoxelPhantom) -> dict[str, NDArray[np.float64]]:
    """Centre of each organ that has voxels, (x, y, z), in voxels."""
    size = int(phantom.region_index.max()) + 1
    count, moment = np.zeros(size), np.zeros((size, 3))
    nz, ny, nx = phantom.shape
    x, y = np.tile(np.arange(nx, dtype=np.float64), ny), np.repeat(np.arange(ny, dtype=np.float64), nx)
    for k in range(nz):
        flat = phantom.region_index[k].ravel()
        here = np.bincount(flat, minlength=size)
        count += here
        moment[:, 0] += np.bincount(flat, weights=x, minlength=size)
        moment[:, 1] += np.bincount(flat, weights=y, minlength=size)
        moment[:, 2] += k * here
    centres = moment / np.maximum(count, 1)[:, None]
    ids = {organ.name: organ.organ_id for organ in phantom.organs if organ.organ_id < size}
    return {name: centres[i] for name, i in ids.items() if count[i] > 0}
