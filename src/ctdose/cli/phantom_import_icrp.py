"""`ctdose phantom import icrp`: the voxel phantoms of ICRP Publications 110 and 143, from ICRP's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ctdose.cli.messages import say

if TYPE_CHECKING:
    from ctdose.phantoms.voxel_phantom import VoxelPhantom


def import_icrp(
    source: Annotated[
        Path, typer.Argument(metavar="FOLDER|ARCHIVE", help="The files: a folder, a .zip or a .tar.gz.")
    ],
    sex: Annotated[Literal["male", "female"], typer.Option(help="Which of them.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The phantom file.")],
    arms: Annotated[
        Literal["in", "out"], typer.Option(help="Beside the body, or left out, as if raised.")
    ] = "in",
    age: Annotated[
        str | None, typer.Option(metavar="AGE", help="adult, newborn, 1y … where there are several.")
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(metavar="NX,NY,NZ", help="Columns, rows, slices. [default: of the adults]"),
    ] = None,
    voxel_mm: Annotated[
        str | None, typer.Option(metavar="DX,DY,DZ", help="Voxel size, mm. [default: of the adults]")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier phantom file.")] = False,
) -> None:
    """Make a phantom file of a voxel phantom of ICRP.

    The files are ICRP's (supplement of Publication 110 or 143): AM.dat, AM_organs.dat, AM_media.dat,
    AM_spongiosa.dat; AF for the female; slices as AM_slice1.g4dat are read too. They do not come with ctdose.

    \b
    Examples:
      ctdose phantom import icrp P110_data --sex female -o icrp-female.h5
      ctdose phantom import icrp icrp110.zip --sex male --arms out -o icrp-male.h5
      ctdose phantom import icrp P143_data --sex male --age 5y --shape 200,120,400 --voxel-mm 1,1,2 -o boy.h5
    """
    from ctdose.cli.imported import write_imported
    from ctdose.cli.typed_triples import parse_shape, parse_triple
    from ctdose.phantoms.readers.icrp import read_icrp_phantom
    from ctdose.phantoms.readers.icrp_notes import notes_of_icrp

    columns = None if shape is None else parse_shape("shape", shape)
    size = None if voxel_mm is None else parse_triple("voxel_mm", voxel_mm, 0.1, 50.0)
    notes: list[str] = []

    def read() -> VoxelPhantom:
        phantom = read_icrp_phantom(source, sex, arms=arms, age=age, shape=columns, voxel_mm=size)
        notes.extend(notes_of_icrp(phantom))
        return phantom

    write_imported(read, output, overwrite=overwrite)
    for note in notes:
        say(note)
