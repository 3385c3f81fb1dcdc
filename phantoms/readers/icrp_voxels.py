"""The organ numbers of ICRP's voxel phantoms: one text file, or one ``.g4dat`` text file a slice.

Columns run from the person's right to the left, rows from front to back, slices from the toes to the vertex; the column
changes fastest (README of the files of ICRP Publication 110). In our [z, y, x] that is LPS without a flip.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.readers.icrp_tables import MAX_ID

MAX_VOXELS = 400_000_000
_ALLOWED = b"0123456789 \t\r\n"
_SLICE = re.compile(r"_slice(\d+)\.g4dat$")


def read_ids(files: Mapping[str, bytes], code: str, shape: tuple[int, int, int] | None) -> NDArray[np.uint16]:
    """Read the organ numbers.

    Parameters
    ----------
    files : mapping of str to bytes
        By name in lower case: ``am.dat``, or ``am_slice1.g4dat`` and so on.
    code : str
        Name of the phantom in its files, for example ``AM``.
    shape : (int, int, int), optional
        Columns, rows and slices; ``.g4dat`` files state their own.

    Returns
    -------
    array of uint16, [z, y, x]

    Raises
    ------
    CtdoseError
        There are more or fewer numbers than voxels, slices are missing, a file is foreign.
    """
    if shape is not None:
        check_shape(shape, code)
    whole = f"{code.lower()}.dat"
    if whole not in files:
        return _from_slices(files, code, shape)
    if shape is None:
        right = f"Give --shape: columns,rows,slices, as the publication of {code} states them"
        raise CtdoseError(f"{code}.dat: (it does not say how many voxels it has). {right}.")
    nx, ny, nz = shape
    return _parse(files[whole], f"{code}.dat", nx * ny * nz).reshape(nz, ny, nx)


def check_shape(shape: tuple[int, int, int], file: str) -> None:
    """Check the numbers of voxels before anything of that size is allocated.

    Raises
    ------
    CtdoseError
        One is not positive, or the product too large.
    """
    if min(shape) < 1 or math.prod(shape) > MAX_VOXELS:
        text = "x".join(str(n) for n in shape)
        raise CtdoseError(f"{file}: shape={text} (must hold 1 to {MAX_VOXELS} voxels). Check the numbers.")


def _parse(raw: bytes, file: str, count: int) -> NDArray[np.uint16]:
    """Exactly `count` whole numbers, 0 to `MAX_ID`."""
    if raw.translate(None, _ALLOWED):
        raise CtdoseError(f"{file}: (not a text of organ numbers). Give the file as ICRP distributes it.")
    values = np.fromstring(raw.decode("ascii"), np.int32, sep=" ")
    if values.size != count:
        what = "truncated" if values.size < count else "too long, or another phantom's"
        raise CtdoseError(
            f"{file}: numbers={values.size} ({what}: {count} are expected). Copy or download it again."
        )
    high = int(values.max(initial=0))
    if high > MAX_ID or int(values.min(initial=0)) < 0:
        raise CtdoseError(f"{file}: id={high} (outside 0 to {MAX_ID}). Give a phantom of ICRP.")
    return values.astype(np.uint16)


def _from_slices(
    files: Mapping[str, bytes], code: str, shape: tuple[int, int, int] | None
) -> NDArray[np.uint16]:
    slices = {int(m[1]): name for name in files if (m := _SLICE.search(name))}
    if not slices:
        raise CtdoseError(
            f"{code}: (no {code}.dat and no {code}_slice1.g4dat). Give all files of the phantom."
        )
    first = min(slices)
    nx, ny, nz = _header(files[slices[first]], slices[first])
    check_shape((nx, ny, nz), slices[first])
    if shape is not None and shape != (nx, ny, nz):
        raise CtdoseError(
            f"{slices[first]}: shape={nx}x{ny}x{nz} ({code} has {'x'.join(map(str, shape))}). "
            "Is it another phantom's? Then give --shape and --voxel-mm."
        )
    missing = sorted(set(range(first, first + nz)) - set(slices))
    if first > 1 or missing or len(slices) != nz:
        named = missing[0] if missing and first <= 1 else 1 if first > 1 else max(slices)
        what = "is missing" if missing or first > 1 else "is one too many"
        raise CtdoseError(f"{code}_slice{named}.g4dat: ({what}: {nz} slices are expected). Give all slices.")
    ids = np.empty((nz, ny, nx), np.uint16)
    for k in range(nz):
        name = slices[first + k]
        if _header(files[name], name) != (nx, ny, nz):
            raise CtdoseError(f"{name}: (its header differs from that of {slices[first]}). Give one phantom.")
        ids[k] = _parse(files[name], name, nx * ny + 3)[3:].reshape(ny, nx)
    return ids


def _header(raw: bytes, file: str) -> tuple[int, int, int]:
    words = raw[:200].split(maxsplit=3)[:3]
    if len(words) < 3 or not all(word.isdigit() and len(word) < 7 for word in words):
        raise CtdoseError(f"{file}: (no header). It begins with columns, rows and the number of slices.")
    return int(words[0]), int(words[1]), int(words[2])
