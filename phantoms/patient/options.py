"""How a CT is made into a phantom: what the user chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How a CT is made into a phantom.

    Attributes
    ----------
    labels : Path or None
        A NIfTI file or a DICOM SEG.
    calibration, label_map : Path or None
    sex : str
        ``male``, ``female`` or ``unknown``.
    crop_mm : sequence of float, or None
        x0, x1, y0, y1, z0, z1.
    keep_air : bool
        Do not crop to body and couch.
    voxel_mm : float or None
        Join voxels to come nearest to this size.
    """

    labels: Path | None = None
    calibration: Path | None = None
    label_map: Path | None = None
    sex: str = "unknown"
    crop_mm: Sequence[float] | None = None
    keep_air: bool = False
    voxel_mm: float | None = None
