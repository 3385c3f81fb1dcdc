"""`ctdose phantom import ct`: the patient's own CT, made into a phantom file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.messages import say
from ctdose.cli.phantom_import import app
from ctdose.cli.typed_numbers import parse_number
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.phantoms.voxel_phantom import VoxelPhantom

SEXES = ("male", "female", "unknown")
FARTHEST_MM = 1e5


@app.command("ct", short_help="Import a patient's CT (DICOM or NIfTI) with its organ labels.")
def import_ct(
    source: Annotated[
        Path,
        typer.Argument(metavar="SERIES_FOLDER|FILE.nii.gz", help="Folder of one DICOM CT series, or NIfTI."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Phantom file to write (.h5).")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Organ labels on the voxels of the CT: NIfTI, or DICOM SEG."),
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", help="CT number to material and density. [default: shipped]"),
    ] = None,
    label_map: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", help="What labels or segments are, beyond the known ones."),
    ] = None,
    sex: Annotated[str, typer.Option(metavar="SEX", help="male, female or unknown.")] = "unknown",
    crop: Annotated[
        str,
        typer.Option(metavar="BOX", help="body (with couch), none, or X0,X1,Y0,Y1,Z0,Z1 in mm."),
    ] = "body",
    voxel_mm: Annotated[
        str | None,
        typer.Option(metavar="MM", help="Join voxels, to come nearest to this size. [default: none]"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier phantom file.")] = False,
) -> None:
    """Make a phantom file of a patient's CT: organ doses come out of it, effective dose does not.

    What is read from DICOM are pixels and their place; names and identifiers are neither read nor written.

    \b
    Examples:
      ctdose phantom import ct ct.nii.gz --labels organs.nii.gz -o patient.h5
      ctdose phantom import ct series/ --labels organs.dcm --voxel-mm 2 -o patient.h5
    """
    from ctdose.cli.imported import check_phantom_path, write_imported
    from ctdose.phantoms.patient.build import build_patient
    from ctdose.phantoms.patient.options import Options

    check_phantom_path(output, overwrite=overwrite)
    if sex not in SEXES:
        raise CtdoseError(f"sex={sex} (unknown). One of {', '.join(SEXES)}.")
    size = None if voxel_mm is None else parse_number("voxel_mm", voxel_mm, 0.1, 50.0, "For example 2.5.")
    box, keep_air = _box(crop)
    options = Options(labels, calibration, label_map, sex, box, keep_air, size)
    notes: list[str] = []

    def read() -> VoxelPhantom:
        patient = build_patient(source, options)
        notes.extend(patient.notes)
        return patient.phantom

    write_imported(read, output, overwrite=overwrite)
    for note in notes:
        say(note)


def _box(text: str) -> tuple[tuple[float, ...] | None, bool]:
    """Ranges to crop to in mm, and whether the air around the body stays."""
    if text in ("body", "none"):
        return None, text == "none"
    parts = text.split(",")
    example = "For example -200,200,-300,50,0,250; or body, or none."
    if len(parts) != 6:
        raise CtdoseError(f"crop={text} (not six numbers). {example}")
    numbers = tuple(parse_number("crop", part, -FARTHEST_MM, FARTHEST_MM, example) for part in parts)
    if any(numbers[i] >= numbers[i + 1] for i in (0, 2, 4)):
        raise CtdoseError(f"crop={text} (a range not ascending). {example}")
    return numbers, True
