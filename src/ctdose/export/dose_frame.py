"""The frame of reference that a DICOM dose lies in: that of the patient's CT, or the phantom's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.export.ct_match import check_match
from ctdose.export.uids import uid_of
from ctdose.phantoms.patient.dicom_library import quiet_dicom
from ctdose.phantoms.patient.dicom_series import read_series
from ctdose.phantoms.patient.dicom_slice import CT_IMAGE
from ctdose.results.result import BodyResult

PATIENT = "patient"  # what every phantom that was made of a CT is called
IDENTIFYING = (
    *(
        "SpecificCharacterSet",
        "PatientName",
        "PatientID",
        "IssuerOfPatientID",
        "PatientBirthDate",
        "PatientSex",
    ),
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"),
    *("StudyDescription", "PositionReferenceIndicator"),
)
"""Tags of the Patient, General Study and Frame of Reference modules that make a dose one of the patient's study."""


@dataclass(frozen=True, repr=False)
class DoseFrame:
    """Where a dose lies, and whose it is; without a text form, so that no message can hold it.

    Attributes
    ----------
    frame_of_reference_uid : str
    of_ct : bool
    identifying : pydicom Dataset or None
        Tags of `IDENTIFYING` that the CT has; None: nobody is to be named.
    """

    frame_of_reference_uid: str
    of_ct: bool = False
    identifying: Any = None


def dose_frame(body: BodyResult, ct: Path | None, *, identifiers: bool) -> DoseFrame:
    """Find the frame of reference of a body's dose.

    A result holds no UID of the patient's CT: UIDs lead to the patient as names do. The CT itself says it, and has to
    be that of the phantom.

    Parameters
    ----------
    body : BodyResult
    ct : Path or None
        Folder of the DICOM series that the phantom was made of.
    identifiers : bool
        Take who the patient is, and of which study, from the CT too.

    Raises
    ------
    MissingExtraError
        pydicom is not installed.
    CtdoseError
        The CT is wrong or of somebody else; none is given, and the phantom was made of one; identifiers without a CT.
    """
    if ct is not None:
        return _frame_of_ct(body, ct, identifiers=identifiers)
    if identifiers:
        raise CtdoseError(
            "patient identifiers (without a CT to take them from). Give its series: --ct FOLDER."
        )
    if body.name == PATIENT:
        raise CtdoseError(
            f"body={body.name} (made of a CT, whose frame of reference RT Dose needs and no result holds). "
            "Give the DICOM series: --ct FOLDER; if there is none, export NIfTI."
        )
    return DoseFrame(uid_of("frame of reference", body.grid.phantom_sha256))


def _frame_of_ct(body: BodyResult, folder: Path, *, identifiers: bool) -> DoseFrame:
    if not folder.is_dir():
        what = "a file" if folder.exists() else "no such folder"
        raise CtdoseError(f"ct={folder} ({what}). Give the folder of the DICOM series of the phantom.")
    series = read_series(folder)
    check_match(body, series.image, str(folder))
    if not series.identity.frame_of_reference:
        raise CtdoseError(
            f"{folder}: FrameOfReferenceUID is missing in its images. Give an original CT series."
        )
    header = _identifying(folder) if identifiers else None
    return DoseFrame(series.identity.frame_of_reference, True, header)


def _identifying(folder: Path) -> Any:
    """Tags of one image: `read_series` has found all images to be of one series."""
    with quiet_dicom() as pydicom:
        for path in sorted(folder.iterdir()):
            try:
                header = pydicom.dcmread(
                    path, stop_before_pixels=True, specific_tags=["SOPClassUID", *IDENTIFYING]
                )
            except Exception:  # notes, DICOMDIR: not every file of the folder is an image
                continue
            if str(header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID")) == CT_IMAGE:
                return header
    raise CtdoseError(f"{folder}: no CT image in it any more. Copy the series again.")
