"""Colours of organs: bones and the tissues between the organs pale, organs strong, air black."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.sections import Section

Colour = tuple[float, float, float]

PALE: dict[str, Colour] = {
    "air": (0.0, 0.0, 0.0),
    "cortical bone": (0.96, 0.95, 0.88),
    "spongiosa": (0.85, 0.78, 0.62),
    "medullary cavity": (0.75, 0.62, 0.45),
    "muscle": (0.62, 0.30, 0.28),
    "adipose": (0.93, 0.85, 0.55),
    "skin": (0.90, 0.72, 0.60),
}
FAMILIES = {"_cortical": "cortical bone", "_spongiosa": "spongiosa", "_medullary_cavity": "medullary cavity"}
MOST_IN_LEGEND = 42


@dataclass(frozen=True)
class Colours:
    """Colours of what is seen on a picture.

    Attributes
    ----------
    by_label : dict of str to Colour
    legend : tuple of (str, Colour)
        What is seen, largest area first.
    """

    by_label: dict[str, Colour]
    legend: tuple[tuple[str, Colour], ...]

    def table(self, phantom: VoxelPhantom) -> np.ndarray:
        """Colour of each region, [regions, 3]."""
        result = np.zeros((int(phantom.region_index.max()) + 1, 3))
        for region, label in labels(phantom).items():
            if region < len(result):
                result[region] = self.by_label[label]
        return result


def labels(phantom: VoxelPhantom) -> dict[int, str]:
    """What each region is called on a picture: parts by their group, bones by their kind."""
    groups = {} if phantom.anatomy is None else phantom.anatomy.groups
    group_of = {part: group for group, parts in groups.items() for part in parts}
    known = {organ.organ_id: organ.name for organ in phantom.organs}
    found = {}
    for region in range(int(phantom.region_index.max()) + 1):
        name = known.get(region)
        if name is None:
            found[region] = "air" if phantom.organs and region == 0 else f"region {region}"
            continue
        family = next((label for end, label in FAMILIES.items() if name.endswith(end)), name)
        found[region] = group_of.get(name, family).replace("_", " ")
    return found


def colours_of(phantoms: Sequence[VoxelPhantom], rows: Sequence[Sequence[Section]]) -> Colours:
    """Colours for all phantoms of a picture, the same label having the same colour.

    Parameters
    ----------
    phantoms : sequence of VoxelPhantom
    rows : sequence of sequences of Section
        Those drawn of each phantom: only what is seen is in the legend.
    """
    area: dict[str, int] = {}
    every: dict[str, None] = {}
    for phantom, planes in zip(phantoms, rows):
        names = labels(phantom)
        every |= dict.fromkeys(names.values())
        for plane in planes:
            regions, counts = np.unique(plane.of(phantom.region_index), return_counts=True)
            for region, count in zip(regions.tolist(), counts.tolist()):
                area[names[region]] = area.get(names[region], 0) + count
    strong = [label for label in every if label not in PALE]
    by_label = {**PALE, **{label: _strong(i) for i, label in enumerate(strong)}}
    seen = sorted((label for label in area if label != "air"), key=lambda label: -area[label])
    return Colours(by_label, tuple((label, by_label[label]) for label in seen[:MOST_IN_LEGEND]))


def _strong(number: int) -> Colour:
    """Hues a golden angle apart, so that neighbours in the list differ; three brightnesses."""
    hue = (0.55 + number * 0.618034) % 1.0
    return colorsys.hsv_to_rgb(hue, (0.75, 0.55, 0.9)[number % 3], (0.95, 0.8, 0.65)[number % 3])
