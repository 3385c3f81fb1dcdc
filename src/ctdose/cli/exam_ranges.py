"""The scan ranges of an exam on bodies that are shown without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctdose.cli.exam_name import check_exam_name
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.phantoms.voxel_phantom import VoxelPhantom
    from ctdose.results.scan_ranges import ScanRange


def exam_ranges(exam: str, shown: Sequence[VoxelPhantom]) -> dict[str, list[ScanRange]]:
    """Plan an exam and give its scan ranges, by the name of the phantom.

    Parameters
    ----------
    exam : str
        File, or name of a shipped exam.
    shown : sequence of VoxelPhantom
        Bodies of the exam's phantom, of any voxel size where they are of the library.

    Raises
    ------
    CtdoseError
        The exam is wrong, or is one of another phantom.
    """
    from ctdose.api import prepare
    from ctdose.exam.phantom_checks import body_name
    from ctdose.results.scan_ranges import scan_ranges

    prepared = prepare(check_exam_name(exam))
    of_exam = {body_name(body): body for body in prepared.phantoms}
    for body in shown:
        own = of_exam.get(body_name(body))
        if own is None or not _same(own, body):
            why = f"an exam of {prepared.exam.phantom}, not of {body.name}"
            raise CtdoseError(f"exam={exam} ({why}). Show the phantom of the exam, or give another exam.")
    return {body.name: scan_ranges(prepared.resolved.plans[body_name(body)]) for body in shown}


def _same(one: VoxelPhantom, other: VoxelPhantom) -> bool:
    from ctdose.phantoms.library import phantom_names

    if one is other:
        return True
    apart = max(abs(a - b) for a, b in zip(one.z_range_mm, other.z_range_mm))
    if one.name == other.name and one.name in phantom_names():
        return apart <= max(*one.spacing_mm, *other.spacing_mm)  # built with other voxels
    return one.shape == other.shape and one.sha256() == other.sha256()
