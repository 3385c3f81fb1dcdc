"""The tables of docs/phantoms-family.md are those of the data files."""

import importlib.util
from pathlib import Path

import pytest

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
