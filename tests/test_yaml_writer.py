"""What is written as YAML is read back as it was."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctdose.yaml_reader import parse_yaml
from ctdose.yaml_writer import write_yaml

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20),
)
KEYS = st.text("abcdefghij_", min_size=1, max_size=8)
FLAT = st.one_of(SCALARS, st.lists(SCALARS, max_size=4), st.lists(st.lists(SCALARS, max_size=3), max_size=3))
DATA = st.dictionaries(
    KEYS,
    st.one_of(
        FLAT,
        st.dictionaries(KEYS, FLAT, max_size=3),
        st.lists(st.dictionaries(KEYS, FLAT, min_size=1), max_size=3),
    ),
    min_size=1,
    max_size=4,
)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(DATA)
def test_round_trip(data):
    assert parse_yaml(write_yaml(data).encode(), "f").data == data


@pytest.mark.parametrize(
    "text", ["", " a", "a ", "true", "12", "1e7", "~", "a: b", "a #b", "- a", "[a", "a\nb", "é", "'", "on"]
)
def test_awkward_text_is_read_back(text):
    assert parse_yaml(write_yaml({"a": text, "b": [text]}).encode(), "f").data == {"a": text, "b": [text]}


def test_comments_stand_beside_their_values():
    text = write_yaml({"a": 1, "b": {"c": 2.0}, "d": [{"e": None}]}, {("a",): "user", ("b", "c"): "default"})
    lines = text.splitlines()
    assert lines[0].split() == ["a:", "1", "#", "user"]
    assert lines[2].split() == ["c:", "2", "#", "default"]
    assert lines[4] == "  - e: null"
