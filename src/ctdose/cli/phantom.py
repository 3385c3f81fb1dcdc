"""`ctdose phantom`: the phantoms of the library, and phantom files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.messages import say
from ctdose.cli.phantom_import import app as import_app
from ctdose.cli.phantom_table import print_body
from ctdose.cli.table import print_table
from ctdose.cli.typed_numbers import parse_number
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.phantoms.voxel_phantom import VoxelPhantom
    from ctdose.results.section_choice import PointMm

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Phantoms: what is irradiated.")

app.add_typer(import_app, name="import")

FARTHEST_MM = 1e5


@app.command("list")
def list_phantoms() -> None:
    """List the phantoms of the library.

    \b
    Example:
      ctdose phantom list
    """
    from ctdose.phantoms.library import describe, phantom_names

    print_table(("name", "description"), [(name, describe(name)) for name in phantom_names()])


@app.command("show", short_help="Show a phantom: grid, regions, organs and their masses.")
def show_phantom(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A name of `ctdose phantom list`, or a phantom file.")
    ],
    voxel_mm: Annotated[
        str | None,
        typer.Option(metavar="MM", help="Voxel size of a phantom of the library. [default: its own]"),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw its sections (.png, .pdf, .svg).")
    ] = None,
    exam: Annotated[
        str | None, typer.Option(metavar="EXAM", help="Show the scan ranges of this exam: a file or a name.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,Z", help="Point of the sections, mm. [default: where organs are seen best]"
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier picture.")] = False,
) -> None:
    """Show a phantom: its grid, its regions to scan, its organs and their masses.

    \b
    Examples:
      ctdose phantom show adult-female
      ctdose phantom show water-cylinder --voxel-mm 5
      ctdose phantom show adult-male --plot male.png
      ctdose phantom show adult-female --exam chest --plot range.png
      ctdose phantom show adult-male --at 0,0,450 --plot heart.png
    """
    from ctdose.cli.exam_ranges import exam_ranges
    from ctdose.cli.output_file import check_picture_path
    from ctdose.phantoms.library import load_bodies

    if plot is not None:
        check_picture_path(plot, overwrite=overwrite)
    size = None if voxel_mm is None else parse_number("voxel_mm", voxel_mm, 0.1, 50.0, "For example 2.5.")
    point = None if at is None else _point(at, drawn=plot is not None)
    bodies = load_bodies(name, size)
    ranges = {} if exam is None else exam_ranges(exam, bodies)
    if point is not None:
        _check_within(bodies, point)
    if plot is not None:  # first: who reads the first lines of the table only gets the picture too
        from ctdose.results.plots import plot_phantom

        plot_phantom(bodies, plot, ranges, point)
        say(f"Wrote {plot}.")
    for i, body in enumerate(bodies):
        print("\n" if i else "", end="")
        print_body(body, ranges.get(body.name, ()))


def _point(text: str, *, drawn: bool) -> PointMm:
    if not drawn:
        raise CtdoseError(f"at={text} (without --plot). Add --plot FILE to draw the sections.")
    example = "For example 0,-20,450: x, y and z in mm."
    parts = text.split(",")
    if len(parts) != 3:
        raise CtdoseError(f"at={text} (not three numbers). {example}")
    x, y, z = (parse_number("at", part, -FARTHEST_MM, FARTHEST_MM, example) for part in parts)
    return x, y, z


def _check_within(bodies: Sequence[VoxelPhantom], point: PointMm) -> None:
    from ctdose.results.section_choice import check_point

    for body in bodies:
        check_point(body, point)
