"""What stands on and around a section of a phantom: numbers of organs, letters of directions, a scale in mm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ctdose.results.organ_colours import Colour, is_light
from ctdose.results.phantom_layout import PAD_IN
from ctdose.results.phantom_legend import Entry
from ctdose.results.sections import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NUMBER_PT, LETTER_PT, TICK_PT, TITLE_PT = 6.0, 8.0, 6.5, 7.5
ROOM_IN = 0.045
"""A number is written where a circle of this radius fits into the organ."""
TICK_ROOM_IN = 0.1
NARROW_IN, NEW_LINE = 1.8, "\n"


def write_numbers(
    axes: Axes,
    plane: Section,
    numbers: np.ndarray,
    entries: Sequence[Entry],
    picture: np.ndarray,
    inches_per_mm: float,
) -> None:
    """Write the legend's numbers where an organ is widest, so that no colour need be told from another.

    Parameters
    ----------
    axes : Axes
    plane : Section
    numbers : int array, [rows, columns]
        Of the entries.
    entries : sequence of Entry
    picture : array, [rows, columns, 3]
        Colours of the section: the numbers are black or white on them.
    inches_per_mm : float
        Scale of the section.
    """
    for entry in entries:
        x, y, radius = widest_place(numbers == entry.number, plane)
        if radius * inches_per_mm >= ROOM_IN:
            colour = "black" if is_light(_at(picture, plane, x, y)) else "white"
            axes.text(
                x,
                y,
                str(entry.number),
                fontsize=NUMBER_PT,
                ha="center",
                va="center_baseline",
                color=colour,
                zorder=2.5,
            )


def _at(picture: np.ndarray, plane: Section, x: float, y: float) -> Colour:
    left, right, bottom, top = plane.extent_mm
    first, last = (bottom, top) if plane.origin == "lower" else (top, bottom)
    row = int((y - first) / (last - first) * picture.shape[0])
    red, green, blue = picture[row, int((x - left) / (right - left) * picture.shape[1])].tolist()
    return red, green, blue


def widest_place(there: np.ndarray, plane: Section) -> tuple[float, float, float]:
    """Centre and radius, mm, of a largest circle within an area of a section; radius 0 where nothing is.

    Parameters
    ----------
    there : bool array, [rows, columns]
    plane : Section
    """
    if not there.any():
        return 0.0, 0.0, 0.0
    from scipy.ndimage import distance_transform_edt

    rows, columns = np.nonzero(there)
    corner = rows.min(), columns.min()
    part = np.pad(there[corner[0] : rows.max() + 1, corner[1] : columns.max() + 1], 1)
    left, right, bottom, top = plane.extent_mm
    step_x = (right - left) / there.shape[1]
    step_y = (top - bottom) / there.shape[0] * (1 if plane.origin == "lower" else -1)
    first_y = bottom if plane.origin == "lower" else top
    distance = distance_transform_edt(part, sampling=(abs(step_y), abs(step_x)))
    row, column = np.unravel_index(int(distance.argmax()), part.shape)
    x = left + (column - 1 + corner[1] + 0.5) * step_x
    y = first_y + (row - 1 + corner[0] + 0.5) * step_y
    return float(x), float(y), float(distance.max()) - 0.5 * abs(step_x)


def dress_section(axes: Axes, plane: Section, inches_per_mm: float) -> None:
    """Title with the section's position, letters of the directions above and below it, ticks in mm."""
    narrow = plane.size_mm[0] * inches_per_mm < NARROW_IN
    across = {0: "z", 1: "y", 2: "x"}[plane.axis]
    position = f"{across} = {round(plane.position_mm) + 0} mm"
    axes.set_title(f"{plane.kind}{NEW_LINE if narrow else ', '}{position}", fontsize=TITLE_PT, pad=3)
    left, right, bottom, top = plane.extent_mm
    pad = PAD_IN / inches_per_mm * np.sign(top - bottom)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom - pad, top + pad)
    axes.set_facecolor("black")
    _ticks(axes, plane)
    _letters(axes, plane)


def _letters(axes: Axes, plane: Section) -> None:
    at_left, at_right, below, above = plane.ends
    inwards = LETTER_PT * 0.75
    for letter, x, y, shift in (
        (at_left, 0.0, 1.0, inwards),
        (at_right, 1.0, 1.0, -inwards),
        (below, 0.5, 0.0, 0.0),
        (above, 0.5, 1.0, 0.0),
    ):
        axes.annotate(
            letter,
            (x, y),
            xycoords="axes fraction",
            xytext=(shift, (0.5 - y) * PAD_IN * 72),  # points: the middle of the pad
            textcoords="offset points",
            color="white",
            fontsize=LETTER_PT,
            weight="bold",
            ha="center",
            va="center_baseline",
            zorder=5.0,
        )


def _ticks(axes: Axes, plane: Section) -> None:
    from matplotlib.ticker import MaxNLocator

    place, figure = axes.get_position(), axes.figure
    wide, tall = place.width * figure.get_figwidth(), place.height * figure.get_figheight()  # type: ignore[union-attr]
    for axis, inches, (low, high) in (
        (axes.xaxis, wide, sorted(axes.get_xlim())),
        (axes.yaxis, tall, sorted(axes.get_ylim())),
    ):
        room = TICK_ROOM_IN / inches * (high - low)  # the next section's numbers begin where these end
        ticks = MaxNLocator(max(1, int(inches / 0.4)), steps=[1, 2, 5, 10]).tick_values(low, high)
        axis.set_ticks([each for each in ticks if low + room <= each <= high - room])
    axes.tick_params(labelsize=TICK_PT, length=2, pad=1.5, labelleft=plane.kind != "sagittal")
