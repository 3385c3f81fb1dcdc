"""The exam of a result with some keys of its acquisitions changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ctdose.errors import CtdoseError, nearest
from ctdose.exam.acquisition import OUTPUTS
from ctdose.exam.model import Exam
from ctdose.exam.parse import exam_from_mapping
from ctdose.results.result import Result
from ctdose.scanner.model import Scanner
from ctdose.yaml_reader import parse_yaml


@dataclass(frozen=True)
class AcquisitionChange:
    """What is different in one acquisition; None: as it was.

    Attributes
    ----------
    name : str or None
        Of the acquisition; None: of an exam that has one.
    scan_range : str or (float, float) or None
        A region, or lower and upper end in mm.
    modulation : object
        As the key of the exam file; None: as it was.
    tube_current_ma : float or None
        Instead of whatever stated the output: the mean over the beam-on.
    """

    name: str | None = None
    scan_range: str | tuple[float, float] | None = None
    modulation: Any = None
    tube_current_ma: float | None = None


def changed_exam(result: Result, changes: Sequence[AcquisitionChange]) -> Exam:
    """The exam with the changes, checked as any exam.

    Raises
    ------
    CtdoseError
        If there is no such acquisition, or the changed exam is wrong.
    """
    data: dict[str, Any] = parse_yaml(result.exam_yaml.encode("utf-8"), "exam.yaml").data
    acquisitions = {item["name"]: item for item in data["acquisitions"]}
    for change in changes:
        item = acquisitions[_name(change.name, list(acquisitions))]
        if change.scan_range is not None:
            given = change.scan_range
            item["scan_range"] = given if isinstance(given, str) else list(given)
        if change.modulation is not None:
            item["modulation"] = change.modulation
        if change.tube_current_ma is not None:
            for key in OUTPUTS:
                item.pop(key, None)
            item["tube_current_ma"] = change.tube_current_ma
    return exam_from_mapping(data)


def _name(name: str | None, known: list[str]) -> str:
    if name is None:
        if len(known) != 1:
            raise CtdoseError(f"acquisition (not named; there are {', '.join(known)}). Name one of them.")
        return known[0]
    if name not in known:
        raise CtdoseError(f"acquisition={name} (not in this result). {nearest(name, known)}")
    return name


def scanner_of(result: Result) -> Scanner:
    """The scanner that the result was made with, whatever the library says now."""
    return Scanner.model_validate(parse_yaml(result.scanner_yaml.encode("utf-8"), "scanner.yaml").data)
