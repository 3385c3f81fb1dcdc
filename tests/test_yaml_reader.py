"""YAML: numbers as YAML 1.2 means them, lines, and what is refused."""

import itertools
import math

import pytest

from ctdose.faults import FileFaults
from ctdose.yaml_reader import MAX_VALUES, parse_yaml, read_yaml
from ctdose.yaml_scalars import plain_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e7", 1e7),
        ("0120", 120),
        ("10_000_000", 10_000_000),
        ("+5", 5),
        ("-2.5e-3", -0.0025),
        (".5", 0.5),
        ("1.", 1.0),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b11", "0b11"),
        ("1:30", "1:30"),
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("-.inf", -math.inf),
        ("_1", "_1"),
        ("1_", "1_"),
        ("1__0", "1__0"),
        ("2024-05-31", "2024-05-31"),
        ("120 kV", "120 kV"),
        ("0,5", "0,5"),
        ("١٢", "١٢"),
        ("1e", "1e"),
        (".", "."),
        ("nan", "nan"),
    ],
)
def test_scalars_follow_the_core_schema(text, value):
    found = plain_scalar(text)
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_number():
    assert math.isnan(plain_scalar(".nan"))


def test_a_number_too_long_to_convert_stays_text():
    assert plain_scalar("9" * 5000) == "9" * 5000


def test_quoted_scalars_are_text():
    assert parse_yaml(b"a: '12'\nb: \"true\"\nc: |\n  12\n", "f").data == {
        "a": "12",
        "b": "true",
        "c": "12\n",
    }


def test_every_key_path_has_its_line():
    document = parse_yaml(b"# note\na: 1\nb:\n  - c: 2\n    d: [3,\n      4]\n  - {e: 5}\n", "f")
    lines = {("a",): 2, ("b",): 3, ("b", 0, "c"): 4, ("b", 0, "d"): 5, ("b", 0, "d", 1): 6, ("b", 1, "e"): 7}
    assert {path: document.lines[path] for path in lines} == lines


def test_a_missing_key_has_the_line_of_what_holds_it():
    document = parse_yaml(b"a: 1\nb:\n  - c: 2\n", "f")
    assert document.line(("b", 0, "missing")) == 3
    assert document.line(("missing",)) == 1


def test_a_byte_order_mark_and_windows_line_ends_are_accepted():
    document = parse_yaml(b"\xef\xbb\xbfa: 1\r\nb: two\r\n", "f")
    assert document.data == {"a": 1, "b": "two"}
    assert document.lines[("b",)] == 2


def test_few_aliases_are_accepted():
    assert parse_yaml(b"a: &x [1, 2]\nb: *x\n", "f").data == {"a": [1, 2], "b": [1, 2]}


def test_aliases_that_multiply_are_refused_before_they_fill_memory():
    names = [f"a{i}" for i in range(12)]
    lines = ["a0: &a0 [" + ", ".join("x" * 9) + "]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in itertools.pairwise(names)]  # 9^12 values
    with pytest.raises(FileFaults, match="aliases grow"):
        parse_yaml("\n".join(lines).encode(), "f")
    assert MAX_VALUES < 10**5


def test_an_alias_inside_itself_is_refused():
    with pytest.raises(FileFaults, match="contains itself"):
        parse_yaml(b"a: &a {b: *a}", "f")


@pytest.mark.parametrize("text", [b"[" * 100_000, b"{a: " * 50_000, b"- " * 100_000 + b"1", b"? " * 50_000])
def test_deep_nesting_is_refused_without_recursion(text):
    with pytest.raises(FileFaults, match="nested more than"):
        parse_yaml(text, "f")


@pytest.mark.parametrize(
    "text", ["!!python/name:os.system", "!!binary aGk=", "!mine 1", "!!str 12", "!!set {a, b}", "! 12"]
)
def test_tags_are_refused(text):
    with pytest.raises(FileFaults, match=r"^f:1: \(the tag .* is not accepted\)"):
        parse_yaml(f"a: {text}".encode(), "f")


def test_all_duplicates_are_reported():
    with pytest.raises(FileFaults) as caught:
        parse_yaml(b"a: 1\na: 2\nb: {c: 1, c: 2}\n", "f")
    assert caught.value.lines == (
        "f:2: a (given twice). Keep one; the first is in line 1.",
        "f:3: c (given twice). Keep one; the first is in line 3.",
    )


def test_the_hash_is_that_of_the_file(tmp_path):
    import hashlib

    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: 1\n")
    assert read_yaml(file).sha256 == hashlib.sha256(b"a: 1\n").hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        r"\0",
        r"\u0007",
        r"\x1b[31m",
        r"a\x7f",
        r"\u0085",
        r"\ud800",
        r"\N",
    ],
)
@pytest.mark.parametrize("place", ['a: "{}"', '"{}": 1', 'b: ["{}"]'])
def test_an_escape_cannot_stand_for_a_control_character(text, place):
    """HDF5 keeps no null byte, no file a half of a surrogate pair: a run would fail when it is saved."""
    with pytest.raises(FileFaults, match=r"x\.yaml:1: .*\(a control character\)\. Remove it"):
        parse_yaml(place.format(text).encode(), "x.yaml")


def test_lines_and_tabs_are_text():
    assert parse_yaml(rb'a: "one\ttwo\nthree \u00e9 \U0001F600"', "x").data == {
        "a": "one\ttwo\nthree \u00e9 \U0001f600"
    }


def test_messages_hold_no_control_characters():
    with pytest.raises(FileFaults) as caught:
        parse_yaml(b'"a\\e[31m\\n": 1\n"a\\e[31m\\n": 2\n', "f")
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
