"""What a column of a manifest sets in an exam."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ctdose.errors import nearest
from ctdose.exam.acquisition import Acquisition
from ctdose.exam.like_phantom import LikePhantom
from ctdose.exam.model import Exam
from ctdose.exam.simulation_options import SimulationOptions
from ctdose.exam.subject import Subject
from ctdose.faults import KeyPath
from ctdose.study.change import Set

NAME, TEMPLATE = "name", "template"
OWN = (NAME, TEMPLATE)
"""Of the manifest itself: the name of a row's output, and the exam that it changes."""
TEXT = (str, str | None)
NESTED: dict[str, Any] = {"simulation": SimulationOptions, "subject": Subject, "phantom": LikePhantom}


class UnknownColumn(Exception):
    """A column that sets nothing; `right` says what would be right."""

    def __init__(self, right: str) -> None:
        super().__init__(right)
        self.right = right


def check_column(column: str, acquisitions: Sequence[str]) -> None:
    """Check that a column sets a key of an exam.

    Parameters
    ----------
    column : str
    acquisitions : sequence of str
        Names of the acquisitions of all templates.

    Raises
    ------
    UnknownColumn
    """
    parts = column.split(".")
    if column in OWN or (len(parts) == 1 and parts[0] in _plain_columns()):
        return
    if len(parts) == 2 and parts[0] in NESTED and parts[1] in NESTED[parts[0]].model_fields:
        return
    if len(parts) >= 2 and parts[0] in acquisitions and parts[1] in Acquisition.model_fields:
        return
    raise UnknownColumn(nearest(column, [*OWN, *known_columns(acquisitions)]))


def is_text(column: str) -> bool:
    """Whether a column holds nothing but text: there ``0042`` is no number."""
    first, _, rest = column.rpartition(".")
    if column in OWN:
        return True
    models = (NESTED.get(first, Acquisition),) if first else (Exam, Acquisition, SimulationOptions)
    fields = (model.model_fields.get(rest) for model in models)
    return any(field is not None and field.annotation in TEXT for field in fields)


def _plain_columns() -> list[str]:
    exam = [name for name in Exam.model_fields if name != "acquisitions"]
    acquisition = [name for name in Acquisition.model_fields if name != NAME]
    return [*exam, *acquisition, *SimulationOptions.model_fields]


def known_columns(acquisitions: Sequence[str]) -> list[str]:
    """Columns that set something, those of single acquisitions last."""
    nested = [f"{outer}.{inner}" for outer, model in NESTED.items() for inner in model.model_fields]
    own = [f"{name}.{inner}" for name in acquisitions for inner in Acquisition.model_fields if inner != NAME]
    return [*_plain_columns(), *nested, *own]


def sets_of(column: str, value: Any, data: dict[str, Any]) -> Iterator[Set]:
    """What a value in a column sets in an exam.

    Parameters
    ----------
    column : str
        Of `known_columns`. A key of an acquisition is set in all of them; ``NAME.key`` sets that of one.
    value : object
    data : dict
        The template, as read.
    """
    first, _, rest = column.partition(".")
    names = dict(_acquisitions(data))
    said: KeyPath = (column,)
    if rest and first in NESTED:
        yield Set((first, rest), value, said)
    elif rest:
        for i in (i for i, name in names.items() if name == first):
            yield Set(("acquisitions", i, *rest.split(".")), value, said)
    elif column in NESTED and isinstance(value, dict) and column != "phantom":
        for inner, each in value.items():
            yield Set((column, inner), each, said)
    elif column in Exam.model_fields:
        yield Set((column,), value, said)
    elif column in SimulationOptions.model_fields:
        yield Set(("simulation", column), value, said)
    else:
        for i in names:
            yield Set(("acquisitions", i, column), value, said)


def _acquisitions(data: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Place and name of each acquisition that is one."""
    found = data.get("acquisitions")
    for i, item in enumerate(found if isinstance(found, list) else []):
        if isinstance(item, dict):
            yield i, str(item.get(NAME))
