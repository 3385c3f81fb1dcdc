"""`ctdose study`: the studies that come with ctdose, and the keys of a study's file."""

from __future__ import annotations

from typing import Annotated

import typer

from ctdose.cli.keys import AsMarkdown, AsSchema, print_keys
from ctdose.cli.table import print_table

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Studies: those shipped, and the keys of their files."
)


@app.command("list")
def list_studies() -> None:
    """List the studies that come with ctdose: title, base exam, number of variants.

    \b
    Example:
      ctdose study list
    """
    from ctdose.study.library import load_study, study_names

    rows = []
    for name in study_names():
        file = load_study(name)
        base = file.members[0].exam.exam
        rows.append((name, file.study.study, base, str(len(file.members) - 1)))
    print_table(("name", "study", "base", "variants"), rows, numbers=(3,))


@app.command("show", short_help="Print a shipped study as YAML, ready to be edited.")
def show_study(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of `ctdose study list`.")],
) -> None:
    """Print a shipped study as commented YAML, ready to be edited.

    \b
    Example:
      ctdose study show chest-voltage > mine.yaml
    """
    from ctdose.study.library import study_text

    print(study_text(name), end="")


@app.command("keys", short_help="Print the keys of a study's file.")
def show_keys(
    schema: AsSchema = False,
    markdown: AsMarkdown = False,
) -> None:
    """Print every key of a study's file: type, unit, default, range, meaning.

    \b
    Examples:
      ctdose study keys
      ctdose study keys --schema > ctdose-study.schema.json
    """
    from ctdose.study.keys import STUDY_KEYS

    print_keys(STUDY_KEYS, schema=schema, markdown=markdown)
