"""`ctdose export`: a result in the formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdose.cli.messages import say
from ctdose.cli.output_file import check_place
from ctdose.errors import CtdoseError


def export(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A file that `ctdose run` wrote.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Its end says the format: .nii.gz, .nii, .dcm, .csv, .parquet.",
        ),
    ],
    what: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="dose (default), error or labels; of a table organs (default) or acquisitions.",
        ),
    ] = None,
    body: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which body, if there are several.")
    ] = None,
    ct: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="RT Dose: the DICOM series of the phantom, for its frame of reference."
        ),
    ] = None,
    patient_identifiers: Annotated[
        bool,
        typer.Option(
            "--patient-identifiers",
            help="RT Dose: name, number, birth date, sex and study of the patient, from --ct.",
        ),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write dose, its standard error or organ labels as NIfTI, dose as DICOM RT Dose, tables as CSV or Parquet.

    \b
    Examples:
      ctdose export chest.h5 -o dose.nii.gz --body adult-female
      ctdose export chest.h5 -o labels.nii.gz --what labels --body adult-female
      ctdose export patient-result.h5 -o dose.dcm --ct series
      ctdose export chest.h5 -o organs.csv
      ctdose export chest.h5 -o indices.parquet --what acquisitions
    """
    from ctdose.export.save import export_bytes, wanted_of
    from ctdose.results.hdf5_write import write_file
    from ctdose.results.result_file import load_result

    wanted = wanted_of(output, what, body=body, ct=ct, patient_identifiers=patient_identifiers)
    check_place("output", output)
    if output.exists() and not overwrite:
        raise CtdoseError(f"output={output} (exists). Add --overwrite, or name another file with -o.")
    loaded = load_result(result)
    write_file(output, export_bytes(loaded, wanted), overwrite=overwrite)
    if not loaded.complete:
        say(f"{result}: the run was stopped early, after {loaded.histories} histories.")
    say(f"Wrote {output}.")
