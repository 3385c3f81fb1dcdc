"""Keys of a file from its models: paths, types, defaults."""

import pytest
from pydantic import ValidationError

from ctdose.file_keys import format_table
from ctdose.schema import Checked, key, right_text
from ctdose.schema_keys import keys_of, schema_of


class Inner(Checked):
    size_mm: float = key(doc="Size", unit="mm", gt=0, le=3)
    names: list[str] = key(list, doc="Names")


class Outer(Checked):
    parts: list[Inner] = key(doc="Parts")
    by_name: dict[str, Inner] = key(dict, doc="By name")
    one: Inner | None = key(None, doc="One of them")
    layers: dict[str, float] = key(doc="Layers")
    flag: bool = key(False, doc="Flag", modes=("axial",))


ROWS = {row.path: row for row in keys_of(Outer, {"layers": "material: number", "one.names": "list of names"})}


def test_paths_and_types():
    assert list(ROWS) == [
        *("parts[]", "parts[].size_mm", "parts[].names", "by_name.NAME", "by_name.NAME.size_mm"),
        *("by_name.NAME.names", "one", "one.size_mm", "one.names", "layers", "flag"),
    ]
    kinds = {path: row.type for path, row in ROWS.items()}
    assert kinds["parts[]"] == "list of mappings"
    assert kinds["by_name.NAME"] == "mapping, by name"
    assert kinds["one"] == "mapping"
    assert kinds["layers"] == "material: number"
    assert (kinds["one.names"], kinds["parts[].names"]) == ("list of names", "text")
    assert kinds["flag"] == "true | false"


def test_defaults_ranges_and_modes():
    assert ROWS["parts[]"].default == ROWS["layers"].default == "required"
    assert (ROWS["by_name.NAME"].default, ROWS["one"].default) == ("", "")
    assert (ROWS["one.names"].default, ROWS["flag"].default) == ("[]", "false")
    assert ROWS["one.size_mm"].range == "above 0, at most 3"
    assert ROWS["flag"].modes == ("axial",)


def test_what_would_be_right_where_models_are_meant():
    fields = Outer.model_fields
    assert right_text(fields["parts"]) == "Write a list, each entry beginning with -."
    assert right_text(fields["one"]) == "Write its keys below it, indented by two spaces."
    assert right_text(fields["by_name"]) == "Write its keys below it, indented by two spaces."


def test_tables():
    rows = [("a", "b"), ("1 | 2", "x")]
    assert format_table(rows, "tsv") == "a\tb\n1 | 2\tx\n"
    assert format_table(rows, "markdown") == "| a | b |\n| --- | --- |\n| 1 \\| 2 | x |\n"
    assert format_table(rows, "text") == "a      b\n1 | 2  x\n"
    with pytest.raises(ValueError, match="form=html"):
        format_table(rows, "html")


def test_schema_says_the_unit_and_nothing_of_ours():
    schema = schema_of(Outer, "outer")
    assert schema["title"] == "outer"
    assert schema["$defs"]["Inner"]["properties"]["size_mm"]["description"] == "Size (mm)"
    assert "modes" not in schema["properties"]["flag"]


@pytest.mark.parametrize("text", ["a\0b", "a\x1b[31m", "\ud800", "\x85"])
def test_no_field_takes_a_control_character(text):
    """A cell of a table reaches the models without YAML's reader."""

    class Named(Checked):
        name: str = key(doc="its name")

    assert Named(name="two\nlines\tÄ").name == "two\nlines\tÄ"
    with pytest.raises(ValidationError, match="a control character"):
        Named(name=text)
