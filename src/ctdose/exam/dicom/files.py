"""Finds CT images and dose reports among files, and reads of them what is needed and nothing that names a person.

No message quotes a file of a folder, an identifier or a text of a header: these hold names often enough.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError, MissingExtraError

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = ("1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")  # enhanced; legacy converted
REPORTS = (  # X-Ray Radiation Dose SR; Enhanced, Comprehensive and Basic Text SR, which older scanners used for it
    "1.2.840.10008.5.1.4.1.1.88.67",
    "1.2.840.10008.5.1.4.1.1.88.22",
    "1.2.840.10008.5.1.4.1.1.88.33",
)
DEFLATED = "1.2.840.10008.1.2.1.99"  # a small file may unfold to gigabytes
MOST_FILES = 20_000
LARGEST_REPORT_BYTES = 50_000_000
HEADER = (
    *(
        "SOPClassUID",
        "SeriesInstanceUID",
        "ImageType",
        "AcquisitionNumber",
        "AcquisitionDateTime",
        "AcquisitionDate",
    ),
    *("AcquisitionTime", "IrradiationEventUID", "ScanOptions", "AcquisitionType", "BodyPartExamined"),
    *(
        "AnatomicRegionSequence",
        "KVP",
        "SliceThickness",
        "GantryDetectorTilt",
        "ExposureTime",
        "XRayTubeCurrent",
    ),
    *("Exposure", "RevolutionTime", "SingleCollimationWidth", "TotalCollimationWidth", "TableSpeed"),
    *(
        "TableFeedPerRotation",
        "SpiralPitchFactor",
        "DataCollectionCenterPatient",
        "ExposureModulationType",
        "CTDIvol",
    ),
    *("CTDIPhantomTypeCodeSequence", "ImagePositionPatient", "ImageOrientationPatient", "PatientPosition"),
    *("Rows", "Columns", "PixelSpacing"),
    *("CTAdditionalXRaySourceSequence", "MultienergyCTAcquisitionSequence", "FilterMaterial"),
    *("PatientAge", "PatientSex", "PatientWeight", "PatientSize", "NumberOfFrames", "FrameOfReferenceUID"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
)


@dataclass
class Files:
    """Data sets of CT images (one for each file) and of dose reports."""

    images: list[Any] = field(default_factory=list)
    reports: list[Any] = field(default_factory=list)


def read_files(source: Path) -> Files:
    """Read a file, or all files of a folder (not of the folders in it).

    Parameters
    ----------
    source : Path
        Folder of CT series, dose report, or both; or one such file.

    Raises
    ------
    MissingExtraError
        pydicom is not installed.
    CtdoseError
        There is neither a CT image nor a dose report, or one is damaged.
    """
    try:
        import pydicom
    except ModuleNotFoundError:
        raise MissingExtraError("Reading DICOM", "dicom") from None
    found = Files()
    with quiet():
        for path in _paths(source):
            _add(pydicom, path, found, source)
    if not found.images and not found.reports:
        what = "Give the folder of a CT series, or a CT dose report (Radiation Dose SR)."
        raise CtdoseError(f"{source}: neither CT images nor a CT dose report in it. {what}")
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """Keep pydicom from warnings: they quote values of the header."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _paths(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise CtdoseError(
            f"{source}: no such file or folder. Give a folder of DICOM files, or a dose report."
        )
    paths = sorted(path for path in source.iterdir() if path.is_file())
    if len(paths) > MOST_FILES:
        raise CtdoseError(
            f"{source}: {len(paths)} files (more than {MOST_FILES}). Give the folder of one examination."
        )
    return paths


def _add(pydicom: Any, path: Path, found: Files, source: Path) -> None:
    damaged = (
        f"{source}: a damaged or truncated DICOM file{' in it' if source.is_dir() else ''}. Copy it again."
    )
    try:
        meta = pydicom.filereader.read_file_meta_info(path)
        if str(meta.get("TransferSyntaxUID", "")) == DEFLATED:
            raise CtdoseError(f"{source}: a deflated DICOM file. Store it without compression first.")
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(HEADER))
        # Anonymisers empty the class in the data set; that of the file stays.
        stated, of_file = (
            str(each or "") for each in (header.get("SOPClassUID"), meta.get("MediaStorageSOPClassUID"))
        )
        kind = stated or of_file
        if _begins_as_dicom(path) and (not kind or (stated and of_file and stated != of_file)):
            raise CtdoseError(damaged)
        if kind in REPORTS:
            if path.stat().st_size > LARGEST_REPORT_BYTES:
                raise CtdoseError(f"{source}: a dose report of more than 50 MB. Is it one?")
            found.reports.append(pydicom.dcmread(path))
        elif kind == CT_IMAGE or kind in ENHANCED_CT:
            found.images.append(header)
    except CtdoseError:
        raise
    except RecursionError:
        raise CtdoseError(damaged) from None
    except Exception:  # notes, pictures, DICOMDIR: not every file of a folder is DICOM
        if source.is_file() or _begins_as_dicom(path):
            why = (
                damaged
                if _begins_as_dicom(path)
                else f"{source}: not a DICOM file. Give a CT series or a dose report."
            )
            raise CtdoseError(why) from None


def _begins_as_dicom(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"
