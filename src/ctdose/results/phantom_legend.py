"""The legend of a phantom's picture: what is seen, by tissues of ICRP 103, numbered as on the sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.organ_colours import Colour, colour_of
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


def what_is_seen(phantom: VoxelPhantom, planes: Sequence[Section], others: Sequence[str]) -> Seen:
    """List what is seen on the sections of a body.

    Parameters
    ----------
    phantom : VoxelPhantom
    planes : sequence of Section
    others : sequence of str
        Of `organ_colours.other_names`.
    """
    found = labels(phantom)
    cuts = [seen_regions(phantom, plane) for plane in planes]
    area: dict[str, int] = {}
    kinds: dict[str, dict[bool, Label]] = {}
    for cut in cuts:
        for region, count in zip(*(each.tolist() for each in np.unique(cut[cut >= 0], return_counts=True))):
            label = found[region]
            area[label.name] = area.get(label.name, 0) + count
            kinds.setdefault(label.name, {})[label.inner] = label
    shown = sorted(area, key=lambda name: -area[name])[:MOST_IN_LEGEND]
    shown.sort(key=lambda name: (_any(kinds[name]).heading, -area[name]))
    entries = tuple(
        Entry(
            number,
            name,
            _any(kinds[name]).heading,
            tuple(colour_of(kind, others) for _, kind in sorted(kinds[name].items())),
        )
        for number, name in enumerate(shown, 1)
    )
    number_of = {entry.name: entry.number for entry in entries}
    table = np.array([number_of.get(label.name, 0) for label in found.values()] + [0])  # the last one: air
    return Seen(entries, tuple(table[cut] for cut in cuts), len(area) - len(entries))


def seen_regions(phantom: VoxelPhantom, plane: Section) -> np.ndarray:
    """Regions of a section, [rows, columns]; -1: air, which is of no region with a name."""
    regions = plane.of(phantom.region_index).astype(np.int32)
    named = np.array([label.named for label in labels(phantom).values()])
    own = np.array([material.density_g_cm3 for material in phantom.materials])
    solid = own[plane.of(phantom.material_index)] > AIR_G_CM3
    return np.where(named[regions] | solid, regions, -1)


def _any(kinds: dict[bool, Label]) -> Label:
    return next(iter(kinds.values()))


def lines_of(seen: Seen) -> list[str | Entry]:
    """The legend's lines: headings and entries; headings only where more than one is needed."""
    used = sorted({entry.heading for entry in seen.entries})
    lines: list[str | Entry] = []
    for heading in used:
        if len(used) > 1:
            lines.append(HEADINGS[heading])
        lines += [entry for entry in seen.entries if entry.heading == heading]
    return lines
