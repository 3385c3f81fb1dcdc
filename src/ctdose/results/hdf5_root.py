"""What the root of an HDF5 file says of it, where nothing else is wanted, and damage is no reason to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctdose.seal import is_intact

DAMAGE = (OSError, LookupError, RuntimeError, ValueError, TypeError, ArithmeticError, MemoryError)
"""What h5py raises where a file is damaged; which of them, depends on the place."""


def root_attributes(path: Path) -> dict[str, Any]:
    """Attributes of the root of an HDF5 file; none if it is not there, another kind of file, or damaged."""
    import h5py

    try:
        if not path.is_file() or not is_intact(path):
            return {}
        with h5py.File(path, "r") as file:
            return dict(file.attrs)
    except DAMAGE:
        return {}
