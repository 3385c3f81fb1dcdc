"""The result file: HDF5, described in docs/result-file.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ctdose.errors import CtdoseError
from ctdose.faults import one_line
from ctdose.results.hdf5_declared import Declared, Unfit
from ctdose.results.hdf5_read import read_tree
from ctdose.results.hdf5_tree import Value
from ctdose.results.result import Result
from ctdose.results.result_layout import FORMAT, FORMAT_VERSION, Part, fits, part_of

RIGHT = "Give a file that ctdose run wrote."


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
    from ctdose.results.hdf5_write import check_target, tree_bytes, write_file
    from ctdose.results.result_tree import result_tree

    target = Path(path)
    check_target(target, overwrite=overwrite)
    write_file(target, tree_bytes(result_tree(result)), overwrite=overwrite)


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

    place = Path(path)
    tree = read_tree(place, _identify, _check_layout, RIGHT)
    try:
        return result_of(tree)
    except (Unfit, ValueError, TypeError, UnicodeDecodeError) as fault:
        raise CtdoseError(one_line(f"{place}: {fault}")) from None


def _identify(root: dict[str, Value]) -> None:
    if root.get("format") != FORMAT:
        raise Unfit(f"format={root.get('format')!r} (not a ctdose result). {RIGHT}")
    version = root.get("format_version")
    major = str(version).split(".")[0]
    if major != FORMAT_VERSION.split(".")[0]:
        raise Unfit(
            f"format_version={version!r} (this ctdose reads version {FORMAT_VERSION.split('.')[0]}). Update ctdose."
        )


def _check_layout(root: dict[str, Value], declared: list[Declared]) -> None:
    check_layout(declared, part_of)


def check_layout(declared: list[Declared], part_of: Callable[[str], Part | None]) -> None:
    """Types and shapes as documented, and equal lengths where they have to be: before anything is read.

    Parameters
    ----------
    declared : list of Declared
    part_of : callable
        Gives the part of the layout that a path is; None for one that is not known.

    Raises
    ------
    Unfit
    """
    lengths: dict[tuple[str, str], int] = {}
    for each in declared:
        part = part_of(each.path)
        if part is None:
            continue
        if len(each.shape) != len(part.shape) or not fits(each.dtype, part.kind):
            raise Unfit(f"{each.path} (of another type than documented). Use an undamaged copy.")
        for word, length in zip(part.shape, each.shape):
            known = (
                word if isinstance(word, int) else lengths.setdefault((part.scope(each.path), word), length)
            )
            if length != known:
                raise Unfit(
                    f"{each.path} (has {length} along {word}, other parts {known}). Use an undamaged copy."
                )
