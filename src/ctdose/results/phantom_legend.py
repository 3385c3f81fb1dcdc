"""The legend of a phantom's picture: what is seen, by tissues of ICRP 103, numbered as on the sections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.organ_colours import Colour, colour_of, other_names
from ctdose.results.organ_labels import HEADINGS, Label, labels
from ctdose.results.sections import AIR_G_CM3, Section

MOST_IN_LEGEND = 60


@dataclass(frozen=True)
class Entry:
    """One line of the legend.

    Attributes
    ----------
    number : int
        The same as on the sections, from 1.
    name : str
    heading : int
        Of `organ_labels.HEADINGS`.
    colours : tuple of Colour
        One, or that of the organ and that of its contents.
    """

    number: int
    name: str
    heading: int
    colours: tuple[Colour, ...]


@dataclass(frozen=True)
class Seen:
    """What is seen on the sections of one body.

    Attributes
    ----------
    entries : tuple of Entry
        By heading, within it the largest area first.
    numbers : tuple of int arrays [rows, columns]
        For each section the number of the entry of each voxel; 0: air, or not in the legend.
    left_out : int
        Names that are seen and not in the legend, the smallest.
    """

    entries: tuple[Entry, ...]
    numbers: tuple[np.ndarray, ...]
    left_out: int


def what_is_seen(phantoms: Sequence[VoxelPhantom], rows: Sequence[Sequence[Section]]) -> list[Seen]:
    """List what is seen on the sections of each body; a name has the same number on all of them.

    Parameters
    ----------
    phantoms : sequence of VoxelPhantom
    rows : sequence of sequences of Section
        Those of each phantom.
    """
    others = other_names(phantoms)
    cuts = [[seen_regions(each, plane) for plane in row] for each, row in zip(phantoms, rows)]
    areas = [_areas(labels(each), of_body) for each, of_body in zip(phantoms, cuts)]
    number_of = _numbers(areas)
    return [
        _seen(labels(each), of_body, area, number_of, others)
        for each, of_body, area in zip(phantoms, cuts, areas)
    ]


def _areas(found: dict[int, Label], cuts: Sequence[np.ndarray]) -> Counter[Label]:
    """Voxels of each label on the sections of a body."""
    area: Counter[Label] = Counter()
    for cut in cuts:
        regions, counts = np.unique(cut[cut >= 0], return_counts=True)
        for region, count in zip(regions.tolist(), counts.tolist()):
            area[found[region]] += count
    return area


def _numbers(areas: Sequence[Counter[Label]]) -> dict[str, int]:
    """Number of each name: by heading, within it the largest area first; the smallest of too many have none."""
    total: Counter[str] = Counter()
    heading: dict[str, int] = {}
    for area in areas:
        for label, count in area.items():
            total[label.name] += count
            heading[label.name] = label.heading
    shown = [name for name, _ in total.most_common(MOST_IN_LEGEND)]
    shown.sort(key=lambda name: (heading[name], -total[name]))
    return {name: number for number, name in enumerate(shown, 1)}


def _seen(
    found: dict[int, Label],
    cuts: Sequence[np.ndarray],
    area: Counter[Label],
    number_of: dict[str, int],
    others: Sequence[str],
) -> Seen:
    kinds: dict[str, list[Label]] = {}
    for label in sorted(area, key=lambda each: each.inner):
        kinds.setdefault(label.name, []).append(label)
    entries = [
        Entry(number, name, kinds[name][0].heading, tuple(colour_of(kind, others) for kind in kinds[name]))
        for name, number in number_of.items()
        if name in kinds
    ]
    table = np.array([number_of.get(label.name, 0) for label in found.values()] + [0])  # the last one: air
    return Seen(tuple(entries), tuple(table[cut] for cut in cuts), len(kinds) - len(entries))


def seen_regions(phantom: VoxelPhantom, plane: Section) -> np.ndarray:
    """Regions of a section, [rows, columns]; -1: air, which is of no region with a name."""
    regions = plane.of(phantom.region_index).astype(np.int32)
    named = np.array([label.named for label in labels(phantom).values()])
    own = np.array([material.density_g_cm3 for material in phantom.materials])
    solid = own[plane.of(phantom.material_index)] > AIR_G_CM3
    return np.where(named[regions] | solid, regions, -1)


def lines_of(seen: Seen) -> list[str | Entry]:
    """The legend's lines: headings and entries; headings only where more than one is needed."""
    used = sorted({entry.heading for entry in seen.entries})
    lines: list[str | Entry] = []
    for heading in used:
        if len(used) > 1:
            lines.append(HEADINGS[heading])
        lines += [entry for entry in seen.entries if entry.heading == heading]
    return lines
