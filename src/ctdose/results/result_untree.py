"""From the content of a result file back to the result."""

from __future__ import annotations

from ctdose.dosimetry.effective_dose import EffectiveDose
from ctdose.results.acquisition_untree import acquisition_of
from ctdose.results.body_untree import body_of
from ctdose.results.hdf5_declared import Unfit
from ctdose.results.hdf5_tree import Tree
from ctdose.results.result import Result
from ctdose.results.tree_values import number, text_data

ROOT_TEXTS = ("exam", "exam_sha256", "created_utc")


def result_of(tree: Tree) -> Result:
    """Rebuild the result.

    Raises
    ------
    Unfit
        If a part is missing or does not fit another.
    """
    versions = number(tree, "/", "version_names", str).split()
    places = sorted(tree.children("/bodies"), key=lambda path: number(tree, path, "number", int))
    names = [number(tree, path, "name", str) for path in places]
    if not names:
        raise Unfit("/bodies (there is none). Use an undamaged copy.")
    acquisitions = tuple(acquisition_of(tree, path, names) for path in tree.children("/acquisitions"))
    bodies = [body_of(tree, path, len(acquisitions)) for path in places]
    return Result(
        bodies={body.name: body for body in bodies},
        acquisitions=acquisitions,
        effective_dose=_effective_dose(tree),
        histories=number(tree, "/", "histories", int),
        seed=number(tree, "/", "seed", int),
        complete=bool(number(tree, "/", "complete", int)),
        exam_yaml=text_data(tree, "/provenance/exam_yaml"),
        scanner_yaml=text_data(tree, "/provenance/scanner_yaml"),
        versions={name: number(tree, "/", name, str) for name in versions},
        seconds=number(tree, "/", "seconds", float),
        **{name: number(tree, "/", name, str) for name in ROOT_TEXTS},
    )


def _effective_dose(tree: Tree) -> EffectiveDose | None:
    if "/effective_dose" not in tree.attributes:
        return None
    known = {
        name: value
        for name, value in tree.attributes["/effective_dose"].items()
        if name in EffectiveDose.__annotations__
    }
    return EffectiveDose(**{name: number(tree, "/effective_dose", name, float) for name in known})
