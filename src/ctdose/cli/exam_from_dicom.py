"""`ctdose exam from-dicom`: an exam file from a real examination."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.exam_found import print_events, say_remarks
from ctdose.cli.exam_output import check_exam_path, write_exam
from ctdose.cli.exam_values import typed_values
from ctdose.cli.messages import say
from ctdose.cli.numbered_values import whole_numbers
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.exam.dicom.found import Examination
    from ctdose.exam.dicom.wishes import Wishes

OUTPUTS = ("ctdi_vol", "current")
EACH = "[N=]VALUE"


def from_dicom(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|FILE", help="Folder of CT series, of a dose report, or both; or a dose report."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Exam file to write (.yaml). Without it: only show."
        ),
    ] = None,
    scanner: Annotated[str | None, typer.Option(metavar="NAME|FILE", help="Scanner to simulate.")] = None,
    phantom: Annotated[str | None, typer.Option(metavar="NAME|FILE", help="Phantom to simulate.")] = None,
    scan_range: Annotated[
        list[str] | None,
        typer.Option(metavar=EACH, help="A region, z as -150,180, or images (z of the slices)."),
    ] = None,
    bowtie: Annotated[list[str] | None, typer.Option(metavar=EACH, help="A bowtie of the scanner.")] = None,
    mode: Annotated[
        list[str] | None, typer.Option(metavar=EACH, help="helical, axial, stationary or localizer.")
    ] = None,
    ctdi_vol_mgy: Annotated[list[str] | None, typer.Option(metavar=EACH, help="CTDI_vol in mGy.")] = None,
    ctdi_phantom_cm: Annotated[
        list[str] | None, typer.Option(metavar=EACH, help="CTDI phantom of CTDI_vol: 16 or 32.")
    ] = None,
    tube_voltage_kv: Annotated[
        list[str] | None, typer.Option(metavar=EACH, help="Tube voltage in kV.")
    ] = None,
    tube_current_ma: Annotated[
        list[str] | None, typer.Option(metavar=EACH, help="Mean current in mA.")
    ] = None,
    collimation_mm: Annotated[
        list[str] | None, typer.Option(metavar=EACH, help="Nominal collimation nT.")
    ] = None,
    pitch: Annotated[list[str] | None, typer.Option(metavar=EACH, help="Pitch of a helical scan.")] = None,
    rotation_time_s: Annotated[
        list[str] | None, typer.Option(metavar=EACH, help="Time of a rotation.")
    ] = None,
    table_increment_mm: Annotated[
        list[str] | None, typer.Option(metavar=EACH, help="Feed of an axial scan.")
    ] = None,
    rotations: Annotated[list[str] | None, typer.Option(metavar=EACH, help="Of a stationary scan.")] = None,
    only: Annotated[
        str | None, typer.Option(metavar="N,N…", help="Keep these acquisitions of the table. [default: all]")
    ] = None,
    output_by: Annotated[
        str | None,
        typer.Option(
            "--output-by", metavar="WHICH", help="ctdi_vol or current. [default: ctdi_vol if known]"
        ),
    ] = None,
    nearest: Annotated[
        bool,
        typer.Option("--nearest", help="Take the scanner's nearest setting where it lacks the one used."),
    ] = False,
    with_localizers: Annotated[bool, typer.Option("--with-localizers", help="Keep localizers.")] = False,
    with_subject: Annotated[
        bool, typer.Option("--with-subject", help="Write age, sex, height and weight into the exam.")
    ] = False,
    subject_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Write this pseudonymous key.")
    ] = None,
    with_uid: Annotated[bool, typer.Option("--with-uid", help="Write irradiation event UIDs.")] = False,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the exam.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier exam file.")] = False,
) -> None:
    """Make an exam of a CT series' headers, of a dose report (DICOM TID 10011), or of both.

    Prints what was found, numbered in the order of time. In the exam each value says where it came from, and what could
    not be known is listed. What is needed and missing is asked for. N=VALUE gives a value to acquisition N only.
    No name, identifier, date or free text of the files is read into the exam or shown.

    \b
    Examples:
      ctdose exam from-dicom series/
      ctdose exam from-dicom report.dcm -o a.yaml --scanner generic-64 --phantom adult --bowtie body
      ctdose exam from-dicom study/ -o a.yaml --scanner ct.yaml --phantom patient.h5 --bowtie body
    """
    from ctdose.exam.dicom.examination import read_examination
    from ctdose.exam.dicom.wishes import Wishes

    if output is not None:
        check_exam_path(output, overwrite=overwrite)
    if output_by not in (None, *OUTPUTS):
        raise CtdoseError(f"output_by={output_by} (unknown). One of {', '.join(OUTPUTS)}.")
    values = typed_values(
        {
            "scan_range": scan_range,
            "bowtie": bowtie,
            "mode": mode,
            "ctdi_vol_mgy": ctdi_vol_mgy,
            "ctdi_phantom_cm": ctdi_phantom_cm,
            "tube_voltage_kv": tube_voltage_kv,
            "tube_current_ma": tube_current_ma,
            "collimation_mm": collimation_mm,
            "pitch": pitch,
            "rotation_time_s": rotation_time_s,
            "table_increment_mm": table_increment_mm,
            "rotations": rotations,
        }
    )
    wishes = Wishes(
        scanner=scanner,
        phantom=phantom,
        title=title,
        values=values,
        output=output_by,
        nearest=nearest,
        only=whole_numbers("only", only),
        with_localizers=with_localizers,
        with_subject=with_subject,
        with_uid=with_uid,
        subject_key=subject_key,
    )
    examination = read_examination(source)
    if output is None:
        print_events(examination)
        say_remarks(examination)
    else:
        _draft(examination, wishes, output)


def _draft(examination: Examination, wishes: Wishes, output: Path) -> None:
    """Write the exam, after the table of what was found and before what was remarked."""
    from ctdose.exam.dicom.exam_draft import draft_exam

    draft = draft_exam(examination, wishes, output)
    print_events(examination)
    write_exam(draft.text, output)
    for line in draft.remarks:
        say(line)
    say(f"Wrote {output}. See ctdose check {output}.")
