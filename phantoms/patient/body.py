"""Which voxels are the body, which the couch, which the air around both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.patient.calibration import Calibration
from ctdose.phantoms.patient.image import Image

OPENING_MM = 5.0  # what is thinner does not tie the couch to the body, and is no limb
LIMB_SHARE = 0.02  # of the largest part: an arm beside the trunk is the body's too
LIMB_HU = -150.0  # mean of a limb; foam and cushions lie below
COUCH_SLICES = 0.75  # share of the slices over which a couch reaches
RIM_VOXELS = 1  # around the body, of mixed air and skin

Mask = NDArray[np.bool_]


def find_body(image: Image, labels: NDArray[np.uint16] | None, calibration: Calibration) -> Mask:
    """Mark the body: its largest connected part, limbs beside it, whatever is labelled, and the air inside.

    Parameters
    ----------
    image : Image
        HU.
    labels : array, [z, y, x], optional
        Above 0: surely body.
    calibration : Calibration

    Returns
    -------
    array of bool, [z, y, x]
        Empty where nothing is dense enough.

    Notes
    -----
    Everything denser than `body_above_hu` is thinned and thickened again by 5 mm in plane: that parts the couch's thin
    shells from skin that rests on them. Then holes are filled slice by slice: lungs and bowel gas are inside.
    """
    from scipy import ndimage

    dense = image.values > calibration.body_above_hu
    if labels is not None:
        dense |= labels > 0
    cross = np.zeros((3, 3, 3), bool)
    cross[1, 1, :] = cross[1, :, 1] = True
    steps = max(1, round(OPENING_MM / max(image.spacing_mm[:2])))
    core = ndimage.binary_erosion(dense, cross, iterations=steps, border_value=1)
    parts, count = ndimage.label(core)
    if count == 0:
        return core if labels is None else np.asarray(labels > 0)
    kept = _body_parts(parts, count, image, labels)
    body = ndimage.binary_dilation(kept[parts], cross, iterations=steps + 1) & dense
    if labels is not None:
        body |= labels > 0
    for k in range(len(body)):
        body[k] = ndimage.binary_fill_holes(body[k])
    return body


def _body_parts(
    parts: NDArray[np.integer], count: int, image: Image, labels: NDArray[np.uint16] | None
) -> Mask:
    """Which connected parts belong to the body, by their number; part 0 is what lies between."""
    size, total = np.zeros(count + 1), np.zeros(count + 1)
    for part, values in zip(
        parts, image.values
    ):  # slice by slice: bincount makes copies of four times the size
        size += np.bincount(part.ravel(), minlength=count + 1)
        total += np.bincount(part.ravel(), weights=values.ravel(), minlength=count + 1)
    size[0] = 0.0
    mean = total / np.maximum(size, 1.0)
    kept = (size >= LIMB_SHARE * size.max()) & (mean > LIMB_HU)
    kept[int(size.argmax())] = True
    if labels is not None:
        kept |= np.bincount(parts[labels > 0], minlength=count + 1) > 0
    kept[0] = False
    return kept


def find_couch(image: Image, body: Mask, calibration: Calibration) -> Mask:
    """Mark the couch: what lies outside the body, denser than foam, over three quarters of the slices.

    Parameters
    ----------
    image : Image
        HU.
    body : array of bool, [z, y, x]
    calibration : Calibration

    Returns
    -------
    array of bool, [z, y, x]
    """
    from scipy import ndimage

    cross = np.zeros((3, 3, 3), bool)
    cross[1, 1, :] = cross[1, :, 1] = True
    rim = ndimage.binary_dilation(body, cross, iterations=RIM_VOXELS)
    outside = (image.values > calibration.couch_above_hu) & ~rim
    parts, _ = ndimage.label(outside, np.ones((3, 3, 3), bool))
    kept = [False]
    for found in ndimage.find_objects(parts):
        kept.append(found[0].stop - found[0].start >= COUCH_SLICES * len(body))
    return np.array(kept)[parts]
