"""The result file of a study: HDF5, described in docs/study-file.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ctdose.results.file_kind import FileKind
from ctdose.results.hdf5_tree import Tree, Value, quoted, table, texts
from ctdose.results.result_layout import TEXT, Columns
from ctdose.study.result import CRITERIA, StudyResult
from ctdose.study.study_layout import (
    CRITERION_COLUMNS,
    DOSE_COLUMNS,
    FORMAT,
    FORMAT_VERSION,
    MEMBER_COLUMNS,
    ROOT_TEXTS,
    part_of,
)
from ctdose.study.tables import dose_rows

STUDY_FILE = FileKind(
    "study", FORMAT, FORMAT_VERSION, part_of, right="Give a file that ctdose compare wrote."
)


def save_study(result: StudyResult, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a study as HDF5: under a temporary name first, so that a broken file never has the final one.

    Raises
    ------
    CtdoseError
        If the file exists and `overwrite` is False, or it cannot be written.
    """
    STUDY_FILE.save(lambda: _tree_of(result), path, overwrite=overwrite)


def load_study_result(path: str | Path) -> StudyResult:
    """Read the result file of a study.

    Raises
    ------
    CtdoseError
        If the file is missing, of another kind or of a newer major version, damaged, refers to anything outside
        itself, or holds what no study has.
    """
    from ctdose.study.study_untree import study_of

    return STUDY_FILE.load(path, study_of)


def _tree_of(result: StudyResult) -> Tree:
    tree = Tree()
    root: dict[str, Value] = {"format": FORMAT, "format_version": FORMAT_VERSION, **result.versions}
    root |= {name: getattr(result, name) for name in ROOT_TEXTS}
    root |= {"version_names": " ".join(result.versions), "histories": result.histories}
    root |= {
        "seed": str(result.seed),
        "seconds": float(result.seconds),
    }  # a seed may need 64 bits without a sign
    tree.group("/", root)
    tree.group("/provenance")
    STUDY_FILE.put(tree, "/provenance/study_yaml", result.study_yaml)
    STUDY_FILE.put(tree, "/provenance/base_yaml", result.base_yaml)
    STUDY_FILE.put(tree, "/members", _table(MEMBER_COLUMNS, [vars(m) for m in result.members]))
    criteria = [
        {"member": i, "criterion": name, **vars(member.at[name])}
        for i, member in enumerate(result.members)
        for name in CRITERIA
    ]
    STUDY_FILE.put(tree, "/criteria", _table(CRITERION_COLUMNS, criteria))
    STUDY_FILE.put(tree, "/doses", _table(DOSE_COLUMNS, [vars(row) for row in dose_rows(result)]))
    STUDY_FILE.put(tree, "/quantities", texts(result.quantities))
    STUDY_FILE.put(tree, "/noise_notes", texts(result.noise_notes))
    STUDY_FILE.put(tree, "/absorbed_dose", np.ascontiguousarray(result.dose))
    STUDY_FILE.put(tree, "/standard_error", np.ascontiguousarray(result.standard_error))
    tree.group("/bodies")
    for i, name in enumerate(result.bodies):
        tree.group(f"/bodies/{quoted(name)}", {"name": name, "number": i})
        STUDY_FILE.put(
            tree, f"/bodies/{quoted(name)}/batch_doses", np.ascontiguousarray(result.batch_doses[name])
        )
    return tree


def _table(columns: Columns, rows: Iterable[Mapping[str, Any]]) -> np.ndarray:
    every = list(rows)

    def column(name: str, kind: str) -> np.ndarray:
        values = [row[name] for row in every]
        return texts(values) if kind == TEXT else np.array(values, kind)

    return table({name: column(name, kind) for name, (kind, _) in columns.items()})
