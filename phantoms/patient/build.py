"""Builds the phantom of a patient from a CT and its labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError, nearest
from ctdose.phantoms.anatomy import Anatomy
from ctdose.phantoms.organ_groups import GROUPS
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.patient.body import find_body, find_couch
from ctdose.phantoms.patient.calibration import Calibration
from ctdose.phantoms.patient.calibration_file import read_calibration
from ctdose.phantoms.patient.field import field_edge
from ctdose.phantoms.patient.image import Image, crop
from ctdose.phantoms.patient.label_map import LabelMap, read_label_map
from ctdose.phantoms.patient.notes import notes_of
from ctdose.phantoms.patient.options import Options
from ctdose.phantoms.patient.organ_rows import organ_rows
from ctdose.phantoms.patient.scan import read_scan
from ctdose.phantoms.patient.tissues import Tissues, assign
from ctdose.phantoms.readers.sides import check_sides
from ctdose.phantoms.scan_regions import found_landmarks, scan_ranges
from ctdose.phantoms.voxel_phantom import VoxelPhantom

NAME = "patient"  # never that of a file or a header: those name people
MARGIN_MM = 10.0  # of air around body and couch
LEAST_BODY_CM3 = 10.0


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


def build_patient(source: Path, options: Options | None = None) -> Patient:
    """Make a phantom of a CT.

    Parameters
    ----------
    source : Path
        Folder of a DICOM series, or a NIfTI file.
    options : Options, optional

    Returns
    -------
    Patient
        No reference person: organ doses come out of it, effective dose does not.

    Raises
    ------
    MissingExtraError
        pydicom, highdicom or nibabel is needed and not installed.
    CtdoseError
        A file is wrong; see `read_scan`, `read_calibration`, `read_label_map`.
    """
    options = options or Options()
    calibration, label_map = read_calibration(options.calibration), read_label_map(options.label_map)
    _check_rest(calibration, label_map)
    scan = read_scan(source, options, calibration, label_map)
    image, label_map = scan.image, scan.label_map
    body = find_body(image, scan.labels, calibration)
    if np.count_nonzero(body) * float(np.prod(image.spacing_mm)) < 1000.0 * LEAST_BODY_CM3:
        raise CtdoseError(
            f"{source}: no body (less than {LEAST_BODY_CM3:g} cm3 of tissue). Give a CT of a person."
        )
    couch = find_couch(image, body, calibration)
    tissues = assign(scan, body, couch, calibration)
    at_edge = field_edge(image) & body
    organs = organ_rows(tissues.region, label_map, np.unique(tissues.region[at_edge]))
    phantom = _phantom(image, tissues, _box(image, body | couch, options), organs, body, options)
    check_sides(phantom, str(source), "The orientation of the CT or its labels are wrong: correct them.")
    return Patient(phantom, (*notes_of(phantom, tissues, couch, at_edge), *scan.notes))


def _check_rest(calibration: Calibration, label_map: LabelMap) -> None:
    for name in calibration.rest_names:
        if name not in label_map.organs:
            raise CtdoseError(f"rest: organ={name} (unknown). {nearest(name, list(label_map.organs))}")


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
