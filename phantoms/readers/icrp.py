"""ICRP's voxel phantoms (Publications 110 and 143), from the files that ICRP distributes.

Compositions and densities are those of the phantom's own files, not of the catalogue's icrp110 media: they agree for
the adults, and a corrected or a child's file is then taken at its word.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.organs import Organ
from ctdose.phantoms.readers.anatomy import with_anatomy
from ctdose.phantoms.readers.icrp_arms import arm_numbers, without_arms
from ctdose.phantoms.readers.icrp_files import IcrpFiles, age_of, read_icrp_files
from ctdose.phantoms.readers.icrp_organs import Members, group_organs, make_marrow_sites, make_organs
from ctdose.phantoms.readers.sides import check_sides
from ctdose.phantoms.stylized.masses import read_data
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material

PAD_MM = 10.0  # of air below the soles and above the vertex, so that a margin of a scan range stays inside
SAME_MASS = 0.01  # a reference person's body mass, relative


def read_icrp_phantom(
    path: str | Path,
    sex: str,
    *,
    arms: str = "in",
    age: str | None = None,
    shape: tuple[int, int, int] | None = None,
    voxel_mm: tuple[float, float, float] | None = None,
) -> VoxelPhantom:
    """Read a voxel phantom of ICRP.

    Parameters
    ----------
    path : str or Path
        Folder, .zip or .tar.gz with ``AM.dat`` (or ``AM_slice1.g4dat`` …), ``AM_organs.dat``, ``AM_media.dat`` and
        ``AM_spongiosa.dat``; ``AF`` for the female, ``05F`` and so on for children.
    sex : str
        ``male`` or ``female``.
    arms : str
        ``in``: beside the body; ``out``: left out, with their masses in `Organ.omitted_mass_g`. The head of the
        humerus, which the shoulder encloses, stays.
    age : str, optional
        ``adult``, ``newborn``, ``1y`` …, where there are phantoms of several ages.
    shape, voxel_mm : tuple of three, optional
        Columns, rows, slices, and voxel size in mm, of a phantom other than the adults.

    Returns
    -------
    VoxelPhantom
        Cropped to the body, with 10 mm of air below and above. Region 0 is the air around, other regions have the
        lowest of ICRP's numbers of their structures. z = 0 is the lower border of the pelvis, (x, y) = (0, 0) the
        middle of the trunk. Skin that ICRP put into the first and last slice (141) is left out.

    Raises
    ------
    CtdoseError
        A file is missing, damaged or foreign.
    ValueError
        If `sex` or `arms` is unknown.
    """
    if sex not in ("male", "female"):
        raise ValueError(f"sex={sex!r} (unknown). Use 'male' or 'female'.")
    if arms not in ("in", "out"):
        raise ValueError(f"arms={arms!r} (unknown). Use 'in' or 'out'.")
    files = read_icrp_files(Path(path), sex, age=age, shape=shape, voxel_mm=voxel_mm)
    groups = group_organs(files.organs)
    ids = without_arms(files.ids, groups) if arms == "out" else files.ids
    whole, here = files.masses_g(), files.masses_g(ids)
    organs = make_organs(groups, here, whole - here)
    about = read_data("icrp_organs")["phantoms"].get(files.code, {})
    plain, isocentre = _voxels(files, ids, groups, organs, _name(files.code, sex, about))
    check_sides(plain, str(path), "Give the files as ICRP distributes them.")
    fractions = {n: files.spongiosa[o.medium] for n, o in files.organs.items() if o.medium in files.spongiosa}
    return with_anatomy(
        plain,
        sex=sex,
        age=age_of(files.code),
        arms="raised" if arms == "out" else "down",
        reference_person=bool(about) and abs(float(whole.sum()) / about["mass_g"] - 1.0) < SAME_MASS,
        marrow_sites=make_marrow_sites(groups, here, whole - here, fractions, sex=sex, adult=bool(about)),
        isocentre_mm=isocentre,
        height_cm=float(about.get("height_cm", math.nan)),
        weight_kg=float(whole.sum()) / 1000.0,
    )


def _name(code: str, sex: str, about: dict[str, Any]) -> str:
    return about.get("body") or f"icrp143-{age_of(code)}-{sex}"


def _voxels(
    files: IcrpFiles, ids: NDArray[np.uint16], groups: list[Members], organs: list[Organ], name: str
) -> tuple[VoxelPhantom, tuple[float, float, float]]:
    """Materials and regions by look-up in ICRP's numbers; the second value is the middle of the trunk."""
    materials, of_number = _materials(files)
    region = np.zeros(of_number.size, np.uint16)
    for group in groups:
        region[group.numbers] = group.region
    pelvis = [group.region for group in groups if group.name.startswith("pelvis_")]
    ids = _padded(ids[_box(region[ids] != 0)], files.voxel_mm[2])
    trunk = (region[ids] != 0) & ~arm_numbers(groups, of_number.size)[ids]
    origin, isocentre = _place(np.isin(region[ids], pelvis), trunk, files.voxel_mm)
    return VoxelPhantom(
        of_number[ids], materials, files.voxel_mm, origin, region[ids], name=name, organs=tuple(organs)
    ), isocentre


def _materials(files: IcrpFiles) -> tuple[tuple[Material, ...], NDArray[np.uint8]]:
    """Air, then one material for each medium and density; index of the material of each number."""
    size = max(int(files.ids.max()), *files.organs) + 1
    materials, of_number, seen = [Material("air")], np.zeros(size, np.uint8), {}
    for number, organ in files.organs.items():
        key = (organ.medium, organ.density_g_cm3)
        if key not in seen:
            medium = files.media[organ.medium]
            seen[key] = len(materials)
            materials.append(
                Material.from_mass_fractions(
                    _material_name(medium.name), medium.mass_fractions, density_g_cm3=organ.density_g_cm3
                )
            )
        of_number[number] = seen[key]
    return tuple(materials), of_number


def _material_name(name: str) -> str:
    """ICRP's name of a medium as a word of at most some 40 letters; medium 45 names a dozen organs."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return "-".join(words[:4]) or "unnamed"


def _box(body: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    spans: list[slice] = []
    for axes in ((1, 2), (0, 2), (0, 1)):
        there = np.flatnonzero(body.any(axis=axes))
        spans.append(
            slice(int(there[0]), int(there[-1]) + 1) if there.size else slice(0, body.shape[len(spans)])
        )
    return spans[0], spans[1], spans[2]


def _padded(ids: NDArray[np.uint16], dz_mm: float) -> NDArray[np.uint16]:
    pad = math.ceil(PAD_MM / dz_mm)
    return np.pad(ids, ((pad, pad), (0, 0), (0, 0)))


def _place(
    pelvis: NDArray[np.bool_], trunk: NDArray[np.bool_], voxel_mm: tuple[float, float, float]
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Origin of the grid and middle of the trunk: its box, arms aside, in the slices of the pelvis."""
    dx, dy, dz = voxel_mm
    slices = np.flatnonzero(pelvis.any(axis=(1, 2)))
    low, high = (int(slices[0]), int(slices[-1]) + 1) if slices.size else (0, pelvis.shape[0])
    _, y, x = _box(trunk[low:high])
    origin = (-dx * (x.start + x.stop - 1) / 2.0, -dy * (y.start + y.stop - 1) / 2.0, (0.5 - low) * dz)
    return origin, (0.0, 0.0, round((high - low) * dz / 2.0, 3))
