"""`ctdose exam`: the exams that come with ctdose, exams made from DICOM, and the keys of an exam's file."""

from __future__ import annotations

from typing import Annotated

import typer

from ctdose.cli.exam_from_dicom import from_dicom
from ctdose.cli.keys import AsMarkdown, AsSchema, print_keys
from ctdose.cli.table import print_table

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Exams: those shipped, those made from DICOM, and their keys.",
)

app.command("from-dicom", short_help="Make an exam of a CT series' headers or a dose report.")(from_dicom)


@app.command("list", short_help="List the exams that come with ctdose.")
def list_exams() -> None:
    """List the exams that come with ctdose: title, phantom, scanner, mode, and whose dose figures they have.

    \b
    Example:
      ctdose exam list
    """
    from ctdose.exam.library import exam_names, exam_publication, load_exam

    rows = []
    for name in exam_names():
        exam = load_exam(name)
        modes = ", ".join(dict.fromkeys(item.mode for item in exam.acquisitions))
        phantom = str(exam.phantom_label)
        rows.append((name, exam.exam, phantom, exam.scanner, modes, exam_publication(name)))
    print_table(("name", "exam", "phantom", "scanner", "mode", "source"), rows)


@app.command("show", short_help="Print a shipped exam as YAML, ready to be edited.")
def show_exam(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of `ctdose exam list`.")],
) -> None:
    """Print a shipped exam as commented YAML, ready to be edited.

    \b
    Example:
      ctdose exam show chest > mine.yaml
    """
    from ctdose.exam.library import exam_text

    print(exam_text(name), end="")


@app.command("keys", short_help="Print the keys of an exam's file.")
def show_keys(
    schema: AsSchema = False,
    markdown: AsMarkdown = False,
) -> None:
    """Print every key of an exam's file: type, unit, default, range, scan modes, meaning.

    \b
    Examples:
      ctdose exam keys
      ctdose exam keys --schema > ctdose-exam.schema.json
    """
    from ctdose.exam.keys import EXAM_KEYS

    print_keys(EXAM_KEYS, schema=schema, markdown=markdown)
