"""Raw voxel files, described by a YAML file: dtype, shape, spacing, order, and what each number is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from ctdose.errors import CtdoseError
from ctdose.faults import FileFaults
from ctdose.phantoms.readers.assemble import assemble_phantom
from ctdose.phantoms.readers.axes import AXES_PATTERN, AXES_RIGHT, to_lps
from ctdose.phantoms.readers.icrp_voxels import MAX_VOXELS
from ctdose.phantoms.readers.region_table import NumberedOrgan, Person, read_described
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.schema import Checked, WholeNumber, fault, key

LONGEST_MM = 1e4


class RawPhantomError(FileFaults):
    """What is wrong in the YAML file of a raw voxel file, one line for each fault."""


class RawPhantom(Checked):
    """A raw voxel file, as its YAML file describes it."""

    phantom: str = key(doc="Name", min_length=1, max_length=80, example="my-phantom")
    file: str = key(doc="The raw file, beside this one", min_length=1, max_length=500, example="voxels.raw")
    dtype: Literal["uint8", "int16", "uint16", "int32", "uint32"] = key(
        doc="Type of a number", right="Write uint8, int16, uint16, int32 or uint32."
    )
    byte_order: Literal["little", "big"] = key("little", doc="Of numbers of several bytes")
    offset_bytes: WholeNumber = key(0, doc="Length of a header that is skipped", ge=0, le=1 << 30)
    shape: list[WholeNumber] = key(
        doc="Voxels along x, y, z", min_length=3, max_length=3, right="Write [nx, ny, nz]."
    )
    spacing_mm: list[float] = key(
        doc="Voxel size along x, y, z",
        unit="mm",
        min_length=3,
        max_length=3,
        right="Write [dx, dy, dz] in mm.",
    )
    origin_mm: list[float] | None = key(
        None,
        doc="Centre of the voxel at the right, front, lower corner; default: the grid's middle is (0, 0, 0)",
        unit="mm",
        min_length=3,
        max_length=3,
        right="Write [x, y, z] in mm.",
    )
    order: Literal["zyx", "zxy", "yzx", "yxz", "xzy", "xyz"] = key(
        "zyx", doc="Axes from the slowest to the fastest in the file"
    )
    axes: str = key(
        "LPS", doc="Where x, y, z of the file run to", pattern=AXES_PATTERN, right=AXES_RIGHT, example="LPS"
    )
    person: Person | None = key(None, doc="Who it stands for")
    organs: list[NumberedOrgan] = key(doc="What each number is", min_length=1, max_length=1000)

    @field_validator("shape")
    @classmethod
    def _shape(cls, shape: list[int]) -> list[int]:
        if min(shape) < 1 or math.prod(shape) > MAX_VOXELS:
            raise fault(f"must hold 1 to {MAX_VOXELS} voxels", "Write [nx, ny, nz].")
        return shape

    @field_validator("spacing_mm")
    @classmethod
    def _spacing(cls, spacing: list[float]) -> list[float]:
        if not all(0.01 <= length <= 100.0 for length in spacing):
            raise fault("each must lie between 0.01 and 100 mm", "Write [dx, dy, dz] in mm.")
        return spacing

    @field_validator("origin_mm")
    @classmethod
    def _origin(cls, origin: list[float] | None) -> list[float] | None:
        if origin is not None and any(abs(value) > LONGEST_MM for value in origin):
            raise fault(f"beyond ±{LONGEST_MM:g} mm", "Write [x, y, z] in mm.")
        return origin


def read_raw_phantom(path: str | Path) -> VoxelPhantom:
    """Read a raw voxel file by its YAML file.

    Parameters
    ----------
    path : str or Path
        The YAML file, of the keys of `RawPhantom`.

    Returns
    -------
    VoxelPhantom
        LPS, [z, y, x].

    Raises
    ------
    RawPhantomError
        What is wrong in the YAML file.
    CtdoseError
        The raw file is missing or of another length, or holds numbers that are no organ.
    """
    about = read_described(path, RawPhantom, RawPhantomError)
    raw = Path(path).parent / about.file
    numbers = to_lps(_numbers(about, raw), about.axes)
    dx, dy, dz = about.spacing_mm
    nz, ny, nx = numbers.shape
    middle = tuple((1 - n) * d / 2.0 for n, d in ((nx, dx), (ny, dy), (nz, dz)))
    x, y, z = middle if about.origin_mm is None else about.origin_mm
    return assemble_phantom(
        numbers,
        about.organs,
        name=about.phantom,
        spacing_mm=(dx, dy, dz),
        origin_mm=(x, y, z),
        person=about.person,
        file=str(path),
    )


def _numbers(about: RawPhantom, raw: Path) -> NDArray[np.integer]:
    """The file's numbers as [z, y, x]; its length is checked before it is read."""
    dtype = np.dtype(about.dtype).newbyteorder("<" if about.byte_order == "little" else ">")
    if not raw.is_file():
        raise CtdoseError(f"{raw}: (no such file). Write its name, seen from the YAML file, as file.")
    count = math.prod(about.shape)
    expected, found = about.offset_bytes + count * dtype.itemsize, raw.stat().st_size
    if found != expected:
        what = "truncated" if found < expected else "too long"
        right = "Check shape, dtype and offset_bytes"
        raise CtdoseError(f"{raw}: bytes={found} ({what}: {expected} are expected). {right}.")
    try:
        values = np.fromfile(raw, dtype, count, offset=about.offset_bytes)
    except OSError as error:
        raise CtdoseError(f"{raw}: (cannot be read: {error.strerror}). Check its permissions.") from None
    sizes = dict(zip("xyz", about.shape))
    shaped = values.reshape([sizes[axis] for axis in about.order])
    return shaped.transpose([about.order.index(axis) for axis in "zyx"])
