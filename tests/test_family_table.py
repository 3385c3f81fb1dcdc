"""The tables of docs/phantoms-family.md are those of the data files."""

import importlib.util
from pathlib import Path

import pytest

from ctdose.phantoms.stylized.data_files import AGES, SEXES, read_data

ROOT = Path(__file__).resolve().parents[1]


def test_the_document_has_the_tables_of_the_data():
    path = ROOT / "tools" / "make_family_table.py"
    if not path.is_file():
        pytest.skip("tools/ is not part of this checkout")
    spec = importlib.util.spec_from_file_location("make_family_table", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = tool.DOCUMENT.read_text(encoding="utf-8").split(tool.BEGIN)[1].split(tool.END)[0]
    assert written.strip() == tool.tables().strip(), "run python tools/make_family_table.py"
    assert "| brain | icrp89 | 380 | 380 | 950 | 950 | 1310 | 1180 |" in written


def test_every_organ_of_the_adult_has_one_row():
    adult = [entry["name"] for entry in read_data("adult_masses")["organs"] if entry["id"] < 100]
    named = [name for row in read_data("child_masses")["organs"] for name in row["organs"]]
    assert sorted([*named, "adipose"]) == sorted(adult)


def test_tables_of_children_are_whole():
    data, children = read_data("child_masses"), len(AGES) - 1
    for row in data["organs"]:
        given = [row[key] for key in ("both", *SEXES) if key in row]
        assert all(len(values) == children for values in given)
        assert bool(given) != ("like" in row)
        assert (row["source"] == "rule") == ("like" in row)
        assert row["source"] in data["sources"]
    for quantity in data["quantities"].values():
        assert {len(quantity[sex]) for sex in SEXES} == {children + 1}
        for sex in SEXES:
            assert quantity[sex][0] <= min(quantity[sex])
    sums = [sum(column) for column in zip(*read_data("child_marrow")["percent"].values(), strict=True)]
    assert sums == pytest.approx([100.0] * children, abs=0.2)
