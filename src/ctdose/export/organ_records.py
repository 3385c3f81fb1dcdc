"""The rows of exported tables: every organ of every body, or every acquisition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ctdose.dosimetry.organ_dose import NO_ID
from ctdose.results.acquisition_table import AcquisitionRow, acquisition_rows
from ctdose.results.organ_table import OrganRow, organ_rows
from ctdose.results.result import Result

TABLES = ("organs", "acquisitions")


@dataclass(frozen=True)
class OrganRecord(OrganRow):
    """A row of the organ table with what joins it to other tables and to the labels.

    Attributes
    ----------
    organ_id : int
        The value of its voxels in the exported labels; -1 of groups and tissues, which have none.
    snomed : str
        SNOMED CT code, or empty.
    exam : str
        Title of the exam.
    """

    organ_id: int
    snomed: str
    exam: str


Record = OrganRecord | AcquisitionRow


def records(result: Result, table: str, body: str | None = None) -> list[Record]:
    """Rows of a table.

    Parameters
    ----------
    result : Result
    table : str
        ``organs``: every organ and group, of the mean of several bodies first, then of each body; the highest dose
        first. ``acquisitions``: dose indices of each acquisition on each body.
    body : str, optional
        Rows of this body only.
    """
    if table == "acquisitions":
        return [row for row in acquisition_rows(result) if body in (None, row.body)]
    names = list(result.bodies) if body is None else [body]
    rows = [_record(result, row, list(result.bodies)) for row in _mean_rows(result)] if body is None else []
    for name in names:
        rows += [_record(result, row, [name]) for row in organ_rows(result, name, everything=True)]
    return list(rows)


def columns_of(table: str) -> Mapping[str, str]:
    """Names of the columns and their types: ``str``, ``int``, ``float`` or ``bool``."""
    kind: Any = OrganRecord if table == "organs" else AcquisitionRow
    return {each.name: str(each.type).removesuffix(" | None") for each in fields(kind)}


def provenance(result: Result) -> dict[str, str]:
    """What led to the tables, as texts."""
    known: dict[str, Any] = {"exam": result.exam, "exam_sha256": result.exam_sha256}
    known |= {"created_utc": result.created_utc, "histories": result.histories, "seed": result.seed}
    known |= {"complete": int(result.complete), **result.versions}
    return {name: str(value) for name, value in known.items()}


def _mean_rows(result: Result) -> list[OrganRow]:
    """Rows of the organs that several bodies have."""
    counts = Counter(name for body in result.bodies.values() for name in body.organs)
    return [row for row in organ_rows(result, everything=True) if counts[row.organ] > 1]


def _record(result: Result, row: OrganRow, bodies: list[str]) -> OrganRecord:
    organs = [
        result.bodies[name].organs[row.organ] for name in bodies if row.organ in result.bodies[name].organs
    ]
    ids = {organ.organ_id for organ in organs}
    return OrganRecord(
        **vars(row),
        organ_id=ids.pop() if len(ids) == 1 else NO_ID,  # two bodies may number an organ differently
        snomed=organs[0].snomed,
        exam=result.exam,
    )
