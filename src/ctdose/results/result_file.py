"""The result file: HDF5, described in docs/result-file.md."""

from __future__ import annotations

from pathlib import Path

from ctdose.results.file_kind import FileKind
from ctdose.results.result import Result
from ctdose.results.result_layout import FORMAT, FORMAT_VERSION, part_of

RESULT_FILE = FileKind("result", FORMAT, FORMAT_VERSION, part_of, right="Give a file that ctdose run wrote.")


def save_result(result: Result, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a result as HDF5: under a temporary name first, so that a broken file never has the final one.

    Parameters
    ----------
    result : Result
    path : str or Path
    overwrite : bool
        Replace an existing file.

    Raises
    ------
    CtdoseError
        If the file exists and `overwrite` is False, or it cannot be written.
    """
    from ctdose.results.result_tree import result_tree

    in_a_hurry = not (result.complete or result.has_map)  # stopped; it is replaced when the run goes on
    RESULT_FILE.save(lambda: result_tree(result), path, overwrite=overwrite, packed=not in_a_hurry)


def load_result(path: str | Path) -> Result:
    """Read a result file, all of it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Result
        Equal to the one that was saved.

    Raises
    ------
    CtdoseError
        If the file is missing, of another kind or of a newer major version, damaged, or refers to anything outside
        itself.
    """
    from ctdose.results.result_untree import result_of

    return RESULT_FILE.load(path, result_of)
