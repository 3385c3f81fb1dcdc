"""Wrong tables of tube current, which an exam names in `modulation: {table: …}`."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from fuzz_bases import CURRENT
from fuzz_values import NUMBERS, WORDS
from fuzz_yaml import damage


@st.composite
def current_tables(draw: Callable) -> bytes:
    """Bytes of a CSV file."""
    rows = [line.split(",") for line in CURRENT.splitlines()]
    for _ in range(draw(st.integers(0, 3))):
        row = rows[draw(st.integers(0, len(rows) - 1))]
        value = draw(st.one_of(st.sampled_from(NUMBERS), st.sampled_from(WORDS), st.floats(0, 500)))
        row[draw(st.integers(0, len(row) - 1))] = str(value)[:400]
    if draw(st.integers(0, 3)) == 0:
        rows = draw(st.permutations(rows))
    text = draw(st.sampled_from([",", ",", ",", ";", "\t"])).join
    data = "\n".join(map(text, rows)).encode("utf-8", "surrogatepass")
    return damage(draw, data) if draw(st.integers(0, 1)) == 0 else data
