"""Builds the phantom of a patient from a CT and its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError, nearest
from ctdose.phantoms.organs import Anatomy, Organ
from ctdose.phantoms.patient.body import find_body, find_couch
from ctdose.phantoms.patient.calibration import Calibration, read_calibration
from ctdose.phantoms.patient.coarsen import coarsen, factors_for
from ctdose.phantoms.patient.dicom_series import read_series
from ctdose.phantoms.patient.field import field_edge, mark_round_field
from ctdose.phantoms.patient.image import Image, box_of_mm, check_same_frame, crop
from ctdose.phantoms.patient.label_map import LabelMap, read_label_map
from ctdose.phantoms.patient.nifti import is_nifti, read_nifti
from ctdose.phantoms.patient.tissues import Tissues, assign
from ctdose.phantoms.scan_regions import found_landmarks, scan_ranges
from ctdose.phantoms.stylized.builder import GROUPS
from ctdose.phantoms.voxel_phantom import VoxelPhantom

NAME = "patient"  # never that of a file or a header: those name people
MARGIN_MM = 10.0  # of air around body and couch
LEAST_BODY_CM3 = 10.0
CUT = "Cut by the end of the scan or of the field: only what was imaged is in the phantom."
IN_PART = "Only what was labelled or imaged is in the phantom."


@dataclass(frozen=True)
class Patient:
    """A phantom of a patient, and what is to be said of it.

    Attributes
    ----------
    phantom : VoxelPhantom
    notes : tuple of str
        One line each; without a name or an identifier.
    """

    phantom: VoxelPhantom
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Options:
    """How a CT is made into a phantom.

    Attributes
    ----------
    labels, calibration, label_map : Path or None
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


def build_patient(source: Path, options: Options = Options()) -> Patient:
    """Make a phantom of a CT.

    Parameters
    ----------
    source : Path
        Folder of a DICOM series, or a NIfTI file.
    options : Options

    Returns
    -------
    Patient
        No reference person: organ doses come out of it, effective dose does not.

    Raises
    ------
    MissingExtraError
        pydicom or nibabel is needed and not installed.
    CtdoseError
        A file is wrong; see `read_series`, `read_nifti`, `read_calibration`, `read_label_map`.
    """
    calibration, label_map = read_calibration(options.calibration), read_label_map(options.label_map)
    _check_rest(calibration, label_map)
    image, labels = _read(source, options, label_map)
    hu, values = image.values, None if labels is None else labels.values
    body = find_body(image, values, calibration)
    if np.count_nonzero(body) * float(np.prod(image.spacing_mm)) < 1000.0 * LEAST_BODY_CM3:
        raise CtdoseError(
            f"{source}: no body (less than {LEAST_BODY_CM3:g} cm3 of tissue). Give a CT of a person."
        )
    couch = find_couch(image, body, calibration)
    tissues = assign(hu, values, body, couch, calibration, label_map)
    edge = field_edge(image)
    cut = np.unique(tissues.region[edge & body])
    organs = _organs(tissues.region, label_map, cut)
    box = _box(image, body | couch, options)
    phantom = _phantom(image, tissues, box, organs, body, options)
    return Patient(phantom, _notes(phantom, tissues, couch, edge & body))


def _check_rest(calibration: Calibration, label_map: LabelMap) -> None:
    for name in calibration.rest_names:
        if name not in label_map.organs:
            raise CtdoseError(f"rest: organ={name} (unknown). {nearest(name, list(label_map.organs))}")


def _read(source: Path, options: Options, label_map: LabelMap) -> tuple[Image, Image | None]:
    if source.is_dir():
        image = read_series(source)
    elif is_nifti(source):
        image = read_nifti(source, labels=False)
    else:
        what = "not a NIfTI file" if source.exists() else "no such file or folder"
        raise CtdoseError(f"{source}: {what}. Give the folder of a DICOM series, or a .nii or .nii.gz file.")
    labels = _read_labels(options.labels, image, label_map)
    image = mark_round_field(image)
    images = [image] if labels is None else [image, labels]
    if options.crop_mm is not None:
        box = box_of_mm(image, options.crop_mm, "crop")
        images = [crop(each, box) for each in images]
    if options.voxel_mm is not None:
        factors = factors_for(image, options.voxel_mm)
        images = [coarsen(each, factors, labels=each is not images[0]) for each in images]
    return images[0], images[1] if labels is not None else None


def _read_labels(path: Path | None, image: Image, label_map: LabelMap) -> Image | None:
    if path is None:
        return None
    if not is_nifti(path):
        why = "a folder" if path.is_dir() else "not a NIfTI file" if path.exists() else "no such file"
        raise CtdoseError(f"{path}: {why}. Give labels as .nii or .nii.gz; convert DICOM SEG to it first.")
    labels = read_nifti(path, labels=True)
    check_same_frame(image, labels, str(path))
    label_map.check_values(np.flatnonzero(np.bincount(labels.values.ravel())), str(path))
    return labels


def _organs(region: NDArray[np.uint16], label_map: LabelMap, cut: NDArray[np.uint16]) -> tuple[Organ, ...]:
    there = np.bincount(region.ravel(), minlength=1024)
    organs = []
    for each in sorted(label_map.organs.values(), key=lambda organ: organ.organ_id):
        if there[each.organ_id] == 0:
            continue
        is_cut = each.organ_id in cut and each.name not in ("couch", "internal_gas", "tracheal_lumen")
        note = " ".join(
            text for text in (each.note, CUT if is_cut else IN_PART if each.in_part else "") if text
        )
        partial = is_cut or each.in_part
        organs.append(Organ(each.organ_id, each.name, each.tissue, note=note, partial=partial))
    return tuple(organs)


def _box(image: Image, kept: NDArray[np.bool_], options: Options) -> tuple[slice, slice, slice]:
    """The whole image, or in plane what holds body and couch with some air."""
    nz, ny, nx = image.values.shape
    if options.keep_air:
        return slice(0, nz), slice(0, ny), slice(0, nx)
    sides = []
    for axis, count, size in ((1, ny, image.spacing_mm[1]), (2, nx, image.spacing_mm[0])):
        there = np.flatnonzero(kept.any(axis=(0, 3 - axis)))
        pad = round(MARGIN_MM / size)
        sides.append(slice(max(0, int(there[0]) - pad), min(count, int(there[-1]) + 1 + pad)))
    return slice(0, nz), sides[0], sides[1]


def _phantom(
    image: Image,
    tissues: Tissues,
    box: tuple[slice, slice, slice],
    organs: tuple[Organ, ...],
    body: NDArray[np.bool_],
    options: Options,
) -> VoxelPhantom:
    small = crop(image, box)
    names = {organ.name for organ in organs}
    groups = {group: members for group, members in GROUPS.items() if names.issuperset(members)}
    anatomy = Anatomy(
        body=NAME,
        sex=options.sex,
        reference_person=False,
        age="unknown",
        groups=groups,
        landmarks_mm={"isocentre": _middle(image, body)},
        arms="unknown",
    )
    try:
        phantom = VoxelPhantom(
            tissues.material[box],
            tuple(tissues.materials),
            small.spacing_mm,
            small.origin_mm,
            tissues.region[box],
            tissues.density[box],
            name=NAME,
            organs=organs,
            anatomy=anatomy,
        )
    except ValueError as error:  # a calibration of the user's whose densities leave what can be transported
        raise CtdoseError(f"calibration: {error}") from None
    return _with_regions(phantom, anatomy)


def _with_regions(phantom: VoxelPhantom, anatomy: Anatomy) -> VoxelPhantom:
    """Add the landmarks whose organs were labelled and not cut, and the regions that lie within the voxels."""
    landmarks = found_landmarks(phantom, cut=True)
    low, high = phantom.z_range_mm
    inside = {
        word: (start, end)
        for word, (start, end) in scan_ranges(landmarks).items()
        if low <= start < end <= high
    }
    places = {**landmarks, **anatomy.landmarks_mm}
    return replace(phantom, anatomy=replace(anatomy, landmarks_mm=places, scan_ranges_mm=inside))


def _middle(image: Image, body: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Middle of the box around the body: where the axis of rotation is put unless the exam says otherwise."""
    middle = []
    for axis in (2, 1, 0):
        there = np.flatnonzero(body.any(axis=tuple(other for other in range(3) if other != axis)))
        place = 2 - axis
        middle.append(image.origin_mm[place] + (there[0] + there[-1]) / 2.0 * image.spacing_mm[place])
    return round(middle[0], 3), round(middle[1], 3), round(middle[2], 3)


def _notes(
    phantom: VoxelPhantom, tissues: Tissues, couch: NDArray[np.bool_], cut: NDArray[np.bool_]
) -> tuple[str, ...]:
    partial = [organ.name for organ in phantom.organs if organ.partial]
    notes = [f"partial: {', '.join(partial)}."] if partial else []
    sides = cut[1:-1]
    slices = int(np.count_nonzero(sides.any(axis=(1, 2))))
    if slices:
        notes.append(
            f"field: the body reaches the edge of the field in {slices} slices; what lies beyond is missing."
        )
    notes.append("couch: kept as a region." if couch.any() else "couch: none found.")
    for count, text in (
        (
            tissues.capped,
            "labelled voxels are denser than their tissue (contrast medium, calcium): density capped",
        ),
        (tissues.gas, "labelled voxels are gas by CT number: gas"),
        (tissues.kept_soft, "voxels are as dense as metal but labelled soft tissue: soft tissue"),
    ):
        if count:
            notes.append(f"labels: {count} {text}.")
    notes.append("patient: no reference person, so organ doses and no effective dose.")
    return tuple(notes)
