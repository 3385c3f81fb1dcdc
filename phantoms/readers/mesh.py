"""Tetrahedral meshes in the files of ICRP Publication 145, made into voxels."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.faults import FileFaults
from ctdose.phantoms.readers.assemble import assemble_phantom
from ctdose.phantoms.readers.axes import AXES_PATTERN, AXES_RIGHT, signs_to_lps
from ctdose.phantoms.readers.icrp_voxels import MAX_VOXELS
from ctdose.phantoms.readers.material_cards import read_material_cards
from ctdose.phantoms.readers.mesh_files import read_nodes, read_tetrahedra
from ctdose.phantoms.readers.region_table import NumberedOrgan, Person, read_described
from ctdose.phantoms.readers.source import read_file
from ctdose.phantoms.readers.voxelise import voxelise
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.schema import Checked, key

PAD_MM = 10.0  # of air below the soles and above the vertex
UNITS = {"cm": 10.0, "mm": 1.0}


class MeshTableError(FileFaults):
    """What is wrong in the YAML table of a mesh, one line for each fault."""


class MeshTable(Checked):
    """What the organ numbers of a mesh are."""

    person: Person | None = key(None, doc="Who it stands for")
    organs: list[NumberedOrgan] = key(doc="What each number is", min_length=1, max_length=1000)


@dataclass(frozen=True)
class MeshFiles:
    """Files of a mesh: nodes, tetrahedra, and the table of organs (``.material`` or ``.yaml``)."""

    node: Path
    ele: Path
    table: Path

    @classmethod
    def beside(cls, node: Path, ele: Path | None = None, table: Path | None = None) -> MeshFiles:
        """Take what is not named from beside the nodes: of the same name, ``.ele``, ``.material`` or ``.yaml``."""
        material, yaml = node.with_suffix(".material"), node.with_suffix(".yaml")
        guessed = yaml if yaml.is_file() and not material.is_file() else material
        return cls(node, ele or node.with_suffix(".ele"), table or guessed)


def read_mesh_phantom(
    files: MeshFiles,
    voxel_mm: tuple[float, float, float],
    *,
    unit: str = "cm",
    axes: str = "LPS",
    person: Person | None = None,
    name: str | None = None,
) -> VoxelPhantom:
    """Make voxels of a tetrahedral mesh.

    Parameters
    ----------
    files : MeshFiles
    voxel_mm : (float, float, float)
        Voxel size along x, y, z.
    unit : str
        Of the nodes: ``cm`` (ICRP's) or ``mm``.
    axes : str
        Where x, y, z of the nodes run to, for example ``LPS``.
    person : Person, optional
        Who it stands for, in place of what a YAML table says.
    name : str, optional
        Of the phantom; default: that of the node file.

    Returns
    -------
    VoxelPhantom
        Coordinates are those of the mesh, turned into LPS; 10 mm of air are left below and above.

    Raises
    ------
    CtdoseError
        A file is missing, damaged or foreign; the files do not fit each other; there would be too many voxels.
    """
    if not re.match(AXES_PATTERN, axes):
        raise CtdoseError(f"axes={axes} (not three such letters). {AXES_RIGHT}")
    for file in (files.node, files.ele, files.table):
        if not file.is_file():
            raise CtdoseError(f"{file}: (no such file). Check the path.")
    organs, own_person = _read_table(files.table)
    nodes, first = read_nodes(read_file(files.node), str(files.node))
    corners, numbers = read_tetrahedra(read_file(files.ele), str(files.ele), len(nodes), first)
    nodes *= UNITS[unit] * signs_to_lps(axes)
    used = nodes[np.unique(corners)]
    origin, shape = _grid(used.min(axis=0), used.max(axis=0), voxel_mm, str(files.node))
    _check_numbers(numbers, organs, files)
    grid = voxelise(nodes, corners, numbers, spacing_mm=voxel_mm, origin_mm=origin, shape=shape)
    return assemble_phantom(
        grid,
        organs,
        name=name or files.node.stem,
        spacing_mm=voxel_mm,
        origin_mm=origin,
        person=person or own_person,
        file=str(files.ele),
    )


def _check_numbers(numbers: np.ndarray, organs: list[NumberedOrgan], files: MeshFiles) -> None:
    if 0 in numbers:
        raise CtdoseError(f"{files.ele}: id=0 (stands for the air around). Number the organs from 1.")
    strange = sorted(set(np.unique(numbers).tolist()) - {organ.id for organ in organs})
    if strange:
        raise CtdoseError(f"{files.ele}: id={strange[0]} (not in {files.table}). Add it to the table.")


def _grid(
    low: np.ndarray, high: np.ndarray, voxel_mm: tuple[float, float, float], file: str
) -> tuple[tuple[float, float, float], tuple[int, int, int]]:
    """Origin and shape [z, y, x] of a grid around the mesh, its middle in the middle of the grid."""
    extent = high - low
    if extent.min() <= 0.0 or extent.max() > 5000.0:
        shown = " x ".join(f"{length:.3g}" for length in extent)
        raise CtdoseError(f"{file}: size={shown} mm (not a body's). Check the unit of the nodes.")
    pads = [0, 0, math.ceil(PAD_MM / voxel_mm[2])]
    counts = [math.ceil(e / d) + 2 * pad for e, d, pad in zip(extent.tolist(), voxel_mm, pads)]
    if math.prod(counts) > MAX_VOXELS:
        raise CtdoseError(
            f"voxel_mm={','.join(f'{d:g}' for d in voxel_mm)} (more than {MAX_VOXELS} voxels). Use larger ones."
        )
    x, y, z = (float(m) - (n - 1) * d / 2.0 for m, n, d in zip((low + high) / 2.0, counts, voxel_mm))
    return (x, y, z), (counts[2], counts[1], counts[0])


def _read_table(path: Path) -> tuple[list[NumberedOrgan], Person | None]:
    if path.suffix.lower() in (".yaml", ".yml"):
        table = read_described(path, MeshTable, MeshTableError)
        return table.organs, table.person
    cards = read_material_cards(read_file(path), str(path))
    organs = []
    for number, (name, density, fractions) in cards.items():
        try:
            organs.append(
                NumberedOrgan(id=number, name=_slug(name), mass_fractions=fractions, density_g_cm3=density)
            )
        except ValueError:
            total = math.fsum(fractions.values())
            raise CtdoseError(
                f"{path}: {name} (mass fractions sum to {total:.4g}, density {density:g} g/cm3). "
                "The sum must be 1 within 0.5 %, the density 0 to 30."
            ) from None
    return organs, None


def _slug(name: str) -> str:
    """``Adrenal_left`` -> ``left_adrenal``; ``Lung(AI)_left`` -> ``left_lung_ai``."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    words.sort(key=lambda word: word not in ("left", "right"))
    return "_".join(words)[:80] or "unnamed"
