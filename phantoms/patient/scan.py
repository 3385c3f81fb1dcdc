"""A patient's scan: the CT, its labels and the density of its voxels, read, cropped and coarsened together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.calibration import Calibration
from ctdose.phantoms.patient.coarsen import coarsen, factors_for, mean_density
from ctdose.phantoms.patient.dicom_library import begins_as_dicom
from ctdose.phantoms.patient.dicom_seg import read_seg
from ctdose.phantoms.patient.dicom_series import read_series
from ctdose.phantoms.patient.field import mark_round_field
from ctdose.phantoms.patient.identity import Identity
from ctdose.phantoms.patient.image import Image, box_of_mm, check_same_frame, crop
from ctdose.phantoms.patient.label_map import LabelMap
from ctdose.phantoms.patient.labelled_organ import IGNORED
from ctdose.phantoms.patient.nifti import is_nifti, read_nifti
from ctdose.phantoms.patient.options import Options

MOST_LABELS = 65536


@dataclass(frozen=True)
class Scan:
    """What was read.

    Parameters
    ----------
    image : Image
        HU.
    labels : array of uint16, [z, y, x], or None
        Numbers of organs; 0: none, or one that is to be ignored.
    density_g_cm3 : array of float32, [z, y, x]
        By CT number.
    label_map : LabelMap
        What the values of these labels are.
    notes : tuple of str
    """

    image: Image
    labels: NDArray[np.uint16] | None
    density_g_cm3: NDArray[np.float32]
    label_map: LabelMap
    notes: tuple[str, ...] = ()


def read_scan(source: Path, options: Options, calibration: Calibration, label_map: LabelMap) -> Scan:
    """Read a CT and its labels, crop them and join their voxels as the options say.

    Raises
    ------
    MissingExtraError
        pydicom, highdicom or nibabel is needed and not installed.
    CtdoseError
        A file is wrong; see `read_series`, `read_nifti`, `read_seg`.
    """
    image, identity = _read_image(source)
    labels, label_map, notes = _read_labels(options.labels, image, identity, label_map)
    image = mark_round_field(image)
    if options.crop_mm is not None:
        box = box_of_mm(image, options.crop_mm, "crop")
        image, labels = crop(image, box), None if labels is None else crop(labels, box)
    factors = (1, 1, 1) if options.voxel_mm is None else factors_for(image, options.voxel_mm)
    density = mean_density(image, factors, calibration)
    image = coarsen(image, factors, labels=False)
    values = None if labels is None else coarsen(labels, factors, labels=True).values
    return Scan(image, values, density, label_map, notes)


def _read_image(source: Path) -> tuple[Image, Identity | None]:
    if source.is_dir():
        series = read_series(source)
        return series.image, series.identity
    if is_nifti(source):
        return read_nifti(source, labels=False), None
    what = "not a NIfTI file" if source.exists() else "no such file or folder"
    raise CtdoseError(f"{source}: {what}. Give the folder of a DICOM series, or a .nii or .nii.gz file.")


def _read_labels(
    path: Path | None, image: Image, identity: Identity | None, label_map: LabelMap
) -> tuple[Image | None, LabelMap, tuple[str, ...]]:
    if path is None:
        return None, label_map, ()
    if is_nifti(path):
        labels = read_nifti(path, labels=True)
        check_same_frame(image, labels, str(path))
        label_map.check_values(np.flatnonzero(np.bincount(labels.values.ravel())), str(path))
        return *_as_organs(labels, label_map), ()
    if not path.is_file() or not begins_as_dicom(path):
        why = "a folder" if path.is_dir() else "neither NIfTI nor DICOM" if path.exists() else "no such file"
        raise CtdoseError(f"{path}: {why}. Give labels as .nii or .nii.gz, or as a DICOM SEG.")
    if identity is None:
        raise CtdoseError(
            f"{path}: a DICOM SEG with a CT that is no DICOM (nothing tells that they are of one patient). "
            "Give the folder of the DICOM series it was made of."
        )
    seg = read_seg(path, image, identity, label_map)
    return *_as_organs(seg.image, seg.label_map), seg.notes


def _as_organs(labels: Image, label_map: LabelMap) -> tuple[Image, LabelMap]:
    """Labels as numbers of organs: lobes are one lung before voxels are joined, and what is to be ignored is none."""
    named = {value: name for value, name in label_map.of_value.items() if name != IGNORED}
    numbers = np.zeros(MOST_LABELS, np.uint16)
    for value, name in named.items():
        numbers[value] = label_map.organs[name].organ_id
    of_value = {label_map.organs[name].organ_id: name for name in named.values()}
    values = numbers[labels.values]
    return Image(values, labels.spacing_mm, labels.origin_mm), replace(label_map, of_value=of_value)
