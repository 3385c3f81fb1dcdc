"""The voxel phantom: materials, densities and regions on a regular grid."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctdose.kernels.tables import DENSITY_ONE
from ctdose.phantoms import voxel_checks as checks
from ctdose.phantoms.anatomy import Anatomy, anatomy_to_dict
from ctdose.phantoms.organs import Organ

if TYPE_CHECKING:
    from ctdose.physics.materials import Material


@dataclass(frozen=True, eq=False, repr=False)
class VoxelPhantom:
    """A phantom on a regular grid, in DICOM patient coordinates (LPS, mm).

    All arrays are indexed ``[z, y, x]`` and read-only afterwards.

    Parameters
    ----------
    material_index : array of int, [z, y, x]
        Index into `materials`; kept as uint8.
    materials : sequence of Material
        At most 256.
    spacing_mm : (float, float, float)
        Voxel size along x, y, z, mm.
    origin_mm : (float, float, float)
        Centre of voxel ``[0, 0, 0]``, (x, y, z) in mm.
    region_index : array of int, [z, y, x], optional
        What to report energy for, 0 to 1022; kept as uint16. Default: the material index.
    density_g_cm3 : array of float, [z, y, x], optional
        Kept as float32; less than four times the material's density. Default: the material's own.
    name : str
        Name of the phantom.
    organs : sequence of Organ
        What the regions are; `Organ.organ_id` is the region number.
    anatomy : Anatomy, optional
        What is known of the person.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If a shape, an index, a density or a length is out of range, or the name holds a control character.

    Notes
    -----
    The transport stores a voxel's density as its ratio to the material's own in steps of 1/4096
    (`density_steps`); masses are those of the densities so rounded.
    """

    material_index: NDArray[np.uint8]
    materials: tuple[Material, ...]
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    region_index: NDArray[np.uint16] = None  # type: ignore[assignment]
    density_g_cm3: NDArray[np.float32] | None = None
    _: KW_ONLY
    name: str = "phantom"
    organs: tuple[Organ, ...] = ()
    anatomy: Anatomy | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "materials", checks.check_materials(self.materials))
        put(self, "material_index", checks.check_material_index(self.material_index, self.materials))
        put(self, "spacing_mm", checks.check_triple(self.spacing_mm, "spacing_mm", positive=True))
        put(self, "origin_mm", checks.check_triple(self.origin_mm, "origin_mm", positive=False))
        put(self, "region_index", checks.check_region_index(self.region_index, self.material_index))
        put(
            self,
            "density_g_cm3",
            checks.check_density(self.density_g_cm3, self.material_index, self.materials),
        )
        put(self, "organs", checks.check_organs(self.organs))
        checks.check_name(self.name)
        if self.anatomy is not None and not isinstance(self.anatomy, Anatomy):
            raise TypeError(
                f"anatomy is a {type(self.anatomy).__name__} (not an Anatomy). Give an Anatomy or None."
            )

    def __repr__(self) -> str:
        nz, ny, nx = self.shape
        dx, dy, dz = self.spacing_mm
        return f"VoxelPhantom({self.name!r}, {nx} x {ny} x {nz} voxels of {dx:g} x {dy:g} x {dz:g} mm)"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y, x."""
        nz, ny, nx = self.material_index.shape
        return nz, ny, nx

    @property
    def voxel_volume_cm3(self) -> float:
        """Volume of a voxel, cm³."""
        return math.prod(self.spacing_mm) / 1000.0

    @property
    def corner_mm(self) -> tuple[float, float, float]:
        """The lowest corner of voxel ``[0, 0, 0]`` (not its centre), (x, y, z) in mm."""
        x, y, z = (o - s / 2.0 for o, s in zip(self.origin_mm, self.spacing_mm))
        return x, y, z

    @property
    def size_mm(self) -> tuple[float, float, float]:
        """Extent of the grid along x, y, z, mm."""
        nz, ny, nx = self.shape
        dx, dy, dz = self.spacing_mm
        return nx * dx, ny * dy, nz * dz

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Lower and upper end of the grid along z, mm."""
        low = self.corner_mm[2]
        return low, low + self.size_mm[2]

    def organ(self, name: str) -> Organ:
        """Return the organ of that name.

        Raises
        ------
        ValueError
            If the phantom has no such organ; the nearest names are listed.
        """
        for each in self.organs:
            if each.name == name:
                return each
        from ctdose.errors import nearest

        raise ValueError(
            f"organ={name!r} (not in {self.name}). {nearest(name, [o.name for o in self.organs])}"
        )

    def density_steps(self, k: int | None = None) -> NDArray[np.uint16]:
        """Density over the material's in steps of 1/4096, as transported, [z, y, x]; of slice k, [y, x]."""
        part = slice(None) if k is None else k
        if self.density_g_cm3 is None:
            return np.full(self.material_index[part].shape, DENSITY_ONE, np.uint16)
        return checks.density_steps(self.density_g_cm3[part], self.material_index[part], self.materials)

    def region_masses_g(self) -> NDArray[np.float64]:
        """Mass of each region, g, [highest region + 1], from the densities that the transport has."""
        return self.region_masses_by_slice_g.sum(axis=0)

    @cached_property
    def region_masses_by_slice_g(self) -> NDArray[np.float64]:
        """Mass of each region in each slice, g, [z, highest region + 1]; read-only."""
        own = np.array([material.density_g_cm3 for material in self.materials])
        regions = int(self.region_index.max()) + 1
        masses = np.zeros((self.shape[0], regions))
        for k in range(self.shape[0]):
            pairs = self.region_index[k].astype(np.int64) * own.size + self.material_index[k]
            steps = None if self.density_g_cm3 is None else self.density_steps(k).ravel()
            counts = np.bincount(pairs.ravel(), weights=steps, minlength=regions * own.size)
            masses[k] = counts.reshape(regions, own.size) @ own
        masses *= self.voxel_volume_cm3 / (1 if self.density_g_cm3 is None else DENSITY_ONE)
        masses.flags.writeable = False
        return masses

    def region_volumes_cm3(self) -> NDArray[np.float64]:
        """Volume of each region, cm³, [highest region + 1]."""
        return np.bincount(self.region_index.ravel()).astype(np.float64) * self.voxel_volume_cm3

    def sha256(self) -> str:
        """SHA-256 of all that decides a dose: grid, materials, densities, regions, organs, anatomy."""
        digest = hashlib.sha256(json.dumps(self._described(), sort_keys=True).encode())
        for array in (self.material_index, self.region_index, self.density_steps()):
            digest.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()

    def _described(self) -> dict[str, Any]:
        from dataclasses import asdict

        return {
            "shape": self.shape,
            "spacing_mm": self.spacing_mm,
            "origin_mm": self.origin_mm,
            "materials": [_material_fingerprint(material) for material in self.materials],
            "organs": [_without_partial(asdict(organ)) for organ in self.organs],
            "anatomy": None if self.anatomy is None else anatomy_to_dict(self.anatomy),
        }


def _without_partial(organ: dict[str, Any]) -> dict[str, Any]:
    # Left out where it is false: phantoms keep the hash that they had before there was such a thing.
    return organ if organ["partial"] else {key: value for key, value in organ.items() if key != "partial"}


def _material_fingerprint(material: Material) -> list[Any]:
    fractions = getattr(material, "mass_fractions", {})
    pairs = fractions.items() if hasattr(fractions, "items") else fractions
    return [material.name, float(material.density_g_cm3), sorted([str(k), float(v)] for k, v in pairs)]
