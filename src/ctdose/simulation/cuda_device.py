"""Devices: whether a GPU is there, its memory, code for it without fused multiply-adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from ctdose.errors import CtdoseError, MissingExtraError

DEVICES = ("cpu", "cuda")


def check_device(device: str) -> None:
    """Check that a device is there.

    Parameters
    ----------
    device : str
        ``cpu`` or ``cuda``.

    Raises
    ------
    CtdoseError
        If it is not, or there is no such kind.
    """
    if device not in DEVICES:
        raise CtdoseError(f"device={device} (unknown). Write {' or '.join(DEVICES)}.")
    if device == "cuda":
        check_cuda()


def is_simulated() -> bool:
    """Whether numba simulates the GPU in plain Python (NUMBA_ENABLE_CUDASIM=1), for tests."""
    import numba

    return bool(numba.config.ENABLE_CUDASIM)


def check_cuda() -> None:
    """Check that there is a GPU and what is needed to use it.

    Raises
    ------
    MissingExtraError
        If numba-cuda is not installed.
    CtdoseError
        If there is no GPU, or numba is told not to compile.
    """
    import numba

    if is_simulated():
        return
    if find_spec("numba_cuda") is None:
        raise MissingExtraError("device=cuda", "cuda")
    if numba.config.DISABLE_JIT:
        raise CtdoseError("device=cuda (NUMBA_DISABLE_JIT is set). Unset it, or write cpu.")
    from numba import cuda

    if not cuda.is_available():
        raise CtdoseError(
            "device=cuda (no CUDA device was found). It takes an NVIDIA GPU and its driver; without them write cpu."
        )


def to_device(value: Any) -> Any:
    """Copy the arrays of nested NamedTuples to the GPU; numbers stay."""
    from numba import cuda

    if isinstance(value, tuple):
        return type(value)(*(to_device(part) for part in value))
    return cuda.to_device(value) if hasattr(value, "dtype") and value.ndim else value


@contextmanager
def exact_arithmetic() -> Iterator[None]:
    """Kernels that are compiled meanwhile hold no fused multiply-add, which would cost the bits of the CPU.

    NVVM fuses where it is not told otherwise, and `cuda.jit` has no option that tells it.
    """
    if is_simulated():
        yield
        return
    from numba.cuda.cudadrv import nvvm

    original = nvvm.compile_ir
    nvvm.compile_ir = _exactly(original)
    try:
        yield
    finally:
        nvvm.compile_ir = original


def _exactly(compile_ir: Callable[..., bytes]) -> Callable[..., bytes]:
    def compile_exactly(llvm_ir: Any, **options: Any) -> bytes:
        ptx = compile_ir(llvm_ir, **{**options, "fma": False})
        if b"fma.r" in ptx:
            raise CtdoseError(
                "device=cuda (this numba-cuda fuses multiplications and additions, which costs the CPU's bits). "
                "Write cpu, and please report it."
            )
        return ptx

    return compile_exactly
