"""Shared memory: add to an int64 that other threads add to as well, ask for a cache line early.

One LLVM instruction each; plain Python without the JIT. On a GPU both additions are atomic (cuda.py).
"""

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


def add(array, index, value):
    """Add `value` to array[index] (a tuple) of a batch's own sums; returns what it held before.

    On the CPU one thread alone adds to them; on a GPU, where all threads share a batch, cuda.py makes it atomic.
    """
    before = array[index]
    array[index] = before + value
    return before


overload(add)(lambda array, index, value: add)


def prefetch(array, index):
    """Ask for the cache line of array[index], to be written soon; it changes nothing."""


@intrinsic
def _prefetch(typing_context, array, index):
    """`llvm.prefetch` (write, moderate locality: the second-level cache)."""
    signature = types.void(array, types.intp)

    def generate(context, builder, sig, args):
        array_type = sig.args[0]
        view = context.make_array(array_type)(context, builder, args[0])
        pointer = cgutils.get_item_pointer(context, builder, array_type, view, [args[1]], wraparound=False)
        ir = cgutils.ir
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [byte, word, word, word]), "llvm.prefetch.p0i8"
        )
        builder.call(function, [builder.bitcast(pointer, byte), word(1), word(2), word(1)])
        return context.get_dummy_value()

    return signature, generate


@overload(prefetch, inline="never")
def _overload_prefetch(array, index):
    if isinstance(array, types.Array) and array.ndim == 1:

        def implementation(array, index):
            _prefetch(array, index)  # type: ignore[call-arg]

        return implementation
    return None
