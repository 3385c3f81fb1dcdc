"""`ctdose phantom import mesh`: a tetrahedral mesh, made into voxels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def import_mesh(
    node: Annotated[Path, typer.Argument(metavar="NODE", help="TetGen's .node file.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The phantom file.")],
    ele: Annotated[
        Path | None, typer.Argument(metavar="[ELE]", help="Its .ele file. [default: beside NODE]")
    ] = None,
    organs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A .material file of ICRP 145, or YAML. [default: beside NODE]"),
    ] = None,
    voxel_mm: Annotated[
        str, typer.Option(metavar="MM|DX,DY,DZ", help="Voxel size, mm.", show_default=True)
    ] = "2.5",
    unit: Annotated[Literal["cm", "mm"], typer.Option(help="Of the nodes.")] = "cm",
    axes: Annotated[str, typer.Option(metavar="LPS", help="Where x, y, z of the nodes run to.")] = "LPS",
    sex: Annotated[
        Literal["male", "female"] | None, typer.Option(help="Of the person; gives scan ranges.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier phantom file.")] = False,
) -> None:
    """Make a phantom file of a tetrahedral mesh: a voxel is of the tetrahedron that its centre lies in.

    \b
    Examples:
      ctdose phantom import mesh MRCP_AM.node --voxel-mm 2 --sex male -o mesh-male.h5
      ctdose phantom import mesh body.node --organs body.yaml --unit mm --axes RAS -o body.h5
    """
    from ctdose.cli.imported import write_imported
    from ctdose.cli.typed_triples import parse_triple
    from ctdose.phantoms.readers.mesh import MeshFiles, read_mesh_phantom
    from ctdose.phantoms.readers.region_table import Person

    text = voxel_mm if "," in voxel_mm else ",".join([voxel_mm] * 3)
    size = parse_triple("voxel_mm", text, 0.1, 50.0)
    person = None if sex is None else Person(sex=sex)
    files = MeshFiles.beside(node, ele, organs)
    write_imported(
        lambda: read_mesh_phantom(files, size, unit=unit, axes=axes, person=person),
        output,
        overwrite=overwrite,
    )
