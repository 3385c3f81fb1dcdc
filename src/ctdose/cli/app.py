"""The commands of `ctdose`, and what becomes of their errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from ctdose._version import __version__
from ctdose.cli.batch import batch
from ctdose.cli.check import check
from ctdose.cli.compare import compare
from ctdose.cli.diff import diff
from ctdose.cli.exam import app as exam_app
from ctdose.cli.export import export
from ctdose.cli.guard import guarded
from ctdose.cli.merge import merge
from ctdose.cli.phantom import app as phantom_app
from ctdose.cli.report import report
from ctdose.cli.run import run
from ctdose.cli.scanner import app as scanner_app
from ctdose.cli.show import show
from ctdose.cli.study import app as study_app
from ctdose.cli.validate import validate
from ctdose.cli.what_if import what_if

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

app = typer.Typer(
    name="ctdose",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
)
app.command(short_help="Simulate an exam; write its result.")(run)
app.command(short_help="Simulate many exams.")(batch)
app.command(short_help="Join parts of a run.")(merge)
app.command(short_help="Check exams without a run.")(check)
app.command(short_help="Show the tables of a result.")(show)
app.command(short_help="Write a result as NIfTI, DICOM RT Dose, CSV, Parquet.")(export)
app.command(short_help="Write a result or a study as an HTML page.")(report)
app.command(short_help="Compare two results.")(diff)
app.command(short_help="Compare settings of an exam at equal dose or image noise.")(compare)
app.command("what-if", short_help="Doses of another range or current, from a result.")(what_if)
app.command(short_help="Run the published benchmark cases.")(validate)
for group, name in (
    (phantom_app, "phantom"),
    (scanner_app, "scanner"),
    (exam_app, "exam"),
    (study_app, "study"),
):
    app.add_typer(group, name=name)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"ctdose {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error; may stand anywhere on the line.")
    ] = False,
) -> None:
    """Monte Carlo organ dose, effective dose and dose maps of CT examinations.

    \b
    Examples:
      ctdose run chest                     simulate a shipped exam, write chest.h5
      ctdose exam show chest > mine.yaml   a file to begin with
      ctdose check mine.yaml               what would be simulated, and what is wrong
      ctdose show chest.h5                 the tables of a result again
      ctdose report chest.h5               a page to read and pass on

    Exit codes: 0 done, 2 the input is wrong, 1 anything else. Not a medical device.
    """


def run_command(given: Sequence[str]) -> int:
    """Run a command line; see `ctdose.cli.main.main`."""
    given = list(given)
    end = given.index("--") if "--" in given else len(given)
    debug = "--debug" in given[:end]
    rest = [word for word in given[:end] if word != "--debug"] + given[end:]
    return guarded(
        lambda: typer.main.get_command(app).main(args=rest, prog_name="ctdose", standalone_mode=False),
        debug=debug,
    )
