"""The reporting items of AAPM Task Group 268 (RECORDS), as this project words them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ctdose.faults import one_line

WORDING = {"summary": "named by a summary of the report", "remembered": "as remembered, not verified"}


@dataclass(frozen=True)
class RecordsItem:
    """One item of the checklist.

    Attributes
    ----------
    key, section, item : str
        Section of a paper; what to report there.
    wording : str
        A key of `WORDING`: where the item is known from.
    engine : str
        What is true of every run of ctdose, as Markdown.
    """

    key: str
    section: str
    item: str
    wording: str
    engine: str


@cache
def load_records() -> tuple[str, tuple[RecordsItem, ...]]:
    """The report's citation, and its items in the order of a paper."""
    import yaml

    text = files("ctdose.results.data").joinpath("records.yaml").read_text("utf-8")
    table = yaml.safe_load(text)
    return table["source"], tuple(RecordsItem(**item) for item in table["items"])


def records_table(facts: Mapping[str, list[str]] | None = None) -> str:
    """The checklist as a Markdown table.

    Parameters
    ----------
    facts : mapping of str to list of str, optional
        What a result says to the items, by key, as plain text; without, the engine's column alone.

    Returns
    -------
    str
    """
    headings = ["section", "item", "ctdose"] + (["this result"] if facts is not None else [])
    lines = [_row(headings), _row(["---"] * len(headings))]
    for each in load_records()[1]:
        mark = "" if each.wording == "summary" else " \\*"
        cells = [each.section, each.item + mark, each.engine]
        if facts is not None:
            cells.append("<br>".join(escape(line) for line in facts.get(each.key, [])))
        lines.append(_row(cells))
    return "\n".join(lines) + "\n"


def escape(value: Any) -> str:
    """Text for a cell: one line, no sign of Markdown or HTML at work (names in a result come from other people)."""
    text = " ".join(one_line(str(value)).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{sign}" if sign in "\\|`*_[]" else sign for sign in text)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
