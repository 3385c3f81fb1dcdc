"""Makes wrong files of each kind with hypothesis, has them read, and counts what becomes of them."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz_bases import exam_mappings, exam_texts, hdf5_base, scanner_mappings, study_mappings
from fuzz_hdf5 import damaged
from fuzz_manifests import csv_manifests, yaml_manifests
from fuzz_process import Figures, Reader
from fuzz_tables import current_tables
from fuzz_yaml import yaml_inputs

IN_CI = {
    "exam": 135,
    "table": 35,
    "manifest": 95,
    "study": 45,
    "scanner": 30,
    "phantom": 55,
    "result": 45,
    "study_result": 30,
    "part": 30,
}
"""Inputs of each kind: 500 in all."""
NAMES = {
    "exam": "exam",
    "table": "table of tube current",
    "manifest": "manifest of a batch, CSV or YAML",
    "study": "study",
    "scanner": "scanner",
    "phantom": "phantom",
    "result": "result",
    "study_result": "result of a study",
    "part": "checkpoint or part of a run",
}
LONGER = 20
"""In the long mode so many times as many: 10,000 in all."""
BY_COMMAND = 16
"""Every 16th input is given to the command line, too."""


def named_inputs(kind: str, folder: Path) -> st.SearchStrategy[tuple[str, bytes]]:
    """Names and bytes of wrong files of a kind."""
    if kind == "exam":
        return st.tuples(st.just("input.yaml"), yaml_inputs(exam_mappings(), tuple(exam_texts())))
    if kind == "table":
        return st.tuples(st.just("input.csv"), current_tables())
    if kind == "manifest":
        return st.one_of(
            st.tuples(st.just("input.csv"), csv_manifests()),
            st.tuples(st.just("input.yaml"), yaml_manifests()),
        )
    if kind in ("study", "scanner"):
        bases = study_mappings() if kind == "study" else scanner_mappings()
        return st.tuples(st.just("input.yaml"), yaml_inputs(bases))
    base = hdf5_base(kind, folder)
    seeds = st.integers(0, 2**40)
    return st.tuples(st.just("input.h5"), seeds.map(lambda seed: damaged(base, kind, seed, folder)))


def fuzz(kind: str, inputs: int, reader: Reader, *, stop: bool = True) -> Figures:
    """Have so many wrong files of a kind read, the same ones each time.

    Parameters
    ----------
    kind : str
        One of `IN_CI`.
    inputs : int
    reader : Reader
    stop : bool
        Raise AssertionError at the first fault, with its smallest example; else collect them.
    """
    figures = Figures()
    folder = reader.folder.parent

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=inputs,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(named_inputs(kind, folder))
    def read(item: tuple[str, bytes]) -> None:
        name, data = item
        fault = reader.read(kind, name, data, figures, command=figures.inputs % BY_COMMAND == 0)
        if fault:
            (folder / f"{kind}-fault-{len(figures.faults)}-{name}").write_bytes(data)
        assert not (fault and stop), f"{fault}\n{data[:3000]!r}"

    read()
    return figures
