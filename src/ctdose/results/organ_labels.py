"""What the regions of a phantom are called on a picture: few names for many regions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ctdose.phantoms.couch import couch_region
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.tissues import REMAINDER_TISSUES, WEIGHTED_TISSUES
from ctdose.phantoms.voxel_phantom import VoxelPhantom

WEIGHTED, REMAINDER, SKELETON, OTHER = range(4)
HEADINGS = ("weighted (ICRP 103)", "remainder (ICRP 103)", "skeleton", "not weighted")

BONE_KINDS = {
    "_cortical": "cortical bone",
    "_spongiosa": "spongiosa",
    "_medullary_cavity": "medullary cavity",
}
MARROW_TISSUES = ("red_bone_marrow", "bone_surface")
INNER_ENDS = ("_contents", "_lumen", "_adipose")
OUTER_ENDS = ("", "_wall", "_glandular")
AIRWAYS = ("tracheal_lumen", "upper_airway_lumen")


@dataclass(frozen=True)
class Label:
    """What a region is on a picture.

    Attributes
    ----------
    name : str
        ``lungs``, ``colon``, ``cortical bone``, ``region 9``.
    heading : int
        Of `HEADINGS`.
    inner : bool
        Contents of a hollow organ, or the fat of the breast: a paler colour of the same name.
    tissue : str or None
        Its tissue of ICRP Publication 103.
    named : bool
        False for a region that is no organ of the phantom.
    """

    name: str
    heading: int = OTHER
    inner: bool = False
    tissue: str | None = None
    named: bool = True


def labels(phantom: VoxelPhantom) -> dict[int, Label]:
    """Label of each region: parts by their group or tissue, contents by their organ, bones by their kind."""
    groups = {} if phantom.anatomy is None else phantom.anatomy.groups
    group_of = {part: group for group, parts in groups.items() for part in parts}
    shared = Counter(organ.icrp103_tissue for organ in phantom.organs)
    by_name = {organ.name: organ for organ in phantom.organs}
    known = {organ.organ_id: organ for organ in phantom.organs}
    table = couch_region(phantom)

    def outer(organ: Organ) -> Label:
        tissue = organ.icrp103_tissue
        name = group_of.get(organ.name)
        if name is None:
            name = tissue if tissue is not None and shared[tissue] > 1 else _plain(organ.name)
        return Label(name.replace("_", " "), _heading(organ), tissue=tissue)

    def label(region: int) -> Label:
        organ = known.get(region)
        if organ is None:
            if region == table:
                return Label("couch", named=False)
            nameless = region == 0 and bool(phantom.organs)
            return Label("unnamed" if nameless else f"region {region}", named=False)
        for end, kind in BONE_KINDS.items():
            if organ.name.endswith(end):
                return Label(kind, SKELETON)
        if organ.name in AIRWAYS:
            return Label("airways")
        around = _around(organ.name, by_name)
        if around is None:
            return outer(organ)
        holder = outer(around)
        return Label(holder.name, holder.heading, True, holder.tissue)

    return {region: label(region) for region in range(int(phantom.region_index.max()) + 1)}


def _around(name: str, by_name: dict[str, Organ]) -> Organ | None:
    """The organ that holds these contents."""
    for end in INNER_ENDS:
        if name.endswith(end):
            stem = name.removesuffix(end)
            return next((by_name[stem + last] for last in OUTER_ENDS if stem + last in by_name), None)
    return None


def _plain(name: str) -> str:
    for side in ("left", "right"):
        name = name.removeprefix(f"{side}_").removesuffix(f"_{side}")
    return name.removesuffix("_wall")


def _heading(organ: Organ) -> int:
    if organ.icrp103_tissue in MARROW_TISSUES:
        return SKELETON
    if organ.icrp103_tissue in WEIGHTED_TISSUES:
        return WEIGHTED
    return REMAINDER if organ.icrp103_tissue in REMAINDER_TISSUES else OTHER
