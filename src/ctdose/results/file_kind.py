"""One kind of HDF5 file: saved whole or not at all, and refused where it is another kind or not as documented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ctdose.errors import CtdoseError
from ctdose.faults import one_line, shortened
from ctdose.results.hdf5_declared import Declared, Unfit
from ctdose.results.hdf5_read import LONGEST_FAULT, read_tree
from ctdose.results.hdf5_tree import Stream, Tree, Value
from ctdose.results.result_layout import Part, fits

if TYPE_CHECKING:
    import numpy as np

Loaded = TypeVar("Loaded")

OTHERS = {
    "ctdose-phantom": ("a phantom", "ctdose phantom show and exams take it."),
    "ctdose-part": ("a part of a run", "ctdose merge makes a result of it."),
    "ctdose-study": ("a study", "ctdose show and ctdose report take it."),
    "ctdose-result": ("the result of a run", ""),
}
"""Formats of the other files of ctdose: what they are, and what they are for."""


@dataclass(frozen=True)
class FileKind:
    """A kind of file that ctdose writes and reads.

    Parameters
    ----------
    noun : str
        What it holds, for messages: ``result``.
    format, version : str
        What its root says of itself; files of another major version are refused.
    part_of : callable
        Gives the part of the layout that a path is; None for one that is not known.
    right : str
        What file would have been right, for messages.
    """

    noun: str
    format: str
    version: str
    part_of: Callable[[str], Part | None]
    right: str

    def save(
        self, tree: Callable[[], Tree], path: str | Path, *, overwrite: bool, packed: bool = True
    ) -> None:
        """Write a file under a temporary name first, so that a broken file never has the final one.

        Parameters
        ----------
        tree : callable
            Gives what to write; called once the name is known to be good.
        path : str or Path
        overwrite : bool
            Replace an existing file.
        packed : bool
            Compress arrays.

        Raises
        ------
        CtdoseError
            If the file exists and `overwrite` is False, or it cannot be written.
        """
        from ctdose.results.hdf5_image import tree_image
        from ctdose.results.hdf5_write import check_target, write_file

        target = Path(path)
        check_target(target, overwrite=overwrite)
        write_file(target, tree_image(tree(), packed=packed), overwrite=overwrite, seal=True)

    def put(self, tree: Tree, path: str, data: str | np.ndarray | Stream) -> None:
        """Add a dataset with the unit that the layout gives it."""
        part = self.part_of(path)
        assert part is not None, path
        if isinstance(data, Stream):
            tree.streams[path] = data
        else:
            tree.datasets[path] = data
        tree.group(path, {"units": part.unit})

    def load(self, path: str | Path, build: Callable[[Tree], Loaded]) -> Loaded:
        """Read a file, and build what it holds.

        Parameters
        ----------
        path : str or Path
        build : callable

        Raises
        ------
        CtdoseError
            If the file is missing, of another kind or of a newer major version, damaged, or refers to anything
            outside itself.
        """
        place = Path(path)
        tree = read_tree(place, self._identify, self._check_layout, self.right)
        try:
            return build(tree)
        except (Unfit, ValueError, TypeError, LookupError, ArithmeticError, MemoryError) as fault:
            raise CtdoseError(one_line(f"{place}: {shortened(str(fault), LONGEST_FAULT)}")) from None

    def _identify(self, root: dict[str, Value]) -> None:
        found = root.get("format")
        if found != self.format:
            what, use = OTHERS.get(str(found), ("", ""))
            why = f"{what}{', ' * bool(what)}not a ctdose {self.noun}"
            raise Unfit(f"format={shortened(repr(found))} ({why}). {use or self.right}")
        version, known = root.get("format_version"), self.version.split(".")[0]
        if str(version).split(".")[0] != known:
            raise Unfit(
                f"format_version={shortened(repr(version))} (this ctdose reads version {known}). Update ctdose."
            )

    def _check_layout(self, root: dict[str, Value], declared: list[Declared]) -> None:
        check_layout(declared, self.part_of)


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
        if part is not None:
            _check_part(part, each, lengths)


def _check_part(part: Part, each: Declared, lengths: dict[tuple[str, str], int]) -> None:
    """Check one dataset against the layout, and its lengths against those of the parts before it."""
    if len(each.shape) != len(part.shape) or not fits(each.dtype, part.kind):
        raise Unfit(f"{each.path} (of another type than documented). Use an undamaged copy.")
    for word, length in zip(part.shape, each.shape):
        known = word if isinstance(word, int) else lengths.setdefault((part.scope(each.path), word), length)
        if length != known:
            why = f"has {length} along {word}, other parts {known}"
            raise Unfit(f"{each.path} ({why}). Use an undamaged copy.")
