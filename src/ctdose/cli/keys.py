"""The keys of a file on standard output: as a table, as Markdown or as a JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.table import print_table

if TYPE_CHECKING:
    from ctdose.file_keys import FileKeys

AsSchema = Annotated[bool, typer.Option("--schema", help="As a JSON Schema, for editors.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")]


def print_keys(keys: FileKeys, *, schema: bool, markdown: bool) -> None:
    """Print the keys of a file.

    Parameters
    ----------
    keys : FileKeys
    schema, markdown : bool
        As a JSON Schema, as a Markdown table; neither: as `print_table` does.

    Raises
    ------
    CtdoseError
        Both forms at once.
    """
    if schema and markdown:
        from ctdose.errors import CtdoseError

        raise CtdoseError("--markdown (with --schema: two forms at once). Give one of them.")
    if schema:
        import json

        print(json.dumps(keys.json_schema(), indent=2, ensure_ascii=False))
    elif markdown:
        print(keys.table("markdown"), end="")
    else:
        print_table(keys.headings, keys.rows())
