"""`ctdose exam from-dicom`: an exam file from a real examination."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.each_values import takes_values
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
Source = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER|FILE", help="Folder of CT series, of a dose report, or both; or a dose report."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Exam file to write (.yaml). Without it: only show."),
]
ScannerName = Annotated[str | None, typer.Option(metavar="NAME|FILE", help="Scanner to simulate.")]
PhantomName = Annotated[str | None, typer.Option(metavar="NAME|FILE", help="Phantom to simulate.")]
Only = Annotated[
    str | None, typer.Option(metavar="N,N…", help="Keep these acquisitions of the table. [default: all]")
]
OutputBy = Annotated[
    str | None,
    typer.Option("--output-by", metavar="WHICH", help="ctdi_vol or current. [default: ctdi_vol if known]"),
]
Nearest = Annotated[
    bool, typer.Option("--nearest", help="Take the scanner's nearest setting where it lacks the one used.")
]
WithLocalizers = Annotated[bool, typer.Option("--with-localizers", help="Keep localizers.")]
WithSubject = Annotated[
    bool, typer.Option("--with-subject", help="Write age, sex, height and weight into the exam.")
]
SubjectKey = Annotated[str | None, typer.Option(metavar="KEY", help="Write this pseudonymous key.")]
WithUid = Annotated[bool, typer.Option("--with-uid", help="Write irradiation event UIDs.")]
Title = Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the exam.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier exam file.")]


@takes_values
def from_dicom(
    source: Source,
    output: Output = None,
    scanner: ScannerName = None,
    phantom: PhantomName = None,
    only: Only = None,
    output_by: OutputBy = None,
    nearest: Nearest = False,
    with_localizers: WithLocalizers = False,
    with_subject: WithSubject = False,
    subject_key: SubjectKey = None,
    with_uid: WithUid = False,
    title: Title = None,
    overwrite: Overwrite = False,
    **typed: list[str] | None,
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

    _check_typed(output, output_by, overwrite=overwrite)
    wishes = Wishes(
        scanner=scanner,
        phantom=phantom,
        title=title,
        values=typed_values(typed),
        output=output_by,
        nearest=nearest,
        only=whole_numbers("only", only),
        with_localizers=with_localizers,
        with_subject=with_subject,
        with_uid=with_uid,
        subject_key=subject_key,
    )
    examination = read_examination(source)
    if output is not None:
        _draft(examination, wishes, output)
        return
    print_events(examination)
    say_remarks(examination)


def _check_typed(output: Path | None, output_by: str | None, *, overwrite: bool) -> None:
    """Check what was typed before anything is read."""
    if output is not None:
        check_exam_path(output, overwrite=overwrite)
    if output_by not in (None, *OUTPUTS):
        raise CtdoseError(f"output_by={output_by} (unknown). One of {', '.join(OUTPUTS)}.")


def _draft(examination: Examination, wishes: Wishes, output: Path) -> None:
    """Write the exam, after the table of what was found and before what was remarked."""
    from ctdose.exam.dicom.exam_draft import draft_exam

    draft = draft_exam(examination, wishes, output)
    print_events(examination)
    write_exam(draft.text, output)
    for line in draft.remarks:
        say(line)
    say(f"Wrote {output}. See ctdose check {output}.")
