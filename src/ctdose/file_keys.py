"""All keys of one kind of file: a table in several forms, and a JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from ctdose.schema_keys import Key, keys_of, schema_of


@dataclass(frozen=True)
class FileKeys:
    """The keys of one kind of file, generated from its models.

    Parameters
    ----------
    model : type
        Of the whole file.
    title : str
        Of the JSON Schema.
    special : mapping of str to str
        Types of keys, by their path or name, that their annotation does not tell.
    left_out : tuple of str
        How the paths begin of keys that the table leaves out, because another table has them.
    has_modes : bool
        Whether a column says for which scan modes a key is.
    """

    model: type[BaseModel]
    title: str
    special: Mapping[str, str]
    left_out: tuple[str, ...] = ()
    has_modes: bool = False

    @property
    def headings(self) -> tuple[str, ...]:
        """Headings of the columns of `rows`."""
        modes = ("modes",) if self.has_modes else ()
        return ("key", "type", "unit", "default", "range", *modes, "meaning")

    @property
    def keys(self) -> list[Key]:
        """All keys in the order of the file."""
        return [key for key in keys_of(self.model, self.special) if not key.path.startswith(self.left_out)]

    def rows(self) -> list[tuple[str, ...]]:
        """All keys in the order of the file, each as `headings` says."""
        return [
            (
                *(key.path, key.type, key.unit, key.default, key.range),
                *((", ".join(key.modes),) if self.has_modes else ()),
                key.meaning,
            )
            for key in self.keys
        ]

    def table(self, form: str = "text") -> str:
        """Format the table of keys.

        Parameters
        ----------
        form : str
            ``text``, ``tsv`` or ``markdown``.

        Raises
        ------
        ValueError
            Another form.
        """
        return format_table([self.headings, *self.rows()], form)

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (draft 2020-12) of the file, for editors that complete and check YAML."""
        return schema_of(self.model, self.title)


def format_table(rows: Sequence[Sequence[str]], form: str) -> str:
    """Format a table whose first row are the headings.

    Parameters
    ----------
    rows : sequence of sequences of str
    form : str
        ``text``, ``tsv`` or ``markdown``.

    Raises
    ------
    ValueError
        Another form.
    """
    if form == "tsv":
        return "\n".join("\t".join(row) for row in rows) + "\n"
    if form == "markdown":
        cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
        cells.insert(1, ["---"] * len(rows[0]))
        return "\n".join(f"| {' | '.join(row)} |" for row in cells) + "\n"
    if form != "text":
        raise ValueError(f"form={form} (unknown). Use text, tsv or markdown.")
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"
