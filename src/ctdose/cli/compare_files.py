"""Checks of the files that `ctdose compare` is to write, made before anything is simulated."""

from __future__ import annotations

from pathlib import Path

from ctdose.cli.output_file import check_name, check_place, format_of
from ctdose.errors import CtdoseError, MissingExtraError

STUDY_FORMAT = "ctdose-study"


def check_study_paths(path: Path, csv: Path | None, plot: Path | None, *, overwrite: bool) -> None:
    """Refuse what could not be written.

    Parameters
    ----------
    path, csv : Path
        The result, and the table of all doses.
    plot : Path or None
        Folder of the pictures.
    overwrite : bool
        Whether earlier results may be replaced. Another kind of file never is.

    Raises
    ------
    CtdoseError
    """
    _check_result(path, overwrite=overwrite)
    if csv is not None:
        check_place("csv", csv)
        if csv.exists() and not overwrite:
            raise CtdoseError(f"csv={csv} (exists). Add --overwrite, or name another file.")
        if csv.absolute() == path.absolute():
            raise CtdoseError(f"csv={csv} (also the name of the result). Name another file.")
    if plot is not None:
        _check_folder(plot, overwrite=overwrite)


def _check_result(path: Path, *, overwrite: bool) -> None:
    check_place("output", path)
    if not path.exists():
        return
    if not overwrite:
        raise CtdoseError(f"output={path} (exists). Add --overwrite, or name another file with -o.")
    if format_of(path) != STUDY_FORMAT:
        why = "exists and is not a ctdose study, so it is not overwritten"
        raise CtdoseError(f"output={path} ({why}). Name another file with -o.")


def _check_folder(folder: Path, *, overwrite: bool) -> None:
    from importlib.util import find_spec

    from ctdose.study.plots import NOISE_FILE, ORGANS_FILE

    if find_spec("matplotlib") is None:
        raise MissingExtraError("A plot", "plot")
    check_name("plot", folder)
    if folder.exists() and not folder.is_dir():
        raise CtdoseError(f"plot={folder} (a file). Name a folder.")
    if not folder.exists() and not folder.parent.is_dir():
        raise CtdoseError(f"plot={folder} (no folder {folder.parent}). Make it first.")
    for name in (ORGANS_FILE, NOISE_FILE):
        if (folder / name).exists() and not overwrite:
            why = f"holds {name} already"
            raise CtdoseError(f"plot={folder} ({why}). Add --overwrite, or name another folder.")
