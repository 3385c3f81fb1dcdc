"""`ctdose exam`: the exams that come with ctdose, exams made from DICOM, and the keys of an exam's file."""

from __future__ import annotations

from typing import Annotated

import typer

from ctdose.cli.exam_from_dicom import from_dicom
from ctdose.cli.table import print_table

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Exams: those shipped, those made from DICOM, and their keys.",
)

app.command("from-dicom", short_help="Make an exam of a CT series' headers or a dose report.")(from_dicom)


@app.command("list")
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
    schema: Annotated[bool, typer.Option("--schema", help="As a JSON Schema, for editors.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")] = False,
) -> None:
    """Print every key of an exam's file: type, unit, default, range, scan modes, meaning.

    \b
    Examples:
      ctdose exam keys
      ctdose exam keys --schema > ctdose-exam.schema.json
    """
    from ctdose.exam.keys import HEADINGS, exam_keys, json_schema, key_table

    if schema and markdown:
        from ctdose.errors import CtdoseError

        raise CtdoseError("--markdown (with --schema: two forms at once). Give one of them.")
    if schema:
        import json

        print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    elif markdown:
        print(key_table("markdown"), end="")
    else:
        from dataclasses import astuple

        print_table(HEADINGS, [astuple(row) for row in exam_keys()])
