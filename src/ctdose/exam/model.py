"""An exam: who is scanned, by what, and how. Immutable; made by `load_exam` or `parse_exam`."""

from __future__ import annotations

from collections.abc import Mapping
from os.path import isfile  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import Any, Literal

from pydantic import PrivateAttr, field_validator

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.faults import ExamError
from ctdose.exam.like_phantom import LikePhantom, PhantomChoice
from ctdose.exam.simulation_options import SimulationOptions
from ctdose.exam.subject import IsoDate, Subject
from ctdose.faults import KeyPath
from ctdose.schema import LATER, Checked, PairMm, fault, key
from ctdose.schema_faults import check_file
from ctdose.yaml_reader import Document

OTHER_POSITIONS = tuple(
    f"{end}-{way}"
    for end in ("head-first", "feet-first")
    for way in ("supine", "prone", "decubitus-left", "decubitus-right")
    if (end, way) != ("head-first", "supine")
)


MOST_WITH_TARGET = 10**9
"""Histories at most with a target, unless the exam states them."""


class Exam(Checked):
    """A CT examination. Units are in the names; `ctdose exam keys` lists meaning, default and range of each key."""

    exam: str = key(doc="Its title", min_length=1, max_length=200, example="Chest, routine adult")
    phantom: PhantomChoice = key(
        doc="A phantom of the library, or a file; adult is both reference persons. Or a mapping: like whom",
        example="adult",
        right="Write a name such as adult, a file, or like: adult-female with height_cm and weight_kg below it.",
    )
    scanner: str = key(doc="A scanner of the library, or a file", min_length=1, example="generic-64")
    acquisitions: list[Acquisition] = key(
        doc="Irradiation events in the order of time",
        min_length=1,
        max_length=100,
        right="Write a list, each entry beginning with - name: …",
    )
    simulation: SimulationOptions = key(SimulationOptions, doc="How it is simulated")
    patient_position: Literal["head-first-supine"] = key(
        "head-first-supine", doc="Position on the table; only this one so far"
    )
    isocentre_mm: PairMm | None = key(
        None,
        doc="x and y of the rotation axis in the phantom's coordinates; default: the phantom's centre",
        unit="mm",
        example=[0, 0],
    )
    off_centre_mm: PairMm | None = key(
        None,
        doc="Instead: x and y of the rotation axis from the phantom's centre",
        unit="mm",
        example=[0, 20],
    )
    table: bool | None = key(
        False,
        doc="Whether the scanner's patient table is under the body; it takes up some of the beam from below",
    )
    procedure: str | None = key(None, doc="Procedure, for the record", max_length=200)
    indication: str | None = key(None, doc="Indication, for the record", max_length=1000)
    exam_date: IsoDate | None = key(None, doc="Date, for the record", example="2024-05-31")
    subject: Subject | None = key(None, doc="Who was examined, for the record")

    _document: Document | None = PrivateAttr(default=None)
    _changed: frozenset[KeyPath] = PrivateAttr(default=frozenset())
    _from_files: dict[KeyPath, str] = PrivateAttr(default_factory=dict)

    @field_validator("patient_position", mode="before")
    @classmethod
    def _known_position(cls, value: Any) -> Any:
        if value in OTHER_POSITIONS:
            raise fault(LATER, "Write head-first-supine.")
        return value

    @property
    def file(self) -> str:
        """Name of the file it came from, as messages show it."""
        return self._document.file if self._document else "exam"

    @property
    def folder(self) -> Path | None:
        """Folder of its file, where phantom and scanner files are looked for first."""
        path = Path(self.file)
        return path.parent if self._document and isfile(path) else None

    @property
    def phantom_source(self) -> str | dict[str, Any]:
        """The phantom as `load_bodies` takes it: a name, a file, or like whom."""
        return self.phantom.given() if isinstance(self.phantom, LikePhantom) else self.phantom

    @property
    def phantom_label(self) -> str | dict[str, Any]:
        """The phantom as a result keeps it: of a file only the last part."""
        source = self.phantom_source
        return Path(source).name if isinstance(source, str) else source

    def line(self, path: KeyPath) -> int | None:
        """Line of a key in its file, None if it was not made from a file."""
        return self._document.line(path) if self._document and self._document.sha256 else None

    def origin(self, path: KeyPath) -> str:
        """Where a value came from: "user" (and of which file of theirs), "default" or "command line"."""
        if path in self._changed:
            return "command line"
        if path in self._from_files:
            return self._from_files[path]
        if self._document is None:
            return "user"
        node: Any = self._document.data
        for part in path:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return "default"
        return "user" if node is not None else "default"

    @property
    def most_histories(self) -> int:
        """Histories to simulate, or with a target at most."""
        open_end = self.simulation.target_relative_standard_error is not None
        if open_end and self.origin(("simulation", "histories")) == "default":
            return MOST_WITH_TARGET
        return self.simulation.histories

    def with_simulation(self, **changes: Any) -> Exam:
        """Copy with other simulation options, marked as given on the command line.

        Parameters
        ----------
        **changes
            Keys of `SimulationOptions`; None leaves a key as it is.

        Raises
        ------
        ExamError
            A value is out of range.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        data = {**self.simulation.model_dump(mode="python"), **given}
        options = check_file(SimulationOptions, Document(data, {}, "command line"), ExamError)
        changed = self.model_copy(update={"simulation": options})
        changed._changed = self._changed | {("simulation", name) for name in given}
        return changed


def plain(exam: Exam) -> Mapping[str, Any]:
    """All values of an exam, defaults included, as YAML and JSON know them."""
    return exam.model_dump(mode="json")
