"""The tables of tube currents of an exam, brought from their files into it."""

from __future__ import annotations

from pathlib import Path

from ctdose.exam.model import Exam
from ctdose.exam.modulation_keys import ModulationOptions
from ctdose.exam.modulation_table import COLUMNS, CurrentTable, find_table, read_table
from ctdose.faults import KeyPath


def with_tables(exam: Exam, folder: Path | None) -> Exam:
    """The exam with the tables of its files written into it, so that it stands by itself."""
    acquisitions = list(exam.acquisitions)
    origins: dict[KeyPath, str] = {}
    for i, item in enumerate(acquisitions):
        options = item.modulation_options
        if options.table is None:
            continue
        found = find_table(options.table, folder)
        assert found is not None  # it was read when it was checked
        table, sha256 = read_table(found)
        acquisitions[i] = item.model_copy(update={"modulation": _inlined(options, table)})
        for key in COLUMNS:
            origins[("acquisitions", i, "modulation", key)] = f"user, {found.name}, sha256 {sha256}"
    if not origins:
        return exam
    changed = exam.model_copy(update={"acquisitions": acquisitions})
    changed._from_files = origins
    return changed


def _inlined(options: ModulationOptions, table: CurrentTable) -> ModulationOptions:
    rows = table.tube_current_ma.tolist()
    current = tuple(tuple(row) for row in rows) if table.has_angles else tuple(row[0] for row in rows)
    return options.model_copy(
        update={
            "table": None,
            "z_mm": table.z_mm.tolist(),
            "angle_deg": table.angle_deg.tolist() if table.has_angles else None,
            "tube_current_ma": current,
        }
    )
