"""Checks of what a voxel phantom is made from: each fault one line that says what would be right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from unicodedata import category

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ctdose.kernels.tables import DENSITY_ONE, MAX_MATERIALS
from ctdose.phantoms.organs import MAX_REGION, Organ

if TYPE_CHECKING:
    from ctdose.physics.materials import Material

MAX_DENSITY_STEPS = 16383  # 14 bits of the voxel word: a ratio of at most 3.9998
MAX_VOXELS = 2**31 - 1
CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's control characters, halves of surrogate pairs, ends of lines and paragraphs."""


def check_materials(materials: Sequence[Material]) -> tuple[Material, ...]:
    """Return the materials as a tuple, each checked by what it offers."""
    if isinstance(materials, str) or not isinstance(materials, Sequence):
        raise TypeError("materials is not a list. Give a list such as [ctdose.Material('water')].")
    for i, material in enumerate(materials):
        if not (hasattr(material, "density_g_cm3") and hasattr(material, "name")):
            raise TypeError(f"materials[{i}]={material!r} (not a Material). Write ctdose.Material('water').")
    if not 1 <= len(materials) <= MAX_MATERIALS:
        raise ValueError(f"materials has {len(materials)} entries (outside 1 to {MAX_MATERIALS}).")
    return tuple(materials)


def _integers(values: ArrayLike, name: str) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 3:
        raise ValueError(f"{name} has {array.ndim} dimensions (must be three). Index it [z, y, x].")
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name} has dtype {array.dtype} (not integers). Convert it with astype(int).")
    if array.size == 0 or array.size > MAX_VOXELS:
        raise ValueError(f"{name} has shape {array.shape} (empty or above {MAX_VOXELS} voxels).")
    return array


def _read_only(array: NDArray[Any], dtype: Any) -> NDArray[Any]:
    # A copy, unless nobody else can write to it: the caller may change his array later.
    frozen = array.dtype == dtype and array.flags.c_contiguous and not array.flags.writeable
    result = array if frozen and array.flags.owndata else np.array(array, dtype=dtype, order="C")
    result.flags.writeable = False
    return result


def check_material_index(values: ArrayLike, materials: tuple[Material, ...]) -> NDArray[np.uint8]:
    """Return the material index as uint8, read-only."""
    array = _integers(values, "material_index")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= len(materials):
        wrong = low if low < 0 else high
        raise ValueError(
            f"material_index={wrong} (no such material). It must lie in 0 to {len(materials) - 1}."
        )
    return _read_only(array, np.uint8)


def check_region_index(values: ArrayLike | None, material_index: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the region index as uint16, read-only; None: the material index."""
    if values is None:
        return _read_only(material_index.astype(np.uint16), np.uint16)
    array = _integers(values, "region_index")
    if array.shape != material_index.shape:
        raise ValueError(
            f"region_index has shape {array.shape}, not {material_index.shape} as material_index."
        )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > MAX_REGION:
        wrong = low if low < 0 else high
        raise ValueError(f"region_index={wrong} (outside 0 to {MAX_REGION}). Renumber the regions.")
    return _read_only(array, np.uint16)


def check_triple(values: Sequence[float], name: str, *, positive: bool) -> tuple[float, float, float]:
    """Return three finite numbers (x, y, z)."""
    try:
        x, y, z = (float(value) for value in values)
    except (TypeError, ValueError):
        raise TypeError(f"{name}={values!r} (not three numbers). Give (x, y, z) in mm.") from None
    if not all(math.isfinite(value) for value in (x, y, z)):
        raise ValueError(f"{name}={(x, y, z)} (not finite). Give (x, y, z) in mm.")
    if positive and min(x, y, z) <= 0.0:
        raise ValueError(f"{name}={(x, y, z)} (must be positive). Give the voxel size (x, y, z) in mm.")
    return x, y, z


def density_steps(
    density: NDArray[np.float32], index: NDArray[np.uint8], materials: tuple[Material, ...]
) -> NDArray[np.uint16]:
    """Return densities over those of the materials in steps of 1/4096, as uint16."""
    # float32 throughout: its mantissa is 10 bits finer than a step, and a float64 copy is twice as big.
    scale = np.array([DENSITY_ONE / material.density_g_cm3 for material in materials], np.float32)
    return np.rint(density * scale[index]).astype(np.uint16)


def check_density(
    values: ArrayLike | None, index: NDArray[np.uint8], materials: tuple[Material, ...]
) -> NDArray[np.float32] | None:
    """Return densities as float32, read-only, each less than four times its material's."""
    if values is None:
        return None
    array = np.asarray(values)
    if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise TypeError(f"density_g_cm3 has dtype {array.dtype} (not numbers). Give densities in g/cm³.")
    if array.shape != index.shape:
        raise ValueError(f"density_g_cm3 has shape {array.shape} (material_index has {index.shape}).")
    low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)) or low < 0.0:
        raise ValueError(
            "density_g_cm3 has negative or non-finite values. Give densities in g/cm³, 0 or more."
        )
    density = _read_only(array, np.float32)
    scale = np.array([DENSITY_ONE / material.density_g_cm3 for material in materials], np.float32)
    steps = density * scale[index]
    if float(steps.max()) >= MAX_DENSITY_STEPS + 0.5:
        z, y, x = (int(i) for i in np.unravel_index(int(steps.argmax()), steps.shape))
        material = materials[int(index[z, y, x])]
        raise ValueError(
            f"density_g_cm3={float(density[z, y, x]):g} at [{z}, {y}, {x}] (four times that of its material "
            f"{material.name}, {material.density_g_cm3:g}, or more). Give that voxel a denser material."
        )
    return density


def check_name(name: str) -> str:
    """Return the name of a phantom; it is printed, so that nothing in it may move a terminal's cursor."""
    if not isinstance(name, str) or not name:
        raise TypeError(f"name={name!r} (not a name). Give a text such as 'my-phantom'.")
    if any(category(char) in CONTROLS for char in name):
        raise ValueError(f"name={name!r} (holds a control character). Give a text such as 'my-phantom'.")
    return name


def check_organs(organs: Sequence[Organ]) -> tuple[Organ, ...]:
    """Return the organs as a tuple; no number and no name twice."""
    for organ in organs:
        if not isinstance(organ, Organ):
            raise TypeError(f"organs holds a {type(organ).__name__} (not an Organ). Give a list of Organ.")
    for what in ("organ_id", "name"):
        seen: set[Any] = set()
        for organ in organs:
            value = getattr(organ, what)
            if value in seen:
                raise ValueError(f"organs: {what}={value!r} appears twice. Each organ has its own.")
            seen.add(value)
    return tuple(organs)
