"""Sections of a volume as pictures: what the page shows before its script runs, and where none does.

The script (`templates/planes.js`) draws the same; tests/test_report_browser.py compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.report.colours import dose_colours
from ctdose.report.volume import Volume
from ctdose.results.plots import FAINT, OPACITY

KINDS = ("coronal", "sagittal", "transverse")
ACROSS = {"coronal": 1, "sagittal": 2, "transverse": 0}
"""Axis of the arrays [z, y, x] that goes through each plane."""
WAYS = {"coronal": "y", "sagittal": "x", "transverse": "z"}
ENDS = {"coronal": "RLHF", "sagittal": "APHF", "transverse": "RLAP"}
"""Letters at the left, right, top and bottom of each picture."""


@dataclass(frozen=True)
class Scale:
    """Colours of the dose: the same for all bodies.

    Attributes
    ----------
    end_mgy : float
        Where the brightest colour stands.
    opacity, faint : float
        The dose covers the anatomy by `opacity`, less below `faint` of the end.
    """

    end_mgy: float
    opacity: float = OPACITY
    faint: float = FAINT


def section_picture(volume: Volume, kind: str, index: int, scale: Scale) -> np.ndarray:
    """Dose on the anatomy in one plane, uint8 [rows, columns, 3], the right way up.

    Parameters
    ----------
    volume : Volume
    kind : str
        One of `KINDS`.
    index : int
        Of the plane's voxels in the volume's labels.
    scale : Scale
    """
    axis = ACROSS[kind]
    labels = np.take(volume.labels, index, axis=axis)
    dose = np.where(volume.solid[labels], dose_plane(volume, axis, index), 0.0)
    cover = scale.opacity * np.minimum(1.0, dose / (scale.faint * scale.end_mgy))
    level = np.minimum(255, np.floor(255.0 * dose / scale.end_mgy + 0.5)).astype(np.intp)
    grey = volume.greys[labels][..., None].astype(np.float64)
    mixed = grey + cover[..., None] * (dose_colours()[level] - grey)
    picture = np.floor(mixed + 0.5).astype(np.uint8)
    return picture if kind == "transverse" else picture[::-1]


def dose_plane(volume: Volume, axis: int, index: int) -> np.ndarray:
    """Dose at the labels' voxels of a plane, mGy, linear between the blocks' centres."""
    dose = volume.dose_mgy
    for each in range(3):
        low, high, share = weights(volume, each)
        if each == axis:
            low, high, share = low[index : index + 1], high[index : index + 1], share[index : index + 1]
        shape = [1, 1, 1]
        shape[each] = share.size
        part = share.reshape(shape)
        dose = np.take(dose, low, axis=each) * (1.0 - part) + np.take(dose, high, axis=each) * part
    return np.squeeze(dose, axis=axis)


def weights(volume: Volume, axis: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each voxel of the labels along an axis: the two blocks it lies between, and the share of the second."""
    count, blocks = volume.labels.shape[axis], volume.codes.shape[axis]
    way = 2 - axis
    place = volume.origin_mm[way] + volume.spacing_mm[way] * np.arange(count)
    at = np.clip((place - volume.code_origin_mm[way]) / volume.code_spacing_mm[way], 0.0, blocks - 1.0)
    low = np.minimum(np.floor(at).astype(np.intp), max(0, blocks - 2))
    return low, np.minimum(low + 1, blocks - 1), at - low


def size_mm(volume: Volume, kind: str) -> tuple[float, float]:
    """Width and height of a plane's picture."""
    extent = [n * s for n, s in zip(volume.labels.shape[::-1], volume.spacing_mm)]
    across, up = {"coronal": (0, 2), "sagittal": (1, 2), "transverse": (0, 1)}[kind]
    return extent[across], extent[up]
