"""Checks of an exam against what is irradiated: names while it is read, ranges once the bodies are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os.path import isfile  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import Any, Protocol

from ctdose.errors import nearest
from ctdose.exam.faults import Report
from ctdose.exam.mode_checks import volume_fault
from ctdose.exam.model import Exam
from ctdose.exam.modulation_table_checks import check_table_covers
from ctdose.phantoms.family import BODIES
from ctdose.schema import is_number
from ctdose.yaml_reader import Document

SAME_MM = 1e-6


class RegionMap(Protocol):
    """What is asked of a body's anatomy."""

    @property
    def scan_ranges_mm(self) -> Mapping[str, tuple[float, float]]:
        """Lower and upper z of each region, mm."""
        ...


class Body(Protocol):
    """What is asked of a body: `ctdose.VoxelPhantom` has it."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def anatomy(self) -> Any:
        """A `RegionMap` or None."""
        ...

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Lower and upper end along z, mm."""
        ...

    @property
    def corner_mm(self) -> tuple[float, float, float]:
        """Lowest corner, mm."""
        ...

    @property
    def size_mm(self) -> tuple[float, float, float]:
        """Extent, mm."""
        ...


def check_phantom_name(data: Mapping[str, Any], folder: Path | None, report: Report) -> None:
    """Check that the phantom of an exam, as read, is known, and what a phantom of two bodies excludes.

    Parameters
    ----------
    data : mapping
        The exam as read.
    folder : Path or None
        Folder of the exam's file.
    report : Report
        Receives the faults.
    """
    name = data.get("phantom")
    if isinstance(name, Mapping):
        _check_like(name, data, report)
    if not isinstance(name, str) or not name:
        return
    known = _library_phantoms()
    if name in known:
        if name in BODIES:
            _two_bodies(data, report)
        return
    path = Path(name)
    if (folder is not None and isfile(folder / path)) or isfile(path):
        return
    why = "neither a phantom of the library nor a file"
    if path.suffix:
        report.add(
            ("phantom",), name, "no such file", "Check the path: from the exam's folder or the current one."
        )
    else:
        report.add(("phantom",), name, why, nearest(name, known))


def _check_like(given: Mapping[str, Any], data: Mapping[str, Any], report: Report) -> None:
    """Check a phantom of chosen height and weight before anything is built."""
    from ctdose.phantoms.stylized.sizes import SizeError, sized_person

    like, sizes = given.get("like"), [given.get(key) for key in ("height_cm", "weight_kg")]
    if not isinstance(like, str) or not like:
        return
    people = [name for bodies in BODIES.values() for name in bodies]
    if like in BODIES and sizes == [None, None]:
        _two_bodies(data, report)
    elif like not in people:
        report.add(("phantom", "like"), like, "not one person of the family", nearest(like, people))
    elif all(value is None or (is_number(value) and value > 0) for value in sizes):
        try:
            age, sex = like.rsplit("-", 1)
            sized_person(age, sex, height_cm=sizes[0], weight_kg=sizes[1])
        except SizeError as error:
            report.add(("phantom", error.key), error.value, error.why, error.right)


def _library_phantoms() -> list[str]:
    try:
        from ctdose.phantoms.library import phantom_names
    except ModuleNotFoundError:
        return ["adult", "adult-male", "adult-female"]
    return list(phantom_names())


def _two_bodies(data: Mapping[str, Any], report: Report) -> None:
    name = data["phantom"]
    name = name["like"] if isinstance(name, Mapping) else name
    acquisitions = data.get("acquisitions")
    why = "the phantom has two bodies, and one coordinate cannot fit both"
    for i, raw in enumerate(acquisitions if isinstance(acquisitions, list) else []):
        ends = raw.get("scan_range") if isinstance(raw, dict) else None
        if isinstance(ends, list | tuple) and len(ends) == 2 and all(map(is_number, ends)):
            right = f"Write a region such as chest, or choose one body: {name}-male or {name}-female."
            report.add(("acquisitions", i, "scan_range"), ends, why, right)
        table = raw.get("modulation") if isinstance(raw, dict) else None
        if isinstance(table, dict) and (table.get("table") is not None or table.get("z_mm") is not None):
            right = (
                f"Choose one body: {name}-male or {name}-female; or modulate by the body's own attenuation."
            )
            two = "the phantom has two bodies, and the z of one table cannot fit both"
            report.add(("acquisitions", i, "modulation"), "…", two, right)
    if data.get("isocentre_mm") is not None:
        right = "Write off_centre_mm, from the centre of each body."
        report.add(("isocentre_mm",), data["isocentre_mm"], why, right)


def check_against_phantom(exam: Exam, bodies: Iterable[Body]) -> None:
    """Check the scan ranges of an exam against the bodies that it is simulated on.

    Parameters
    ----------
    exam : Exam
        Checked already by itself.
    bodies : iterable of Body
        The bodies of its phantom.

    Raises
    ------
    ExamError
        A region that a body lacks, a range outside a body, numbers with two bodies: one line each.
    """
    all_bodies = list(bodies)
    report = Report(exam._document or Document(None, {}, exam.file))
    if len(all_bodies) > 1:
        _two_bodies(exam.model_dump(mode="python"), report)
    else:
        for body in all_bodies:
            _numeric_ranges(exam, body, report)
    for body in all_bodies:
        _words(exam, body, report)
        _table(exam, body, report)
    report.raise_if_any()
    _tables(exam, all_bodies, report)
    report.raise_if_any()


def _tables(exam: Exam, bodies: list[Body], report: Report) -> None:
    from ctdose.exam.plan import planned_range_mm

    for i, acquisition in enumerate(exam.acquisitions):
        for body in bodies if acquisition.modulation_options.z_mm is not None else []:
            planned = planned_range_mm(acquisition, body)
            check_table_covers(
                acquisition.modulation_options, planned, ("acquisitions", i, "modulation"), report
            )


def _numeric_ranges(exam: Exam, body: Body, report: Report) -> None:
    low, high = body.z_range_mm
    for i, acquisition in enumerate(exam.acquisitions):
        ends = acquisition.scan_range
        if not isinstance(ends, str) and (ends[0] < low - SAME_MM or ends[1] > high + SAME_MM):
            right = f"{body_name(body)} reaches from z = {low:g} to {high:g} mm."
            report.add(("acquisitions", i, "scan_range"), ends, "outside the phantom", right)


def _words(exam: Exam, body: Body, report: Report) -> None:
    known = list(body.anatomy.scan_ranges_mm) if body.anatomy is not None else []
    for i, acquisition in enumerate(exam.acquisitions):
        word = acquisition.scan_range
        if isinstance(word, str) and word not in known:
            low, high = body.z_range_mm
            numbers = f"Write [z_start_mm, z_end_mm] between {low:g} and {high:g}."
            right = nearest(word, known) if known else numbers
            why = "no region of this phantom" if known else "this phantom has no regions"
            report.add(("acquisitions", i, "scan_range"), word, why, right)
        elif isinstance(word, str) and acquisition.mode == "axial" and acquisition.table_increment_mm is None:
            low, high = body.anatomy.scan_ranges_mm[word]
            length = high - low + 2 * acquisition.scan_margin_mm
            if length > acquisition.collimation_mm + SAME_MM:
                fault = volume_fault(length, acquisition.collimation_mm, f" on {body_name(body)}")
                report.add(("acquisitions", i, "scan_range"), word, *fault)


def _table(exam: Exam, body: Body, report: Report) -> None:
    if exam.table and any(organ.name == "couch" for organ in getattr(body, "organs", ())):
        right = "Leave table out: the one that was imaged is simulated."
        report.add(("table",), True, f"{body_name(body)} has a table of its own (couch)", right)


def body_name(body: Body) -> str:
    """Name of a body: that of its anatomy, or of the phantom."""
    return str(getattr(body.anatomy, "body", "") or body.name)
