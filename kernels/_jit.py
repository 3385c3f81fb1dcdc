"""The one place that decides how the kernels are compiled.

No fastmath: both kernels must give the same bits (docs/protocol.md). The leaves are not cached on disk: numba
does not notice an edited callee in another module. Only the entry kernels are, keyed by the hash of all kernel
sources (cpu.py).
"""

import numba

jit = numba.njit(nogil=True, error_model="numpy")
