"""The one place that decides how the kernels are compiled.

No fastmath: both kernels must give the same bits. No reference counting (`_nrt`): the kernels allocate nothing, and
counting the references of some fifty arrays at every call made the reference kernel eight times slower. The leaves
are not cached on disk, because numba does not notice an edited callee in another module; only the entry kernels are,
keyed by the hash of all kernel sources (cpu.py).
"""

from typing import Any

import numba

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
LEAF: dict[str, Any] = {
    "no_cfunc_wrapper": True
}  # nothing calls a leaf from C, and it compiles faster without


def jit(function: Any) -> Any:
    """Compile a leaf; with NUMBA_DISABLE_JIT=1 it stays plain Python."""
    return numba.njit(**OPTIONS, **LEAF)(function)


def inline_jit(function: Any) -> Any:
    """Compile a leaf that is always inlined: LLVM vectorises no loop that calls anything."""
    return numba.njit(**OPTIONS, **LEAF, forceinline=True)(function)
