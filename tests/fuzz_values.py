"""Values that stand where they should not: of every type, beyond every limit, and some that are right."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from ctdose.exam.keys import EXAM_KEYS

NUMBERS = [
    *(0, 1, 2, 16, 32, 40, 80, 100, 120, 140, 0.5, 1.0, 20.0, 38.4, 0.01, 90, 360, -1, -0.0, -400, 1.1),
    *(1e-300, 5e-324, 1e-9, 1e9, 1e308, -1e308, 2**31, 2**53 + 1, 2**63, 2**64, 10**30, 10**400),
    *(math.inf, -math.inf, math.nan),
]
WORDS = [
    *("chest", "head", "body", "body.h5", "generic-64", "generic-dual-source", "averaged", "none", "tin-0.4"),
    *(
        "longitudinal",
        "angular",
        "organ",
        "ecg",
        "systole",
        "helical",
        "axial",
        "stationary",
        "localizer",
        "small",
    ),
    *(
        "",
        " ",
        "~",
        "null",
        "120 kV",
        "1,5",
        "12O",
        "1e",
        "0x1F",
        "1_000",
        "-.inf",
        "yes",
        "#",
        "a: b",
        "- a",
        "=1+1",
    ),
    *(
        "é",
        "\u202e",
        "\u2028",
        "a\nb",
        "a\tb",
        "\x7f",
        "\U0001f600",
        "x" * 5000,
        "%s{0}",
        "liver",
        "lungs",
        "water",
    ),
    *(
        "../../etc/passwd",
        "/dev/zero",
        "/dev/null",
        ".",
        "/",
        "current.csv",
        "template.yaml",
        "NUL",
        "a\\b",
        "a/b",
    ),
    *("2024-05-31", "2024-02-30", "1.2.840.10008.1", "male", "female", "cuda", "adult-male.yaml"),
]
LISTS = [
    *([], [[]], [None], [0, 10], [-100, 100], [10, 0], [1, 2, 3], [math.nan, 1], ["a", "b"], [0, 1e9]),
    *([[0, 1], [25, 35]], [{}], [True, False], list(range(3000)), ["longitudinal", "angular"], [80, 40, 20]),
]
MAPPINGS = [
    *({}, {"a": None}, {1: 2}, {"": {}}, {"like": "adult-male", "height_cm": 175}, {"like": "adult"}),
    *({"longitudinal_strength": 1}, {"table": "current.csv"}, {"z_mm": [0, 1], "tube_current_ma": [1, 2]}),
    *(
        {"table": "/dev/zero"},
        {"table": "body.h5"},
        {"table": "."},
        {"heart_rate_per_min": 60},
        {"exam": "x"},
    ),
    *({"window_percent": [40, 70], "heart_rate_per_min": 70}, {"organ": {}}, {"organ": {"sector_deg": 120}}),
    {"tube_voltage_kv": 140, "bowtie": "body", "tube_current_ma": 50},
]
VALUES = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from([None, True, False]),
    st.sampled_from(WORDS),
    st.sampled_from(LISTS),
    st.sampled_from(MAPPINGS),
    st.floats(-500, 500),
    st.integers(-5, 500),
)
PLACES = {
    tuple(key.path.replace("[]", ".0").split(".")): key.type for key in EXAM_KEYS.keys
}  # ("acquisitions", "0", "pitch") -> its type
NAMES = sorted({place[-1] for place in PLACES})


def of_type(kind: str) -> st.SearchStrategy:
    """Values of the type that a table of keys names."""
    if "|" in kind and kind != "—":
        return st.sampled_from([_scalar(word.strip()) for word in kind.split("|")])
    if "two numbers" in kind:
        return st.one_of(st.lists(st.integers(-300, 300), min_size=2, max_size=2), st.sampled_from(WORDS))
    if "number" in kind:
        return st.one_of(st.sampled_from(NUMBERS), st.floats(0, 200), st.integers(0, 300))
    return VALUES


def _scalar(word: str) -> str | bool | int:
    return {"true": True, "false": False}.get(word, int(word) if word.isdecimal() else word)
