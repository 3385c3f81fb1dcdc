"""Reads an HDF5 file that nobody vouches for: everything declared is checked before anything is allocated."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.faults import one_line, shortened
from ctdose.results.hdf5_declared import Declared, Unfit, check_link, check_sizes, declared_of, is_plain
from ctdose.results.hdf5_root import DAMAGE
from ctdose.results.hdf5_tree import HDF5_OWN, Tree, Value
from ctdose.seal import is_intact

if TYPE_CHECKING:
    import h5py

LONGEST_FAULT = 400  # of what is shown: names of parts may be of any length
MAX_OBJECTS = 20_000
MAX_DEPTH = 8
MAX_ATTRIBUTES = 200  # of one object
MAX_ATTRIBUTE_VALUES = 1000
SIGNATURE = b"\x89HDF\r\n\x1a\n"


Check = Callable[[dict[str, Value], list[Declared]], None]
"""Called with the root's attributes and all declared datasets; raises `Unfit`."""


def read_tree(path: Path, identify: Callable[[dict[str, Value]], None], check: Check, right: str) -> Tree:
    """Read a whole file.

    Parameters
    ----------
    path : Path
    identify : callable
        Called with the root's attributes, before anything else is looked at; raises `Unfit`.
    check : callable
        Called before any dataset is read; raises `Unfit`.
    right : str
        What file would have been right, for messages.

    Raises
    ------
    CtdoseError
        One line that names the file: not there, not HDF5, links or storage outside the file, damaged, too large.
    """
    import h5py

    _check_signature(path, right)
    try:
        with h5py.File(path, "r") as file:
            root = _attributes(file, "/")
            identify(root)
            tree = Tree({"/": root})
            declared = list(_walk(file, tree))
            check(root, declared)
            check_sizes(declared, path.stat().st_size)
            for each in declared:
                tree.datasets[each.path] = _data(file[each.path])
    except Unfit as fault:
        raise CtdoseError(one_line(f"{path}: {shortened(str(fault), LONGEST_FAULT)}")) from None
    except DAMAGE as fault:
        raise damaged(path, str(fault)) from None
    return tree


def damaged(path: Path, why: str) -> CtdoseError:
    """The error for a file that is broken in a way that no message can make useful."""
    short = shortened(why, 120)
    return CtdoseError(
        one_line(f"{path} (damaged or cut short: {short}). Use another copy, or simulate again.")
    )


def _check_signature(path: Path, right: str) -> None:
    try:
        if path.is_dir():
            raise CtdoseError(f"{path} (a folder, not a file). {right}")
        if not path.exists():
            raise CtdoseError(f"{path} (no such file). Check the path.")
        if not path.is_file():
            raise CtdoseError(f"{path} (not an ordinary file). {right}")
        with path.open("rb") as file:
            start = file.read(len(SIGNATURE))
        intact = start != SIGNATURE or is_intact(path)
    except (OSError, ValueError) as fault:  # ValueError: a null byte in the name
        reason = getattr(fault, "strerror", None) or str(fault)
        raise CtdoseError(one_line(f"{path} (cannot be read: {reason}). Check its permissions.")) from None
    if start != SIGNATURE:
        raise CtdoseError(one_line(f"{path} (not an HDF5 file). {right}"))
    if not intact:
        raise damaged(path, "its content does not match its checksum")


def _walk(file: h5py.File, tree: Tree) -> Iterator[Declared]:
    """Every dataset of the file; groups and attributes go into the tree. No link is followed out of the file."""
    import h5py

    seen: set[Any] = {h5py.h5o.get_info(file.id).addr}
    waiting = ["/"]
    while waiting:
        above = waiting.pop()
        if above.count("/") > MAX_DEPTH:
            raise Unfit(f"{above} (nested too deeply). Groups go {MAX_DEPTH} levels deep at most.")
        for name in file[above]:
            path = f"{above.rstrip('/')}/{name}"
            check_link(file[above].get(name, getlink=True), path)
            place = file[path]
            address = h5py.h5o.get_info(place.id).addr
            if address in seen or len(seen) >= MAX_OBJECTS:
                raise Unfit(
                    f"{path} (a second name of another part, or one part too many). Keep each part once."
                )
            seen.add(address)
            tree.attributes[path] = _attributes(place, path)
            if isinstance(place, h5py.Group):
                waiting.append(path)
            elif isinstance(place, h5py.Dataset):
                yield declared_of(place, path)
            else:
                raise Unfit(f"{path} (neither a group nor a dataset). Remove it.")


def _attributes(place: h5py.Group | h5py.Dataset, path: str) -> dict[str, Value]:
    """Attributes as text, int, float or array; HDF5's own are left out."""
    import h5py

    if h5py.h5a.get_num_attrs(place.id) > MAX_ATTRIBUTES:
        raise Unfit(f"{path} (has more than {MAX_ATTRIBUTES} attributes). Use an undamaged copy.")
    result: dict[str, Value] = {}
    for name in place.attrs:
        if name in HDF5_OWN:
            continue
        handle = place.attrs.get_id(name)
        if math.prod(handle.shape) > MAX_ATTRIBUTE_VALUES or not is_plain(
            handle.dtype, scalar=handle.shape == ()
        ):
            raise Unfit(f"{path}: {name} (of a type or size that no result has). Write it as documented.")
        result[name] = _value(place.attrs[name])
    return result


def _value(value: Any) -> Value:
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, np.generic):
        return value.item()
    return value


def _data(place: h5py.Dataset) -> str | np.ndarray:
    value = place[()]
    return value.decode("utf-8") if isinstance(value, bytes) else np.asarray(value)
