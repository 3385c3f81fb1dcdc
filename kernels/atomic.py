"""Add to an int64 that other threads add to as well: one LLVM instruction, and plain Python without the JIT."""

import numba
from numba.core import cgutils, types
from numba.core.extending import intrinsic, overload


def atomic_add(array, index, value):
    """Add `value` to array[index] (int64, one-dimensional) atomically; returns what it held before."""
    before = array[index]
    array[index] = before + value
    return before


@intrinsic
def _atomic_add(typing_context, array, index, value):
    """`atomicrmw add` on an element of a C-contiguous int64 array."""
    signature = types.int64(array, types.intp, types.int64)

    def generate(context, builder, sig, args):
        array_type = sig.args[0]
        view = context.make_array(array_type)(context, builder, args[0])
        pointer = cgutils.get_item_pointer(context, builder, array_type, view, [args[1]], wraparound=False)
        return builder.atomic_rmw("add", pointer, args[2], "monotonic")

    return signature, generate


@overload(atomic_add, inline="never")
def _overload_atomic_add(array, index, value):
    if isinstance(array, types.Array) and array.ndim == 1 and array.dtype == numba.int64:

        def implementation(array, index, value):
            return _atomic_add(array, index, value)  # type: ignore[call-arg]

        return implementation
    return None
