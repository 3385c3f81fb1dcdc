"""From the content of a study's result file back to the study; what would not fit together is refused."""

from __future__ import annotations

import numpy as np

from ctdose.kernels.tables import F64
from ctdose.results.hdf5_declared import Unfit
from ctdose.results.hdf5_tree import Tree
from ctdose.results.tree_values import array, decoded, number, table_rows, text_data
from ctdose.study.result import CRITERIA, AtCriterion, MemberResult, StudyResult
from ctdose.study.study_layout import CRITERION_COLUMNS, MEMBER_COLUMNS, ROOT_TEXTS

UNDAMAGED = "Use an undamaged copy."
LEAST, MOST = 1e-30, 1e30
"""Every number of a study is 0 or lies between these: then no square and no ratio leaves what a float holds."""
ABOVE_ZERO = ("factor", "noise_hu")


def study_of(tree: Tree) -> StudyResult:
    """Rebuild the study.

    Raises
    ------
    Unfit
        If a part is missing, does not fit another, or holds numbers that no study has.
    """
    versions = number(tree, "/", "version_names", str).split()
    members = _members(tree)
    quantities = _each_once("/quantities", decoded(array(tree, "/quantities")))
    bodies = _batch_doses(tree, (len(members), len(quantities)))
    return StudyResult(
        members=members,
        bodies=tuple(bodies),
        quantities=quantities,
        dose=_numbers("/absorbed_dose", array(tree, "/absorbed_dose")),
        standard_error=_numbers("/standard_error", array(tree, "/standard_error"), nan=True),
        batch_doses=bodies,
        noise_notes=tuple(decoded(array(tree, "/noise_notes"))),
        histories=number(tree, "/", "histories", int),
        seed=_seed(number(tree, "/", "seed", str)),
        study_yaml=text_data(tree, "/provenance/study_yaml"),
        base_yaml=text_data(tree, "/provenance/base_yaml"),
        versions={name: number(tree, "/", name, str) for name in versions},
        seconds=number(tree, "/", "seconds", float),
        **{name: number(tree, "/", name, str) for name in ROOT_TEXTS},
    )


def _members(tree: Tree) -> tuple[MemberResult, ...]:
    """The base and the variants, each with its load at every criterion."""
    rows = table_rows(tree, "/members", MEMBER_COLUMNS)
    _check_columns(tree, "/members")
    at: list[dict[str, AtCriterion]] = [{} for _ in rows]
    _check_columns(tree, "/criteria")
    for row in table_rows(tree, "/criteria", CRITERION_COLUMNS):
        member, criterion = row.pop("member"), row.pop("criterion")
        if member not in range(len(rows)) or criterion in at[member]:
            raise Unfit(f"/criteria (of a member that is not there, or twice the same). {UNDAMAGED}")
        at[member][criterion] = AtCriterion(**row)
    if not rows or any(set(own) != set(CRITERIA) for own in at):
        raise Unfit(f"/members, /criteria (some are missing). {UNDAMAGED}")
    return tuple(MemberResult(**row, at=own) for row, own in zip(rows, at, strict=True))


def _batch_doses(tree: Tree, wanted: tuple[int, int]) -> dict[str, F64]:
    """By body, in order: doses of so many members in each batch, of so many quantities."""
    places = sorted(tree.children("/bodies"), key=lambda path: number(tree, path, "number", int))
    names = _each_once("/bodies", [number(tree, path, "name", str) for path in places])
    found = {}
    for name, path in zip(names, (f"{place}/batch_doses" for place in places), strict=True):
        doses = _numbers(path, array(tree, path))
        if (doses.shape[0], doses.shape[2]) != wanted or not doses.shape[1]:
            raise Unfit(f"{path} (for other members, batches or quantities than there are). {UNDAMAGED}")
        found[name] = doses
    if not found:
        raise Unfit(f"/bodies (there is none). {UNDAMAGED}")
    return found


def _check_columns(tree: Tree, path: str) -> None:
    """The numbers of a table; NaN stands for what is not known."""
    data = array(tree, path)
    for name in data.dtype.names or ():
        if data[name].dtype.kind == "f":
            column = _numbers(f"{path}: {name}", data[name], nan=True, negative=name == "contrast_hu")
            if name in ABOVE_ZERO and (column == 0.0).any():
                raise Unfit(f"{path}: {name} (0). {UNDAMAGED}")


def _numbers(place: str, values: F64, *, nan: bool = False, negative: bool = False) -> F64:
    """Numbers as a study may have them; the same array."""
    size = np.abs(values) if negative else values
    if not ((size == 0.0) | ((size >= LEAST) & (size <= MOST)) | (np.isnan(size) & nan)).all():
        raise Unfit(f"{place} (numbers that no study has). {UNDAMAGED}")
    return values


def _each_once(place: str, names: list[str]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise Unfit(f"{place} (one of them twice). {UNDAMAGED}")
    return tuple(names)


def _seed(text: str) -> int:
    if not text.isdecimal() or len(text) > 20:  # 64 bits
        raise Unfit(f"/: seed (not a whole number). {UNDAMAGED}")
    return int(text)
