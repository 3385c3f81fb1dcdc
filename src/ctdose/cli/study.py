"""`ctdose study`: the studies that come with ctdose, and the keys of a study's file."""

from __future__ import annotations

from typing import Annotated

import typer

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
    schema: Annotated[bool, typer.Option("--schema", help="As a JSON Schema, for editors.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")] = False,
) -> None:
    """Print every key of a study's file: type, unit, default, range, meaning.

    \b
    Examples:
      ctdose study keys
      ctdose study keys --schema > ctdose-study.schema.json
    """
    from ctdose.study.keys import HEADINGS, json_schema, key_table, rows_of_keys

    if schema and markdown:
        from ctdose.errors import CtdoseError

        raise CtdoseError("--markdown (with --schema: two forms at once). Give one of them.")
    if schema:
        import json

        print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    elif markdown:
        print(key_table("markdown"), end="")
    else:
        print_table(HEADINGS, rows_of_keys())
