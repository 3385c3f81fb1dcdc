"""`ctdose phantom import raw`: voxels of any other source, described by a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def import_raw(
    source: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="Describes the raw file beside it.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The phantom file.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier phantom file.")] = False,
) -> None:
    """Make a phantom file of a raw file of organ numbers; its YAML file says what they are.

    \b
    phantom: my-phantom
    file: voxels.raw          # beside the YAML file
    dtype: uint8              # uint8, int16, uint16, int32, uint32
    shape: [200, 120, 400]    # x, y, z
    spacing_mm: [2, 2, 4]
    order: zyx                # slowest to fastest: x changes fastest
    axes: LPS                 # x to the left, y to the back, z to the head
    organs:
      - {id: 1, name: muscle, tissue: muscle, material: muscle-skeletal}
      - {id: 2, name: liver, tissue: liver, material: icrp110-male-liver, density_g_cm3: 1.06}

    \b
    Example:
      ctdose phantom import raw my-phantom.yaml -o my-phantom.h5
    """
    from ctdose.cli.imported import write_imported
    from ctdose.phantoms.readers.raw import read_raw_phantom

    write_imported(lambda: read_raw_phantom(source), output, overwrite=overwrite)
