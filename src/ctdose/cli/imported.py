"""What every `ctdose phantom import` does before and after: check the output, write it, show its organs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.cli.messages import say
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.phantoms.voxel_phantom import VoxelPhantom

FORMAT = "ctdose-phantom"


def write_imported(read: Callable[[], VoxelPhantom], output: Path, *, overwrite: bool) -> None:
    """Read a foreign phantom, write it as a phantom file, show it as `ctdose phantom show` does.

    Parameters
    ----------
    read : callable
        Gives the phantom. Nothing is written if it raises.
    output : Path
    overwrite : bool
        Replace an earlier phantom file; another kind of file never is.

    Raises
    ------
    CtdoseError
        The input is wrong, or the output cannot be written.
    """
    from ctdose.cli.phantom_table import print_body
    from ctdose.phantoms.phantom_file import save_phantom

    check_phantom_path(output, overwrite=overwrite)
    try:
        phantom = read()
    except (ValueError, TypeError) as error:  # of VoxelPhantom or Material: one line that names what is wrong
        raise CtdoseError(str(error)) from None
    save_phantom(phantom, output, overwrite=overwrite)
    print_body(phantom)
    say(f"Wrote {output}. Use it as phantom: {output.name} in an exam, or see ctdose phantom show {output}.")


def check_phantom_path(path: Path, *, overwrite: bool) -> None:
    """Check that a phantom file can be written to a path, before anything is read.

    Raises
    ------
    CtdoseError
        Its folder is missing or cannot be written; it exists and may not be replaced.
    """
    from ctdose.cli.output_file import check_place, format_of

    check_place("output", path)
    if not path.exists():
        return
    if not overwrite:
        raise CtdoseError(f"output={path} (exists). Add --overwrite, or name another file with -o.")
    if format_of(path) != FORMAT:
        why = "exists and is not a ctdose phantom, so it is not overwritten"
        raise CtdoseError(f"output={path} ({why}). Name another file with -o.")
