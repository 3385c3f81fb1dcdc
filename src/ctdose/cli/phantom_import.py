"""`ctdose phantom import`: phantoms and patients of others, made into a phantom file."""

from __future__ import annotations

import typer

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make a phantom file of another phantom or of a patient's CT.",
)

from ctdose.cli import phantom_import_ct, phantom_import_foreign  # noqa: E402, F401 (they register their commands)
