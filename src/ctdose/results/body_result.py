"""What a result says of one body: doses, maps and tallies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ctdose.dosimetry.dose_map import DoseMap
from ctdose.dosimetry.organ_dose import BodyDose, OrganDose
from ctdose.dosimetry.view_dose import ViewDoses


@dataclass(frozen=True)
class Grid:
    """The phantom as far as a picture of the dose needs it.

    Attributes
    ----------
    organ_index : uint16 ndarray [z, y, x]
    material_index : uint8 ndarray [z, y, x]
    density_g_cm3 : float64 ndarray [materials]
    material_names : tuple of str
    origin_mm, spacing_mm : (float, float, float)
        (x, y, z); the origin is the centre of voxel [0, 0, 0].
    phantom_sha256 : str
    """

    organ_index: np.ndarray
    material_index: np.ndarray
    density_g_cm3: np.ndarray
    material_names: tuple[str, ...]
    origin_mm: tuple[float, float, float]
    spacing_mm: tuple[float, float, float]
    phantom_sha256: str


@dataclass(frozen=True)
class Batches:
    """Integer sums by batch: what errors of ratios and merging need.

    Attributes
    ----------
    numbers : int64 ndarray [batches]
    rows : int64 ndarray [batches, acquisitions, rows, 2]
        Sum of e (2^-20 keV) and of e^2 (2^-24 keV^2).
    row_names : tuple of str
        ``region:N``, ``response:…``, ``group:…``, ``tissue:…``, ``weighted:…``.
    row_scale : float64 ndarray [rows]
        mGy (weighted: mSv) of the whole exam for 1 keV per history.
    """

    numbers: np.ndarray
    rows: np.ndarray
    row_names: tuple[str, ...]
    row_scale: np.ndarray


@dataclass(frozen=True)
class BodyResult:
    """Doses, maps and tallies of one body.

    Attributes
    ----------
    name : str
    dose : BodyDose
    grid : Grid
    batches : Batches
    map : DoseMap or None
    histories : int
    groups : dict of str to tuple of str
        Organs that are reported together: ``lungs`` -> (``left_lung``, ``right_lung``).
    sex : str
        ``male``, ``female``, or empty if the phantom is no person.
    reference_person : bool
        Whether effective dose is defined for it.
    views : ViewDoses or None
        What each bin of views gives to the doses; None if they were not kept.
    """

    name: str
    dose: BodyDose
    grid: Grid
    batches: Batches
    map: DoseMap | None
    histories: int
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sex: str = ""
    reference_person: bool = False
    views: ViewDoses | None = None

    @property
    def organs(self) -> dict[str, OrganDose]:
        """Organ doses by name."""
        return self.dose.organs
