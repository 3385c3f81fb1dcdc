"""The compiled kernel, the folder that keeps its machine code, and the hash that names both."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

import ctdose.kernels
from ctdose._cache import cache_dir


@cache
def kernel_sha256() -> str:
    """SHA-256 of all kernel sources and of the versions of numba and numpy: 64 hexadecimal digits."""
    import numba

    digest = hashlib.sha256(f"numba {numba.__version__} numpy {np.__version__}".encode())
    for path in sorted(Path(ctdose.kernels.__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@cache
def entry(reference: bool = False) -> Callable[..., int]:
    """The entry kernel, cached on disk if a folder can be written, with one line of notice if not.

    Parameters
    ----------
    reference : bool
        The reference kernel instead of the lanes: the same bits, slower, for tests and benchmarks.
    """
    from ctdose.kernels.cpu import make_entry
    from ctdose.simulation.kernel_cache import kept_in

    folder = cache_dir("kernels")
    if folder is None:
        print("ctdose: no writable cache folder; the kernels are compiled at every start.", file=sys.stderr)
    with kept_in(folder, kernel_sha256()):
        return make_entry(kernel_sha256(), None if folder is None else str(folder), reference=reference)


def is_compiled() -> bool:
    """Whether the cache holds machine code of these kernel sources (then the first run need not compile)."""
    folder = cache_dir("kernels")
    return folder is not None and (folder / f"{kernel_sha256()}.compiled").exists()


def mark_compiled() -> None:
    """Note in the cache that these kernel sources were compiled here."""
    folder = cache_dir("kernels")
    if folder is not None:
        (folder / f"{kernel_sha256()}.compiled").touch()
