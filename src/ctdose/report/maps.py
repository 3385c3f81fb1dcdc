"""The dose map of a result for the page: volumes within the page's weight, and a pane for each plane."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import Any

from ctdose.report.colours import dose_colours, hex_text
from ctdose.report.panes import Pane, panes_of
from ctdose.report.png import png_url
from ctdose.report.still import Scale, section_picture
from ctdose.report.ticks import Axis, axis_to
from ctdose.report.volume import Volume, volume_of
from ctdose.report.volume_reduce import shown_part, step_of, voxel_count
from ctdose.results.plots import MARGIN_MM, beam_mm, scale_end_mgy
from ctdose.results.result import BodyResult, Result

HEAVIEST_BYTES = 3_200_000
"""Of all volumes, as text: what else is on a page is less than a megabyte."""
MOST_VOXELS = 30_000_000
SIZES_MM = (
    (0.0, 5.0),
    (2.5, 5.0),
    (3.5, 7.0),
    (5.0, 7.0),
    (5.0, 10.0),
    (7.0, 14.0),
    (10.0, 20.0),
    (20.0, 40.0),
)
"""Voxels of the anatomy and blocks of the dose, finest first: the first that are light enough are taken."""


@dataclass(frozen=True)
class BodyMap:
    """One body on the page.

    Attributes
    ----------
    name : str
    panes : tuple of Pane
    data : dict
        What the page's script reads.
    anatomy_mm, dose_mm : tuple of float
        Voxels of the anatomy, blocks of the dose, (x, y, z).
    """

    name: str
    panes: tuple[Pane, ...]
    data: dict[str, Any]
    anatomy_mm: tuple[float, ...]
    dose_mm: tuple[float, ...]


@dataclass(frozen=True)
class DoseMaps:
    """All bodies that have a dose map, and what they share.

    Attributes
    ----------
    bodies : tuple of BodyMap
    scale : Scale
    axis : Axis
        Of the colour bar.
    bar : str
        The colour bar, as a data URL.
    shared : dict
        What the page's script reads besides: colours and scale.
    """

    bodies: tuple[BodyMap, ...]
    scale: Scale
    axis: Axis
    bar: str
    shared: dict[str, Any]


def dose_maps(result: Result) -> DoseMaps | None:
    """Everything that the page needs to show the dose map; None where no body has one."""
    having = [body for body in result.bodies.values() if body.map is not None]
    if not having:
        return None
    volumes = _light_enough(result, having)
    axis = axis_to(scale_end_mgy(result, having), 4)
    scale = Scale(scale_end_mgy(result, having))
    bodies = tuple(_body_map(result, volume, scale) for volume in volumes)
    shared = {"colours": hex_text(dose_colours()), "end_mgy": scale.end_mgy}
    shared |= {"opacity": scale.opacity, "faint": scale.faint}
    return DoseMaps(bodies, scale, axis, png_url(dose_colours()[None]), shared)


def _light_enough(result: Result, bodies: list[BodyResult]) -> list[Volume]:
    """The finest volumes that together weigh no more than a page may; if none do, the coarsest."""
    crops = [shown_part(body.grid, _shown_mm(result, body)) for body in bodies]
    volumes: list[Volume] = []
    for sizes_mm in SIZES_MM:
        steps = [step_of(body.grid.spacing_mm, sizes_mm[0]) for body in bodies]
        many = sum(map(voxel_count, crops, steps)) > MOST_VOXELS
        if many and sizes_mm != SIZES_MM[-1]:
            continue
        volumes = [volume_of(body, crop, *sizes_mm) for body, crop in zip(bodies, crops)]
        if sum(len(packed(each.labels)) + len(packed(each.codes)) for each in volumes) <= HEAVIEST_BYTES:
            break
    return volumes


def _shown_mm(result: Result, body: BodyResult) -> tuple[float, float]:
    low, high = beam_mm(result, body)
    return low - MARGIN_MM, high + MARGIN_MM


def packed(array: Any) -> str:
    """An array as text: zlib (RFC 1950) in base64."""
    return base64.b64encode(zlib.compress(array.tobytes(), 6)).decode()


def _body_map(result: Result, volume: Volume, scale: Scale) -> BodyMap:
    def still(kind: str, index: int) -> str:
        return png_url(section_picture(volume, kind, index, scale))

    return BodyMap(
        name=volume.body,
        panes=panes_of(result, volume, still),
        data=_data(volume),
        anatomy_mm=volume.spacing_mm,
        dose_mm=volume.code_spacing_mm,
    )


def _data(volume: Volume) -> dict[str, Any]:
    """The volume as the page's script reads it; shapes are [z, y, x], places (x, y, z)."""
    return {
        "shape": volume.labels.shape,
        "bytes": volume.labels.dtype.itemsize,
        "origin": volume.origin_mm,
        "spacing": volume.spacing_mm,
        "labels": packed(volume.labels),
        "names": volume.names,
        "greys": volume.greys.tolist(),
        "solid": volume.solid.astype(int).tolist(),
        "dose_shape": volume.codes.shape,
        "dose_origin": volume.code_origin_mm,
        "dose_spacing": volume.code_spacing_mm,
        "codes": packed(volume.codes),
        "top": volume.top_mgy,
    }
