"""Writes a result in another format, which the name of the file says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ctdose.errors import CtdoseError, MissingExtraError
from ctdose.export.body_choice import chosen_body
from ctdose.export.organ_records import TABLES, records
from ctdose.export.voxel_values import TITLES, voxel_values
from ctdose.results.result import Result

MAPS = tuple(TITLES)
CONTENTS = {
    ".nii.gz": MAPS,
    ".nii": MAPS,
    ".dcm": ("dose",),
    ".csv": TABLES,
    ".parquet": TABLES,
}
"""What goes into a file of each suffix, what is meant by default first."""


@dataclass(frozen=True)
class Wanted:
    """What is to be exported.

    Attributes
    ----------
    suffix, what : str
        As in `CONTENTS`.
    body : str or None
    ct : Path or None
        For RT Dose: the series of the patient's CT.
    patient_identifiers : bool
    """

    suffix: str
    what: str
    body: str | None = None
    ct: Path | None = None
    patient_identifiers: bool = False


def save_export(
    result: Result,
    path: str | Path,
    what: str | None = None,
    *,
    body: str | None = None,
    ct: str | Path | None = None,
    patient_identifiers: bool = False,
    overwrite: bool = False,
) -> None:
    """Write a map or a table of a result: under a temporary name first, so that no broken file has the final one.

    Parameters
    ----------
    result : Result
    path : str or Path
        ``.nii``, ``.nii.gz``: NIfTI; ``.dcm``: DICOM RT Dose; ``.csv``, ``.parquet``: tables.
    what : str, optional
        ``dose``, ``error`` or ``labels``; ``organs`` or ``acquisitions``. Default: dose, or organs.
    body : str, optional
        Of a map, needed if there are several; of a table, its rows only.
    ct : str or Path, optional
        For RT Dose: folder of the DICOM series that the phantom was made of, whose frame of reference the dose gets.
    patient_identifiers : bool
        For RT Dose: take name, number, birth date, sex and study of the patient from that series. Otherwise the
        dose names nobody.
    overwrite : bool
        Replace an existing file.

    Raises
    ------
    MissingExtraError
        What writes the format is not installed.
    CtdoseError
        The name, the body or the CT is wrong, the result does not hold what is wanted, or the file exists or cannot be
        written.
    """
    from ctdose.results.hdf5_write import check_target, write_file

    target = Path(path)
    wanted = wanted_of(
        target, what, body=body, ct=None if ct is None else Path(ct), patient_identifiers=patient_identifiers
    )
    check_target(target, overwrite=overwrite)
    write_file(target, export_bytes(result, wanted), overwrite=overwrite)


def wanted_of(
    path: Path,
    what: str | None = None,
    *,
    body: str | None = None,
    ct: Path | None = None,
    patient_identifiers: bool = False,
) -> Wanted:
    """Say what is to be exported, from the name of a file and from what goes with it.

    Raises
    ------
    CtdoseError
        No format has the suffix; the format cannot hold what is wanted; something does not go with it.
    """
    suffix = next((each for each in CONTENTS if path.name.lower().endswith(each)), "")
    if not suffix:
        known = ", ".join(CONTENTS)
        raise CtdoseError(
            f"output={path} (no format that is known). Name a file that ends with one of {known}."
        )
    contents = CONTENTS[suffix]
    if what is not None and what not in contents:
        homes = [each for each, holds in CONTENTS.items() if what in holds]
        right = f"It goes into {' or '.join(homes)}." if homes else f"Known: {', '.join((*MAPS, *TABLES))}."
        raise CtdoseError(f"what={what} (not for a file of {suffix}: {', '.join(contents)}). {right}")
    if suffix != ".dcm" and (ct is not None or patient_identifiers):
        name = "ct" if ct is not None else "patient identifiers"
        raise CtdoseError(
            f"{name} (only for RT Dose, and {path.name} is none). Name a file that ends with .dcm."
        )
    return Wanted(suffix, what or contents[0], body, ct, patient_identifiers)


def export_bytes(result: Result, wanted: Wanted) -> bytes:
    """Make the file.

    Raises
    ------
    MissingExtraError, CtdoseError
        See `save_export`.
    """
    if wanted.body is not None:
        chosen_body(result, wanted.body)  # a name that is wrong is said of tables too
    make: Callable[[Result, Wanted], bytes] = {
        ".nii.gz": _nifti,
        ".nii": _nifti,
        ".dcm": _rt_dose,
        ".csv": _csv,
        ".parquet": _parquet,
    }[wanted.suffix]
    return make(result, wanted)


def _nifti(result: Result, wanted: Wanted) -> bytes:
    from ctdose.export.nifti import nifti_bytes

    voxels = voxel_values(chosen_body(result, wanted.body), wanted.what)
    return nifti_bytes(voxels, packed=wanted.suffix == ".nii.gz")


def _rt_dose(result: Result, wanted: Wanted) -> bytes:
    from ctdose.export.dose_frame import dose_frame
    from ctdose.export.rt_dose import rt_dose_bytes

    try:
        import pydicom  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("RT Dose", "dicom") from None
    body = chosen_body(result, wanted.body)
    voxels = voxel_values(body, wanted.what)
    frame = dose_frame(body, wanted.ct, identifiers=wanted.patient_identifiers)
    return rt_dose_bytes(result, voxels, frame)


def _csv(result: Result, wanted: Wanted) -> bytes:
    from ctdose.results.tables import to_csv

    return to_csv(records(result, wanted.what, wanted.body)).encode()


def _parquet(result: Result, wanted: Wanted) -> bytes:
    from ctdose.export.parquet import parquet_bytes

    return parquet_bytes(result, wanted.what, wanted.body)
