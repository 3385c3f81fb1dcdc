"""Colours of organs, the same in every picture: tissues between the organs pale, organs strong, air black."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable

import numpy as np

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.organ_labels import Label, labels

Colour = tuple[float, float, float]

AIR = "#000000"
BY_NAME = {
    "unnamed": "#9a9a9a",
    "cortical bone": "#fbfaf4",
    "spongiosa": "#d8cba8",
    "medullary cavity": "#b39b6d",
    "adipose": "#f2e2a4",
    "costal cartilage": "#c4dfe0",
    "blood vessels": "#e8112d",
    "spinal cord": "#1f4e9c",
    "trachea": "#4d7fa8",
    "airways": "#d3e6f2",
    "tongue": "#8f2d56",
    "teeth": "#aebcc6",
    "eyes": "#a6cee3",
    "eye lenses": "#10316b",
    "water": "#3f8fd2",
    "pmma": "#a8b4c0",
    "couch": "#6b7078",
}
BY_TISSUE = {
    "muscle": "#c9857c",
    "skin": "#e6b493",
    "lung": "#8ccdf0",
    "liver": "#7d3f17",
    "stomach": "#1e8f4e",
    "colon": "#6f3d9e",
    "breast": "#e0479e",
    "gonads": "#3b0f70",
    "bladder": "#0093ab",
    "oesophagus": "#00574b",
    "thyroid": "#0072b2",
    "brain": "#8094d6",
    "salivary_glands": "#5fc29f",
    "adrenals": "#ffe119",
    "extrathoracic": "#f77f9b",
    "gall_bladder": "#3d7a00",
    "heart": "#a4121f",
    "kidneys": "#b0126b",
    "lymph_nodes": "#35d04a",
    "oral_mucosa": "#ffab91",
    "pancreas": "#f5a300",
    "prostate": "#5a4fcf",
    "small_intestine": "#e0701a",
    "spleen": "#4d2a7a",
    "thymus": "#a9cf4a",
    "uterus": "#d6338a",
}
PALER = 0.62
"""Share of white in the colour of an organ's contents."""


def colour_of(label: Label, others: Iterable[str] = ()) -> Colour:
    """Colour of a label, (red, green, blue) from 0 to 1.

    Parameters
    ----------
    label : Label
    others : iterable of str
        All names without a colour of their own, in order: each gets another hue.
    """
    own = BY_NAME.get(label.name) or BY_TISSUE.get(label.tissue or "")
    colour = _parse(own) if own else _hue(list(others).index(label.name))
    if not label.inner:
        return colour
    return _mix(colour, PALER)


def other_names(phantoms: Iterable[VoxelPhantom]) -> list[str]:
    """Names on phantoms that have no colour of their own, in order."""
    every = [label for phantom in phantoms for label in labels(phantom).values()]
    return list(dict.fromkeys(label.name for label in every if not has_colour(label)))


def colour_table(phantom: VoxelPhantom, others: Iterable[str]) -> np.ndarray:
    """Colour of each region, [regions, 3]; `others` from `other_names`."""
    return np.array([colour_of(label, others) for label in labels(phantom).values()])


def has_colour(label: Label) -> bool:
    """Whether a label has a colour of its own, whatever else is on the picture."""
    return label.name in BY_NAME or (label.tissue or "") in BY_TISSUE


def is_light(colour: Colour) -> bool:
    """Whether black is read better on it than white (relative luminance of WCAG 2, linearised by a power)."""
    red, green, blue = (channel**2.2 for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18


def _mix(colour: Colour, white: float) -> Colour:
    red, green, blue = (channel + (1.0 - channel) * white for channel in colour)
    return red, green, blue


def _parse(text: str) -> Colour:
    red, green, blue = (int(text[i : i + 2], 16) / 255.0 for i in (1, 3, 5))
    return red, green, blue


def _hue(number: int) -> Colour:
    """Hues a golden angle apart, so that neighbours in the list differ; three brightnesses."""
    hue = (0.08 + number * 0.618034) % 1.0
    return colorsys.hsv_to_rgb(hue, (0.75, 0.55, 0.9)[number % 3], (0.95, 0.8, 0.65)[number % 3])
