"""Picture of a study: each dose relative to that of the base, organ by organ."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdose.results.canvas import new_figure, save_figure
from ctdose.study.plot_style import NOTE, QUANTITY_WORDS, SIZE_PT, colour, dress, marker
from ctdose.study.result import IMAGE_CRITERIA, StudyResult
from ctdose.study.tables import DOSE_ERROR_OF_NOISE_MODEL, WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, MOST_ORGANS, ROW_IN, GAP_IN = 9.0, 10, 0.08, 0.16
NOT_DELIVERED = "gives"
"""In a criterion's note, where the tube gives less than is needed."""


def plot_organs(result: StudyResult, path: Path) -> Path:
    """Draw the ratios with their standard errors, at the criterion at which a study is compared."""
    criterion, names = result.compared_at, result.quantities[:MOST_ORGANS]
    others = [i for i, m in enumerate(result.members) if i and math.isfinite(m.at[criterion].factor)]
    height = 1.5 + len(names) * (GAP_IN + ROW_IN * len(others))
    figure = new_figure(WIDTH_IN, max(3.0, min(height, 20.0)))
    axes = figure.add_subplot()
    for n, i in enumerate(others):
        _draw_member(axes, result, i, n, len(others))
    _draw_rows(axes, names)
    axes.axvline(1.0, color="black", linewidth=0.8, zorder=1)
    dress(axes, result, f"dose {WORDS[criterion]}, relative to {result.members[0].name}", "")
    if criterion in IMAGE_CRITERIA:
        _draw_model_error(figure, axes)
    figure.tight_layout(rect=(0, 0.19 / figure.get_figheight(), 1, 1))
    save_figure(figure, path)
    return path


def _draw_member(axes: Axes, result: StudyResult, i: int, n: int, count: int) -> None:
    """Points of one member, hollow if its tube cannot deliver them."""
    names, member = result.quantities[:MOST_ORGANS], result.members[i]
    values = np.array([result.ratio(i, name, result.compared_at) for name in names])
    beyond = NOT_DELIVERED in member.at[result.compared_at].note
    place = np.arange(len(names)) + ((n + 0.5) / count - 0.5) * 0.8
    axes.errorbar(
        values[:, 0],
        place,
        xerr=values[:, 1],
        color=colour(n, count),
        marker=marker(n),
        markersize=4,
        markerfacecolor="white" if beyond else colour(n, count),
        linestyle="",
        elinewidth=0.9,
        capsize=1.5,
        label=member.name + (" (not by this tube)" if beyond else ""),
    )


def _draw_rows(axes: Axes, names: tuple[str, ...]) -> None:
    """Names of the doses, and a faint line between two of them."""
    words = [QUANTITY_WORDS.get(name, name).split(" (")[0].replace("_", " ") for name in names]
    axes.set_yticks(np.arange(len(names)), words, parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    for between in np.arange(len(names) - 1) + 0.5:
        axes.axhline(between, color="0.9", linewidth=0.6, zorder=0)


def _draw_model_error(figure: Figure, axes: Axes) -> None:
    share = DOSE_ERROR_OF_NOISE_MODEL
    axes.axvspan(1.0 - share, 1.0 + share, color="0.88", zorder=0, linewidth=0)
    text = (
        f"Bars: standard errors. Grey: what the noise model can be wrong by ({share:.0%} of a dose). {NOTE}"
    )
    figure.text(0.01, 0.06 / figure.get_figheight(), text, fontsize=SIZE_PT - 1)
