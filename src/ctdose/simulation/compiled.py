"""The compiled kernel and the folder that keeps its machine code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from ctdose._cache import cache_dir


@cache
def entry() -> Callable[..., int]:
    """The entry kernel, cached on disk if a folder can be written, with one line of notice if not."""
    from ctdose.kernels.cpu import entry_kernel

    folder = cache_dir("kernels")
    if folder is None:
        print("ctdose: no writable cache folder; the kernels are compiled at every start.", file=sys.stderr)
    return entry_kernel(None if folder is None else str(folder))


def kernel_version() -> dict[str, Any]:
    """Hash of the kernel sources, for results and validation tables."""
    from ctdose.kernels.cpu import source_hash

    return {"kernel_sha256": source_hash()}
