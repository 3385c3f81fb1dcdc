"""What the pictures of a study have in common: sizes, colours, words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdose.study.result import EFFECTIVE, ONE_SEX, StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_PT = 7.5
NOTE = "Filtered backprojection; not equal noise in iterative or learned reconstruction."
QUANTITY_WORDS = {
    EFFECTIVE: "effective dose (mSv)",
    ONE_SEX: "weighted dose of one sex (mSv)",
}
MARKERS = "osD^v<>P"
"""With the colours: variants can be told apart in grey too."""


def colour(n: int, count: int) -> tuple[float, float, float, float]:
    """Colour of the n-th of `count` variants, dark enough on white."""
    from matplotlib import colormaps

    r, g, b, a = colormaps["viridis"](n / max(count - 1, 1) * 0.85)
    return float(r), float(g), float(b), float(a)


def marker(n: int) -> str:
    """Marker of the n-th variant."""
    return MARKERS[n % len(MARKERS)]


def dress(axes: Axes, result: StudyResult, x: str, y: str) -> None:
    """Title, labels and a legend beside the axes; names of the user's are not taken for formulas."""
    axes.set_title(result.title, fontsize=SIZE_PT + 1.5, loc="left", parse_math=False)
    axes.set_xlabel(x, fontsize=SIZE_PT, parse_math=False)
    axes.set_ylabel(y, fontsize=SIZE_PT, parse_math=False)
    axes.tick_params(labelsize=SIZE_PT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    legend = axes.legend(fontsize=SIZE_PT, frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    for text in legend.get_texts():
        text.set_parse_math(False)
