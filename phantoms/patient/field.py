"""Where the scanned field ends: the faces of the image, padding, the circle of a round reconstruction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.patient.image import Image

OUTSIDE_FIELD_HU = -3024  # what is written where nothing was reconstructed: no CT number
PADDED_BELOW_HU = -1500
EDGE_PIXELS = 2  # a round field ends on a square grid within so many
CONSTANT_BEYOND = 1.04  # of the radius: interpolation leaves a soft edge


def mark_round_field(image: Image) -> Image:
    """Write `OUTSIDE_FIELD_HU` around a round reconstruction.

    A reconstruction is round if everything well outside the circle that its square slices hold has one single value.

    Parameters
    ----------
    image : Image
        HU, whole slices.

    Returns
    -------
    Image
        The same where the field is not round.
    """
    _, ny, nx = image.values.shape
    if nx != ny or nx < 8:
        return image
    away = np.arange(nx) - (nx - 1) / 2.0
    outside = away[:, None] ** 2 + away[None, :] ** 2 > (CONSTANT_BEYOND * nx / 2.0) ** 2
    corner = image.values[0, 0, 0]
    if corner > -900 or not bool((image.values[:, outside] == corner).all()):
        return image
    values = image.values.copy()
    values[:, away[:, None] ** 2 + away[None, :] ** 2 > (nx / 2.0) ** 2] = OUTSIDE_FIELD_HU
    return Image(values, image.spacing_mm, image.origin_mm)


def field_edge(image: Image) -> NDArray[np.bool_]:
    """Mark voxels beyond which nothing was reconstructed: at the image's faces, and beside padding.

    Parameters
    ----------
    image : Image
        HU.

    Returns
    -------
    array of bool, [z, y, x]
    """
    from scipy import ndimage

    edge = np.zeros(image.values.shape, bool)
    edge[[0, -1]] = edge[:, [0, -1]] = edge[:, :, [0, -1]] = True
    padded = image.values <= PADDED_BELOW_HU
    if padded.any():
        edge |= ndimage.binary_dilation(padded, iterations=EDGE_PIXELS)
    return edge
