"""`ctdose diff`: whether two results agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.messages import show_lines
from ctdose.cli.table import print_table

if TYPE_CHECKING:
    from ctdose.results.diff import Diff

SHOWN = 10
FEW_PARTS = 5
HEADINGS = ("quantity", "A", "sigma_A", "B", "sigma_B", "A-B", "sigma_A-B", "deviation_in_sigma")


def diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="A result.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    everything: Annotated[
        bool, typer.Option("--all", help=f"All quantities, not the {SHOWN} that deviate most.")
    ] = False,
) -> int:
    """Compare two results: the same bits, or the same doses within their standard errors.

    Runs of one seed share histories: the error of a difference then comes from the batches that both hold.
    Exit code 0 if they agree, 1 if they do not or cannot be compared, 2 if one of them is no result.

    \b
    Example:
      ctdose diff mine.h5 theirs.h5
    """
    from ctdose.results.diff import diff_results
    from ctdose.results.result_file import load_result

    found = diff_results(load_result(a), load_result(b))
    shared = "" if found.same_doses else found.shared
    sentences = (found.verdict, *found.settings, shared, _parts(found))
    show_lines(f"{text[:1].upper()}{text[1:]}." for text in sentences if text)
    if found.scores and not found.same_doses:
        _show_scores(found, everything)
    return 0 if found.agree else 1


def _parts(found: Diff) -> str:
    """Which parts of the files are not the same, if that can be said in a line."""
    if not 0 < len(found.differing_parts) <= FEW_PARTS:
        return ""
    return f"not the same in all bits: {', '.join(found.differing_parts)}; all else is"


def _show_scores(found: Diff, everything: bool) -> None:
    shown = found.scores if everything else found.scores[:SHOWN]
    rows = [
        (
            s.name,
            f"{s.a:.4g}",
            f"{s.a_standard_error:.2g}",
            f"{s.b:.4g}",
            f"{s.b_standard_error:.2g}",
            f"{s.a - s.b:+.2g}",
            f"{s.standard_error:.2g}",
            f"{s.z:+.2f}",
        )
        for s in shown
    ]
    print_table(HEADINGS, rows, numbers=range(1, len(HEADINGS)))
    if len(shown) < len(found.scores):
        print(f"{len(found.scores) - len(shown)} quantities that deviate less are not shown (--all).")
    if found.left_out:
        print(f"Left out, in one result only or too uncertain: {len(found.left_out)}.")
