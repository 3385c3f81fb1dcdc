"""What the kernels use and numba-cuda does not know: additions of atomic.py, np.floor and np.sqrt of a number.

Import it before a kernel is compiled for a GPU. In numba's CUDA simulator, which runs plain Python, it does nothing.
"""

import math
from typing import Any

import numba
import numpy as np
from numba import cuda

from ctdose.kernels import atomic

SIMULATED = bool(numba.config.ENABLE_CUDASIM)


def add_on_device(array, index, value):
    """Add atomically to an element of an int64 array in the GPU's memory; returns what it held before."""
    return cuda.atomic.add(array, index, value)


def lowering_of(function: Any) -> Any:
    """numba-cuda's code for a function of `math`, to serve numpy's function of the same name.

    One instruction each, correctly rounded: cvt.rmi, sqrt.rn. numba's own code for np.sqrt calls C's sqrtf.
    """

    def lower(context, builder, signature, arguments):
        from numba.cuda.mathimpl import get_unary_impl_for_fn_and_ty

        found = get_unary_impl_for_fn_and_ty(function, signature.args[0])
        return found(context, builder, signature, arguments)

    return lower


def extend() -> None:
    """Teach the CUDA target."""
    from numba.cuda.extending import overload
    from numba.cuda.ufuncs import ufunc_db

    for ufunc, function in ((np.floor, math.floor), (np.sqrt, math.sqrt)):
        ufunc_db()[ufunc] = dict.fromkeys(("f->f", "d->d"), lowering_of(function))
    for addition in (atomic.add, atomic.atomic_add):
        overload(addition, target="cuda")(lambda array, index, value: add_on_device)


if not SIMULATED:
    extend()
