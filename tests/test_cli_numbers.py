"""Numbers as they are typed on the command line."""

import pytest

from ctdose.cli.typed_numbers import parse_histories, parse_number, parse_seed, parse_threads
from ctdose.errors import CtdoseError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10000000", 10**7),
        ("10_000_000", 10**7),
        ("1e7", 10**7),
        ("1E7", 10**7),
        ("10M", 10**7),
        ("0.5M", 500_000),
        ("1.5e6", 1_500_000),
        ("64k", 64_000),
        ("1G", 10**9),
        (" 7 ", 7),
        ("1", 1),
        ("1e12", 10**12),
    ],
)
def test_histories(text, value):
    assert parse_histories(text) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a number"),
        ("M", "not a number"),
        ("abc", "not a number"),
        ("10m", "not a number"),
        ("1__0", "not a number"),
        ("_10", "not a number"),
        ("1 000", "not a number"),
        ("1,5e6", "not a number"),
        ("١٠", "not a number"),
        ("nan", "not a number"),
        ("inf", "not a number"),
        ("1e999999999", "outside 1 to"),
        ("1e9999999999999999999", "not a number"),
        ("0", "outside 1 to"),
        ("-5", "outside 1 to"),
        ("2e12", "outside 1 to"),
        ("1.5", "not a whole number"),
        ("1e-3", "outside 1 to"),
    ],
)
def test_wrong_histories(text, why):
    with pytest.raises(CtdoseError) as caught:
        parse_histories(text)
    assert why in str(caught.value)
    assert str(caught.value).startswith(f"histories={text} (")
    assert "For example 10_000_000, 1e7 or 10M." in str(caught.value)


def test_seed_and_threads():
    assert parse_seed("0") == 0
    assert parse_seed(str(2**63 - 1)) == 2**63 - 1
    assert parse_threads("2") == 2
    for parse, text in (
        (parse_seed, "-1"),
        (parse_seed, str(2**63)),
        (parse_threads, "0"),
        (parse_threads, "x"),
    ):
        with pytest.raises(CtdoseError):
            parse(text)


def test_number_in_a_range_with_both_ends():
    assert parse_number("voxel_mm", "0.1", 0.1, 50.0, "") == 0.1
    assert parse_number("voxel_mm", "50", 0.1, 50.0, "") == 50.0
    with pytest.raises(CtdoseError, match="voxel_mm=0 "):
        parse_number("voxel_mm", "0", 0.1, 50.0, "For example 2.5.")
