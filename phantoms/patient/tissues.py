"""Region, material and density of every voxel, from CT number and label.

The rules, in this order: outside the body a voxel is couch or air. A labelled voxel below `gas_below_hu` is gas, lung
excepted. A voxel above the metal's CT number is metal, unless a label says soft tissue or lung. Else the label decides
the tissue: soft tissue and lung keep their material, at the density of the CT number but not above a cap (contrast
medium looks like bone, and is not); bone is marrow or bone by CT number. What is not labelled goes by CT number.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.patient.calibration import Calibration
from ctdose.phantoms.patient.label_map import LabelMap
from ctdose.phantoms.patient.labelled_organ import LabelledOrgan
from ctdose.phantoms.patient.scan import Scan
from ctdose.physics.materials import Material

AIR = 0


@dataclass
class Materials:
    """Materials of a phantom as they are met; the first is the air around."""

    found: list[Material] = field(default_factory=lambda: [Material("air")])

    def index(self, material: Material) -> int:
        """Number of a material, new or known."""
        if material not in self.found:
            self.found.append(material)
        return self.found.index(material)


@dataclass
class Tissues:
    """What every voxel is.

    Attributes
    ----------
    region : array of uint16, [z, y, x]
    material : array of uint8, [z, y, x]
    density : array of float32, [z, y, x]
        g/cm³.
    materials : list of Material
    capped, gas, kept_soft : int
        Voxels whose density was capped; labelled ones that are gas; above the metal's CT number but soft tissue.
    """

    region: NDArray[np.uint16]
    material: NDArray[np.uint8]
    density: NDArray[np.float32]
    materials: list[Material]
    capped: int = 0
    gas: int = 0
    kept_soft: int = 0


def assign(
    scan: Scan, body: NDArray[np.bool_], couch: NDArray[np.bool_], calibration: Calibration
) -> Tissues:
    """Give every voxel a region, a material and a density.

    Parameters
    ----------
    scan : Scan
    body, couch : array of bool, [z, y, x]
    calibration : Calibration

    Returns
    -------
    Tissues
    """
    hu, labels, density, label_map = scan.image.values, scan.labels, scan.density_g_cm3, scan.label_map
    materials = Materials()
    air_g_cm3 = materials.found[0].density_g_cm3
    made = Tissues(
        np.zeros(hu.shape, np.uint16),
        np.zeros(hu.shape, np.uint8),
        np.full(hu.shape, air_g_cm3, np.float32),
        materials.found,
    )
    groups = np.array([materials.index(each) for each in calibration.group_materials], np.uint8)
    rest = np.array([label_map.organs[name].organ_id for name in calibration.rest_names], np.uint16)
    metal = label_map.organs["metal"].organ_id
    _by_hu(made, hu, density, body, calibration, groups, rest)
    is_metal = body & (hu > calibration.metal_above_hu)
    made.region[is_metal], made.material[is_metal] = metal, materials.index(calibration.metal)
    made.density[is_metal] = density[is_metal]
    if labels is not None:
        for organ, here in _labelled(labels, label_map):
            _by_label(made, organ, here, hu, density, calibration, materials, label_map)
    made.region[couch], made.material[couch] = (
        label_map.organs["couch"].organ_id,
        materials.index(calibration.couch),
    )
    made.density[couch] = density[couch]
    return made


def _by_hu(made, hu, density, where, calibration, groups, rest) -> None:
    values = hu[where]
    made.region[where] = rest[calibration.rest(values)]
    made.material[where] = groups[calibration.group(values)]
    made.density[where] = density[where]


def _labelled(
    labels: NDArray[np.uint16], label_map: LabelMap
) -> list[tuple[LabelledOrgan, tuple[NDArray[np.intp], ...]]]:
    """Organs that are there, and their voxels."""
    flat = np.flatnonzero(labels)
    of_voxel = labels.ravel()[flat]
    order = np.argsort(of_voxel, kind="stable")
    found, starts = np.unique(of_voxel[order], return_index=True)
    voxels = np.split(flat[order], starts[1:]) if found.size else []
    organs = [label_map.organs[label_map.of_value[int(i)]] for i in found]
    return [(organ, np.unravel_index(each, labels.shape)) for organ, each in zip(organs, voxels)]


def _by_label(made, organ, here, hu, density, calibration, materials, label_map) -> None:
    values = hu[here]
    if organ.kind != "lung":
        gas = values < calibration.gas_below_hu
        if gas.any():
            made.gas += int(np.count_nonzero(gas))
            made.region[tuple(axis[gas] for axis in here)] = label_map.organs[organ.gas].organ_id
            here = tuple(axis[~gas] for axis in here)
            values = values[~gas]
    if organ.kind == "bone":
        kept = values <= calibration.metal_above_hu
        here, values = tuple(axis[kept] for axis in here), values[kept]
        made.region[here] = organ.organ_id
        marrow = tuple(axis[values <= calibration.marrow_up_to_hu] for axis in here)
        made.material[marrow] = materials.index(calibration.marrow)
        return
    made.kept_soft += int(np.count_nonzero(values > calibration.metal_above_hu))
    cap = np.float32(calibration.soft_density_cap * organ.material.density_g_cm3)
    own = density[here]
    made.capped += int(np.count_nonzero(own > cap))
    made.region[here] = organ.organ_id
    made.material[here] = materials.index(organ.material)
    made.density[here] = np.minimum(own, cap)
